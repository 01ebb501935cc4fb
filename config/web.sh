#!/bin/sh
# Checks the pages as they are built: types, lint, unit tests, weights. Where there is no Node it says so, and that is all.
set -eu
cd "$(dirname "$0")/../web"
# The one that bootstrap.sh fetched, where this machine's own is missing or too old.
[ -x ../.venv/node/npm ] && PATH="$PWD/../.venv/node:$PATH"
if [ -d node_modules ] && command -v npm >/dev/null 2>&1; then
    npm run --silent check
else
    printf 'lectern: no Node here: the pages are not checked\n'
fi
