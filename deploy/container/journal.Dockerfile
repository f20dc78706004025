# login_exporter for the journal: with journalctl, which reads it. It reads files of logs, too.
#   docker build -f deploy/container/journal.Dockerfile --build-arg REVISION="$(git rev-parse HEAD)" -t login_exporter:journal .
# Tags are pinned; a digest (NAME:TAG@sha256:…) pins the bytes: --build-arg RUST=… --build-arg BASE=…
ARG RUST=docker.io/library/rust:1.95.0-slim-bookworm
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${RUST} AS build
WORKDIR /src
COPY . .
ARG REVISION=
RUN LOGIN_EXPORTER_REVISION="$REVISION" cargo build --locked --release && mkdir /state

FROM ${BASE}
# journalctl takes no part in what the exporter decides, so the newest of the release is right: fixes come with it.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends systemd ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/login_exporter /usr/bin/login_exporter
# A volume that is mounted here for the first time takes its owner.
COPY --from=build --chown=65532:65532 /state /var/lib/login_exporter
ENV STATE_DIRECTORY=/var/lib/login_exporter
USER 65532:65532
# There is no HEALTHCHECK, as in file.Dockerfile: whoever scrapes it knows first (alert LoginExporterDown).
ENTRYPOINT ["/usr/bin/login_exporter"]
