#!/bin/sh
# Installs the js-libp2p that the interop tests talk to, as the lock file pins it. Nothing to do when it is there.
set -eu
cd "$(dirname "$0")"
command -v npm >/dev/null 2>&1 || { echo "npm is missing: install Node.js 20 or newer" >&2; exit 1; }
if [ -f node_modules/.package-lock.json ] && [ ! package-lock.json -nt node_modules/.package-lock.json ]; then
  exit 0
fi
npm ci --no-progress --ignore-scripts --loglevel=error
touch node_modules/.package-lock.json
