#!/usr/bin/env bash
# Makes a git repository of each of harbor's folders, as a real organisation would keep them.
#
#     examples/harbor/as-repositories.sh DIR
#
# DIR must be empty or not there yet. Every repository has one commit on the branch `main`, by the
# first member of its team; the same folders always give the same commits.
set -euo pipefail

fail() {
  echo "error: $1" >&2
  echo "  = help: $2" >&2
  exit 2
}

[ $# -eq 1 ] || fail "expected one folder" "as-repositories.sh DIR"
command -v git >/dev/null 2>&1 || fail "git is missing" "apt-get install git"
harbor=$(cd "$(dirname "$0")" && pwd)
target=$(realpath -m "$1")
case "$target/" in "$harbor"/*) fail "$target lies in harbor itself" "choose a folder outside, such as /tmp/harbor" ;; esac
mkdir -p "$target"
[ -z "$(ls -A "$target")" ] || fail "$target is not empty" "choose another folder, or empty it"

# Whose a repository is: the first member of its team; the organisation's own belongs to a shift lead of
# the NOC, whose team is defined there.
author() {
  local who
  case $1 in
    organization) who=leila ;;
    noc) who=grace ;;
    *) who=$(sed -n 's/^members: \[\([a-z]*\).*/\1/p' "$harbor/$1/ops/team.yaml") ;;
  esac
  sed -n "/^name: $who\$/,/^contacts:/p" "$harbor"/organization/ops/people/*.yaml |
    sed -n -e 's/^display_name: //p' -e 's/^contacts: .*email: \([^}]*\)}.*/\1/p' | paste -sd: -
}

for ops in "$harbor"/*/ops; do
  name=$(basename "$(dirname "$ops")")
  repository=$target/$name
  IFS=: read -r person address < <(author "$name")
  [ -n "$address" ] || fail "nobody is found who owns $name" "look at members in $ops/team.yaml"
  git init --quiet --initial-branch=main "$repository"
  cp -R "$harbor/$name/." "$repository/"
  git -C "$repository" add --all
  GIT_AUTHOR_NAME=$person GIT_AUTHOR_EMAIL=$address GIT_AUTHOR_DATE="2026-11-02T09:00:00+01:00" \
  GIT_COMMITTER_NAME=$person GIT_COMMITTER_EMAIL=$address GIT_COMMITTER_DATE="2026-11-02T09:00:00+01:00" \
    git -C "$repository" -c commit.gpgsign=false -c core.hooksPath=/dev/null \
    commit --quiet --message "Keep the operations of $name as code"
  printf '%-16s %s  %s <%s>\n' "$name" "$(git -C "$repository" rev-parse --short HEAD)" "$person" "$address"
done
echo
echo "Let a hub read them:"
echo "  wheelhouse serve --data DATA \$(printf -- '--ops git+file://%s#main:ops ' $target/*)"
