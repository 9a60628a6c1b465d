#!/usr/bin/env bash
# Installs what tools/packages.txt lists and the tests' npm packages. Safe to run again: quick when
# all is there. Needs root or sudo only when a package is missing. Starts no service.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo --non-interactive "$@" || {
      echo "setup: needs root to install packages, and sudo asked for a password or refused" >&2
      exit 1
    }
  else
    echo "setup: needs root to install packages, and there is no sudo" >&2
    exit 1
  fi
}

installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Prints the packages of the list that are missing.
missing_packages() {
  local line name keyword command
  while read -r line; do
    line=${line%%#*}
    read -r name keyword command <<<"$line"
    [[ -n $name ]] || continue
    [[ $keyword == unless ]] && command -v "$command" >/dev/null && continue
    installed "$name" || echo "$name"
  done <tools/packages.txt
}

# While packages are installed, a policy file forbids their scripts to start services; one that is
# there already is left alone.
forbid_services() {
  policy=/usr/sbin/policy-rc.d
  [[ -e $policy ]] && return
  trap 'as_root rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}

install_packages() {
  local -a missing
  mapfile -t missing < <(missing_packages)
  [[ ${#missing[@]} == 0 ]] && return
  echo "setup: installing ${missing[*]}"
  forbid_services
  mkdir -p build
  if ! { as_root env DEBIAN_FRONTEND=noninteractive apt-get update --quiet --quiet &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes \
      --no-install-recommends "${missing[@]}"; } </dev/null >build/setup.log 2>&1; then
    tail -n 40 build/setup.log >&2
    echo "setup: the packages could not be installed; all of it is in build/setup.log" >&2
    exit 1
  fi
  mapfile -t missing < <(missing_packages)
  if [[ ${#missing[@]} != 0 ]]; then
    echo "setup: still missing after the installation: ${missing[*]}" >&2
    exit 1
  fi
}

# npm packages of every folder with a package.json, when its lock file is newer than what is there.
install_npm() {
  local folder
  for folder in tests/receiver tests/apps/node tests/apps/node_sdk viewer; do
    [[ -f $folder/package.json ]] || continue
    [[ $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] && continue
    echo "setup: npm packages of $folder"
    (cd "$folder" && npm ci --no-audit --no-fund --silent </dev/null)
    touch "$folder/node_modules/.package-lock.json"
  done
}

install_packages
install_npm
echo "setup: ready"
