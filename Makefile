# What one does with this repository. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := bash
.PHONY: help deps run web web-openapi web-test screenshots fix test check audit fmt bench demo-once clean-run fuzz sim sim-share soak faults

help: ## Lists what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Installs what `make run` needs and this machine lacks; says so first
	@scripts/install-deps.sh

run: deps web ## Starts the example organisation here: hub, web app, mail, Prometheus, three services
	@cargo run --quiet -p xtask -- demo

web: ## Builds the web app, where Node.js is there; the next build of the program takes it in
	@scripts/build-web.sh

web-openapi: ## Writes the description of the API from which the web app's types are made
	@UPDATE_OPENAPI=1 cargo test --quiet -p wheelhouse-hub --test openapi the_web_app

web-test: web ## Checks the web app, and looks at it in Chromium with a real hub
	@cargo build --quiet -p wheelhouse-cli
	@cd web && npm run --silent check && npm run --silent test

screenshots: web ## Takes pictures of every page, light and dark, into docs/screenshots
	@cargo build --quiet -p wheelhouse-cli
	@cd web && npm run --silent screenshots

fix: ## Brings a broken part of the running example back: make fix SERVICE=ledger
	@cargo run --quiet -p xtask -- demo fix "$(or $(SERVICE),ledger)"

demo-once: deps ## Plays one outage from alert to verified record, without a person
	@cargo run --quiet -p xtask -- demo --once

test: ## Runs every test
	@scripts/install-deps.sh test
	@scripts/check-examples.sh
	@scripts/build-web.sh
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo test --quiet --workspace --doc && cargo nextest run --workspace; \
	else cargo test --workspace; fi
	@$(MAKE) --no-print-directory web-test

# The kernel is checked alone, before other members can switch on features of its dependencies. xtask
# is built as a part of the workspace, so that what it shares with the tests is built once.
check: ## Formatting, lints, tidiness, licences
	cargo fmt --all --check
	cargo check --locked -p wheelhouse-core
	cargo clippy --locked --workspace --all-targets -- -D warnings -D clippy::too_many_lines
	cargo build --locked --quiet --workspace --bin xtask
	"$${CARGO_TARGET_DIR:-target}/debug/xtask" tidy
	@if cargo deny --version >/dev/null 2>&1; then \
		cargo deny --log-level error check bans licenses sources; \
	else echo "cargo-deny is missing: tidy has checked the licences; bans and sources wait for a machine that has it"; fi

audit: ## Asks the advisory database about every dependency; needs cargo-deny and the network
	cargo deny check advisories

fmt: ## Formats the code
	cargo fmt --all

bench: ## Measures, and prints beside Alertmanager what it measured; make bench ARGS=--quick
	@cargo run --quiet --release -p xtask -- bench $(ARGS)

fuzz: ## Searches for inputs over which a parser stumbles; make fuzz SECONDS=60 TARGETS=webhook KEEP=yes
	@scripts/install-deps.sh fuzz
	@KEEP="$(KEEP)" scripts/fuzz.sh "$(or $(SECONDS),60)" $(TARGETS)

sim: ## Plays 100,000 seeded stories on all cores and goes on where it was stopped; make sim SEEDS=N FROM=N RETELL=yes
	@mkdir -p .run
	@cargo run --quiet --profile sim -p wheelhouse-sim -- --seeds "$(or $(SEEDS),100000)" --from "$(or $(FROM),0)" \
		$(if $(RETELL),--retell "$(RETELL)",--keep ".run/sim-$(or $(FROM),0)")

# A count, not a time, so that what passes once passes everywhere.
sim-share: ## Plays 6,000 seeded stories: two to three minutes on two cores
	@cargo run --quiet --profile sim -p wheelhouse-sim -- --seeds 6000 --from "$(or $(FROM),0)"

faults: ## Three hubs on one PostgreSQL, killed, stopped, ended, cut off, and the database crashed: make faults ROUNDS=50
	@scripts/install-deps.sh test
	@cargo build --quiet --workspace --bin wheelhouse
	@WHEELHOUSE_ROUNDS="$(or $(ROUNDS),50)" WHEELHOUSE_BIN="$${CARGO_TARGET_DIR:-$(CURDIR)/target}/debug/wheelhouse" \
		cargo test --quiet -p wheelhouse-peers --test peers replicas -- --nocapture --test-threads 1

soak: ## Two hundred crashes under load, power cuts and full disks, and a hundred times the variations
	@scripts/install-deps.sh test
	@WHEELHOUSE_ROUNDS=$(or $(ROUNDS),200) cargo test --quiet -p wheelhouse-store --test crash
	@WHEELHOUSE_ROUNDS=$(or $(ROUNDS),200) cargo test --quiet -p wheelhouse-peers --test peers -- --nocapture sigkill full_disk crashes
	@WHEELHOUSE_FUZZ_VARIATIONS=$(or $(VARIATIONS),100) cargo test --quiet -p wheelhouse-fuzz --test corpus

clean-run: ## Forgets what the example has stored
	@if [ -f .run/demo.pid ] && kill -0 "$$(cat .run/demo.pid)" 2>/dev/null; then \
		echo "error: a demo runs here (process $$(cat .run/demo.pid)); end it first with Ctrl-C" >&2; exit 1; fi
	rm -rf .run
