#!/usr/bin/env bash
# Installs what is missing, after saying what and why. Nothing is installed twice or upgraded.
#
#   scripts/install-deps.sh         what `make run` needs
#   scripts/install-deps.sh test    what `make test` needs as well
#   scripts/install-deps.sh fuzz    what `make fuzz` needs, and nothing else
set -euo pipefail

packages=() reasons=() tests=no fuzz=no
case "${1:-}" in
  "") ;;
  test) tests=yes ;;
  fuzz) fuzz=yes ;;
  *) echo "error: \`$1\` is not known; expected nothing, \`test\` or \`fuzz\`" >&2; exit 2 ;;
esac

have() { command -v "$1" >/dev/null 2>&1; }

want() { # PACKAGE REASON
  packages+=("$1")
  reasons+=("$(printf '%-24s %s' "$1" "$2")")
}

python_with_aiosmtpd() {
  local python
  for python in "${WHEELHOUSE_PYTHON:-python3}" python3 /usr/bin/python3; do
    if have "$python" && "$python" -c 'import aiosmtpd.smtp' 2>/dev/null; then return 0; fi
  done
  return 1
}

if ! have cargo; then
  echo "error: cargo is missing: Wheelhouse is written in Rust" >&2
  echo "  = help: install Rust 1.89 or newer, for example with rustup (https://rustup.rs), then run this again" >&2
  exit 1
fi

have cc || want gcc "compiles SQLite and the cryptography, which are C"
have git || want git "reads the repositories of a catalog"
if [ "$fuzz" = yes ]; then have c++ || want g++ "compiles libFuzzer, which is C++"; else
  have python3 || want python3 "runs the services of the example"
  python_with_aiosmtpd || want python3-aiosmtpd "the mail catcher speaks SMTP with it"
  if ! have prometheus || ! have promtool; then want prometheus "watches the services of the example"; fi
  have node || want nodejs "builds the web app"
  have npm || want npm "fetches what the web app is built from"
fi
if [ "$tests" = yes ] && ! have chromium; then want chromium "the browser that the web app is tested in"; fi
if [ "$tests" = yes ] && ! have amtool; then
  want prometheus-alertmanager "amtool and the sender that the hub's door is tested against"
fi
if [ "$tests" = yes ] && ! have curl; then want curl "asks the hub as the guides' readers do"; fi
if [ "$tests" = yes ] && ! have go; then want golang-go "builds the verifier of the record that is not ours"; fi
if [ "$tests" = yes ] && [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
  want golang-golang-x-mod-dev "Go's own transparency log packages, which that verifier uses"
fi
if [ "$tests" = yes ] && ! have unshare; then want util-linux "makes the small disk that a test fills"; fi
if [ "$tests" = yes ] && ! have gpg; then want gnupg "signs versions of runbooks with OpenPGP"; fi
if [ "$tests" = yes ] && ! have xxd; then want xxd "writes secrets in hexadecimal, which must be redacted"; fi
if [ "$tests" = yes ] && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
  want postgresql "the server that SQL steps are tested against"
fi
if [ "$tests" = yes ] && ! have faketime; then want faketime "starts the hub with its clock ahead"; fi

install_packages() {
  echo "These Debian packages are missing:"
  printf '  %s\n' "${reasons[@]}"
  local install=(apt-get install --yes --no-install-recommends "${packages[@]}")
  if ! have apt-get; then
    echo "error: this machine has no apt-get" >&2
    echo "  = help: install the same programs with your system's package manager, then run this again" >&2
    exit 1
  fi
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! have sudo; then
      echo "error: installing needs root, and sudo is missing" >&2
      echo "  = help: run this as root: apt-get update && ${install[*]}" >&2
      exit 1
    fi
    root=(sudo)
  fi
  # Debian starts a service right after installing it. The demo and the tests start their own, so a
  # policy forbids that while apt works. (Containers have no service manager: nothing starts there.)
  local policy=/usr/sbin/policy-rc.d ours=no
  if [ ! -e "$policy" ]; then
    ours=yes
    # shellcheck disable=SC2064  # the paths are known now and gone later
    trap "${root[*]} rm -f $policy" EXIT
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
  fi
  "${root[@]}" apt-get update --quiet
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}"
  if [ "$ours" = yes ]; then "${root[@]}" rm -f "$policy"; trap - EXIT; fi
  # Nor at the next boot, where there is one.
  if [ -d /run/systemd/system ]; then
    local package
    for package in "${packages[@]}"; do
      case "$package" in
        prometheus | prometheus-alertmanager | postgresql) "${root[@]}" systemctl disable --now "$package" || true ;;
      esac
    done
  fi
}

if [ "${#packages[@]}" -gt 0 ]; then install_packages; fi

if [ "$tests" = yes ] && ! cargo nextest --version >/dev/null 2>&1; then
  echo "cargo-nextest is missing: it runs the tests in parallel, each in a process of its own. Building it …"
  cargo install --locked cargo-nextest || echo "cargo-nextest does not build here; the tests run with cargo test instead"
fi
