# login_exporter for a log that is a file, and for asking AWS: nothing but the program, certificates and time zones.
#   docker build -f deploy/container/file.Dockerfile --build-arg REVISION="$(git rev-parse HEAD)" -t login_exporter:file .
# Tags are pinned; a digest (NAME:TAG@sha256:…) pins the bytes: --build-arg RUST=… --build-arg BASE=…
ARG RUST=docker.io/library/rust:1.95.0-slim-bookworm
ARG BASE=gcr.io/distroless/cc-debian12:nonroot

FROM ${RUST} AS build
WORKDIR /src
COPY . .
ARG REVISION=
RUN LOGIN_EXPORTER_REVISION="$REVISION" cargo build --locked --release && mkdir /state

FROM ${BASE}
COPY --from=build /src/target/release/login_exporter /usr/bin/login_exporter
# A volume that is mounted here for the first time takes its owner.
COPY --from=build --chown=65532:65532 /state /var/lib/login_exporter
ENV STATE_DIRECTORY=/var/lib/login_exporter
USER 65532:65532
# There is no HEALTHCHECK, for nothing in here could ask: whoever scrapes it knows first (alert LoginExporterDown).
ENTRYPOINT ["/usr/bin/login_exporter"]
