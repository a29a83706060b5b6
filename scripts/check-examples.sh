#!/usr/bin/env bash
# Checks the alert rules of the examples with Prometheus' own tool and runs their tests, follows their links to
# runbooks, and makes harbor's repositories.
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
[ "$missing" -eq 0 ] || exit 1
# Each of harbor's folders is a repository with one commit, by somebody with a name.
repositories=$(mktemp -d)
trap 'rm -rf "$repositories"' EXIT
examples/harbor/as-repositories.sh "$repositories" >/dev/null
for ops in examples/harbor/*/ops; do
  name=$(basename "$(dirname "$ops")")
  made=$(git -C "$repositories/$name" log --format='%an <%ae>')
  if ! [[ $made =~ ^[^[:cntrl:]]+\ \<[a-z]+@harbor\.example\.org\>$ ]]; then
    echo "error: as-repositories.sh made the repository $name with the commits: ${made:-none}" >&2
    exit 1
  fi
done
