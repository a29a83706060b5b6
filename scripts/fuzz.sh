#!/usr/bin/env bash
# Searches with libFuzzer for inputs over which a parser stumbles.
#
#   scripts/fuzz.sh SECONDS [TARGET…]   each target, or these, for so long
#
# What it finds interesting goes to .run/fuzz, and from there, as few and as small as possible, to
# fuzz/corpus with KEEP=yes. An input that breaks a law is written beside it, and the script fails.
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

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for place in fuzz/corpus/*/; do targets+=("$(basename "$place")"); done
fi
broken=()
for target in "${targets[@]}"; do
  mkdir -p ".run/fuzz/$target" ".run/fuzz/broken"
  echo "== $target, $seconds s"
  export WHEELHOUSE_FUZZ_TARGET=$target
  if ! "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=32768 -print_final_stats=0 \
    -verbosity=0 -dict=fuzz/words.dict -artifact_prefix=".run/fuzz/broken/$target-" \
    ".run/fuzz/$target" "fuzz/corpus/$target"; then
    broken+=("$target")
  fi
  if [ "${KEEP:-no}" = yes ]; then
    "$program" -merge=1 -max_len=4096 -verbosity=0 "fuzz/corpus/$target" ".run/fuzz/$target" 2>/dev/null
  fi
done
if [ ${#broken[@]} -gt 0 ]; then
  echo "error: these targets broke a law: ${broken[*]}; the inputs lie in .run/fuzz/broken" >&2
  exit 1
fi
