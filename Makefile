# The commands a person types. `make run` and `make test` are all that a newcomer needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
CARGO ?= cargo
TARGET ?= $(shell rustc --print host-tuple)

.PHONY: help run test bench build packages release checks fmt lint deny advisories fuzz install-run install-test pictures

help: ## Show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# Quickly built, and without the AWS client: the sample's CloudTrail record is read from a file.
run: install-run ## Run the exporter on this host's log, else on a sample
	@echo "Building it, without its AWS client; cargo shows how far it is. Later runs take seconds."
	@$(CARGO) build --locked --profile quick --no-default-features
	@deploy/sample/run target/quick/login_exporter

build: ## Build the release binary
	$(CARGO) build --release

packages: ## Make .deb, .rpm and a static tar.gz in target/packages (MACHINE=aarch64 for arm64)
	@deploy/packages/make $(MACHINE)

release: ## Check this commit, build it twice, and make all that is published (REHEARSE=1 tries it)
	@deploy/packages/release

checks: ## Hold containers, Kubernetes, Ansible and cloud-init against their tools (part of make test)
	$(CARGO) test --quiet --test house

test: install-test ## Install what the tests need, format, lint, test
	@tests/run

fmt: ## Format the code
	$(CARGO) fmt

lint: ## Lint, warnings as errors
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --quiet -- -D warnings
	$(CARGO) clippy --lib --bins --quiet --no-default-features -- -D warnings

deny: ## Hold licences, bans and sources of the dependency tree
	$(CARGO) deny --locked check bans licenses sources

advisories: ## Hold the dependency tree against the advisory database (fetches it)
	$(CARGO) deny --locked check advisories

bench: ## Measure what a release ships, each figure beside a yardstick of the same run (`cargo bench`: what cargo builds)
	@export LEARNED=$$(mktemp -d); trap "rm -r '$$LEARNED'" EXIT; \
	deploy/packages/learn $(TARGET) "$$LEARNED" && EXPORTER_BINARY=$$(realpath "$$(deploy/packages/compile $(TARGET))") && \
	export EXPORTER_BINARY && $(CARGO) bench $(BENCH)

fuzz: ## Fuzz the parser for a minute a target (needs cargo-fuzz and a nightly toolchain)
	cd fuzz && for target in line hostile_name; do $(CARGO) fuzz run $$target -- -max_total_time=60 || exit 1; done

install-run:
	@tests/install run

install-test:
	@tests/install test

pictures: ## Draw README's pictures anew, from a real run (DASHBOARD_PREVIEW names the drawing command)
	@grafana/draw
