# Two commands matter: `make demo` and `make test`. Both do their own set-up.
SHELL := /bin/bash
export PATH := $(CURDIR)/target/tools/bin:$(PATH):/usr/sbin:/sbin
# `--test tree` turns on the features that the tests' own libraries ask for, so that `make demo`, `make e2e` and
# `make rust-test` share one build of DataFusion.
BUILD := cargo build --locked --workspace --bins --test tree

.PHONY: help demo test web lint rust-test web-test e2e bench fuzz-smoke pictures

help:
	@echo "make demo            simulate a plant (or CAPTURE=file.pcap), run the loop, open the web app on loopback"
	@echo "make test            every test, with what they need installed"
	@echo "make bench           speed beside named peers"

demo: web
	scripts/setup demo
	$(BUILD)
	scripts/demo

test:
	scripts/setup test
	$(MAKE) web lint rust-test fuzz-smoke web-test e2e

# The web app is built before the binary that carries it.
web:
	scripts/setup demo
	cd web && npm ci --no-audit --no-fund --loglevel=error
	cd web && npm run --silent build

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
	typos
	cargo deny --log-level error check licenses bans sources
	cargo shear --locked

rust-test:
	cargo nextest run --locked --workspace

web-test:
	cd web && npm run --silent check
	cd web && npm run --silent test

e2e:
	$(BUILD)
	cd web && npm run --silent e2e

fuzz-smoke:
	scripts/fuzz-smoke

# The README's pictures are the browser tests' own.
pictures: e2e
	mkdir -p docs/pictures
	cp web/test-results/map-1440.png docs/pictures/map.png
	cp web/test-results/shadow-open.png docs/pictures/shadow.png

bench:
	scripts/setup bench
	cargo build --locked --release
	scripts/bench
