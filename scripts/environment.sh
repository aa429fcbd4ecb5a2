#!/usr/bin/env bash
# For the other scripts: finds Python, makes .venv, installs a hashed lock. Sourced from the repository's root.

python_hint="install it (on Debian: apt-get install python3 python3-venv), or set PYTHON=/path/to/python3.11 or newer"

find_python() {
  local name
  for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    if [ -n "$name" ] && command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      command -v "$name"
      return
    fi
  done
  echo "communityrule: no Python 3.11 or newer was found: $python_hint." >&2
  return 1
}

# install_lock FILE: make .venv hold what FILE pins; quick when it does already.
install_lock() {
  local lock=$1 python sum
  sum="$(cksum <"$lock") $lock"
  if [ -x .venv/bin/python ] && grep -qsxF "$sum" .venv/installed-locks; then
    return
  fi
  python=$(find_python) || return 1
  if ! "$python" -c 'import venv, ensurepip, ctypes, ssl' 2>/dev/null; then
    echo "communityrule: $python lacks venv, pip, ctypes or ssl: $python_hint." >&2
    return 1
  fi
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  echo "installing $(grep -c '==' "$lock") packages of $lock into .venv (the first time takes a minute)"
  .venv/bin/python -m pip install --no-input --disable-pip-version-check --require-hashes -r "$lock" |
    sed -un 's/^Collecting \([^ ;]*\).*/  \1/p'
  # A lock that is installed again may have replaced what another one wanted.
  { grep -vs " $lock\$" .venv/installed-locks || true; echo "$sum"; } >.venv/installed-locks.new
  mv .venv/installed-locks.new .venv/installed-locks
}
