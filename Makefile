# What one does with this repository. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := bash
.PHONY: help deps run fix test check fmt bench demo-once clean-run

help: ## Lists what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Installs what `make run` needs and this machine lacks; says so first
	@scripts/install-deps.sh

run: deps ## Starts the example organisation here: hub, mail, Prometheus, three services
	@cargo run --quiet -p xtask -- demo

fix: ## Brings a broken part of the running example back: make fix SERVICE=ledger
	@cargo run --quiet -p xtask -- demo fix "$(or $(SERVICE),ledger)"

demo-once: deps ## Plays one outage from alert to verified record, without a person
	@cargo run --quiet -p xtask -- demo --once

test: ## Runs every test
	@scripts/install-deps.sh test
	@scripts/check-examples.sh
	@if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --workspace; else cargo test --workspace; fi

check: ## Formatting, lints, tidiness, licences
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo check -p wheelhouse-core
	cargo run --quiet -p xtask -- tidy
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check; else echo "cargo-deny is not installed: licences are not checked here"; fi

fmt: ## Formats the code
	cargo fmt --all

bench: ## Measures, and prints beside Alertmanager what it measured
	@cargo run --quiet --release -p xtask -- bench

clean-run: ## Forgets what the example has stored
	@if [ -f .run/demo.pid ] && kill -0 "$$(cat .run/demo.pid)" 2>/dev/null; then \
		echo "error: a demo runs here (process $$(cat .run/demo.pid)); end it first with Ctrl-C" >&2; exit 1; fi
	rm -rf .run
