#!/usr/bin/env bash
# Checks the alert rules of the examples with Prometheus' own tool, and runs their tests.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v promtool >/dev/null 2>&1; then
  echo "error: promtool is missing" >&2
  echo "  = help: run scripts/install-deps.sh" >&2
  exit 1
fi
promtool check rules examples/*/*/prometheus/*.rules.yaml
for tests in examples/*/*/prometheus/*.test.yaml; do
  promtool test rules "$tests"
done
# A link to a runbook that is not there helps nobody at three in the morning.
missing=0
while read -r runbook; do
  if [ ! -f "examples/harbor/$runbook" ]; then
    echo "error: an alert links examples/harbor/$runbook, which does not exist" >&2
    missing=1
  fi
done < <(sed -n 's|.*runbook_url: https://git.harbor.example.org/||p' examples/harbor/*/prometheus/*.rules.yaml | sort -u)
exit "$missing"
