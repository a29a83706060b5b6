#!/usr/bin/env bash
# Searches with libFuzzer for inputs over which a parser stumbles.
#
#   scripts/fuzz.sh SECONDS [TARGET…]   each target, or these, for so long
#
# What it finds interesting is kept in .run/fuzz for the next time. KEEP=yes takes a few of those that
# reach what the others do not, from short to long, into fuzz/corpus, where `make test` varies them. An
# input that breaks a law is written to .run/fuzz/broken, and the script fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:?how many seconds for each target}
shift
if ! command -v c++ >/dev/null; then
  echo "error: a C++ compiler is missing: libFuzzer is C++" >&2
  echo "  = help: scripts/install-deps.sh fuzz, then run this again" >&2
  exit 1
fi
triple=$(rustc -vV | sed -n 's/^host: //p')
folder=${CARGO_TARGET_DIR:-target}/fuzz
# Counters for what an input reaches, and the values it is compared with; a build of its own.
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks"
export CARGO_ENCODED_RUSTFLAGS=${flags// /$'\x1f'}
CARGO_INCREMENTAL=0 cargo build --quiet --locked --profile fuzz --target "$triple" --target-dir "$folder" \
  -p wheelhouse-fuzz --features coverage --bin fuzz-coverage
program=$folder/$triple/fuzz/fuzz-coverage

# Leaves out what libFuzzer says of its own work.
quietly() {
  "$@" 2>&1 | grep --line-buffered -vE '^(INFO|WARNING: Failed|[[:space:]]*NEW_FUNC|"|###### |Done )' || return "${PIPESTATUS[0]}"
}

# How many found inputs of a target are kept, and how long one may be, in bytes.
most_kept=40 longest_kept=512

keep() { # TARGET
  local merged=.run/fuzz/merged/$1 found count
  rm -rf "$merged"
  mkdir -p "$merged"
  cp "fuzz/corpus/$1/"* "$merged/"
  "$program" -set_cover_merge=1 -max_len="$longest_kept" -verbosity=0 "$merged" ".run/fuzz/$1" >/dev/null 2>&1
  # Those that libFuzzer found are named by their digests. Every so-and-so-manieth, by size, is taken.
  mapfile -t found < <(ls -rS "$merged" | grep -E '^[0-9a-f]{40}$')
  find "fuzz/corpus/$1" -regextype posix-extended -regex '.*/[0-9a-f]{40}' -delete
  count=${#found[@]}
  for ((at = 0; at < most_kept && at < count; at++)); do
    cp "$merged/${found[at * count / (count < most_kept ? count : most_kept)]}" "fuzz/corpus/$1/"
  done
}

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for place in fuzz/corpus/*/; do targets+=("$(basename "$place")"); done
fi
broken=()
for target in "${targets[@]}"; do
  mkdir -p ".run/fuzz/$target" ".run/fuzz/broken"
  echo "== $target, $seconds s"
  export WHEELHOUSE_FUZZ_TARGET=$target
  if ! quietly "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=32768 -print_final_stats=0 \
    -verbosity=0 -dict=fuzz/words.dict -artifact_prefix=".run/fuzz/broken/$target-" \
    ".run/fuzz/$target" "fuzz/corpus/$target"; then
    broken+=("$target")
  fi
  if [ "${KEEP:-no}" = yes ]; then keep "$target"; fi
done
if [ ${#broken[@]} -gt 0 ]; then
  echo "error: these targets broke a law: ${broken[*]}; the inputs lie in .run/fuzz/broken" >&2
  exit 1
fi
