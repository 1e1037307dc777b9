#!/bin/sh
# Installs the js-libp2p and the Helia that the interop tests talk to, as their lock files pin them. Nothing to do where
# they are there. Two folders, because Helia on Node 20 needs an older js-libp2p.
set -eu
cd "$(dirname "$0")/.."
command -v npm >/dev/null 2>&1 || { echo "npm is missing: install Node.js 20 or newer" >&2; exit 1; }
for folder in js helia; do
  if [ -f $folder/node_modules/.package-lock.json ] \
    && [ ! $folder/package-lock.json -nt $folder/node_modules/.package-lock.json ]; then
    continue
  fi
  (cd $folder && npm ci --no-progress --ignore-scripts --loglevel=error)
  touch $folder/node_modules/.package-lock.json
done
