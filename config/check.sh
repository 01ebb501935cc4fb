#!/bin/sh
# What a change has to pass: format, lint, types, import contracts, generated files, unit tests, and the pages' own.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '== %s\n' "$*"; "$@"; }
step $bin/ruff format --check .
step $bin/ruff check .
step $bin/mypy
step $bin/lint-imports
step $bin/python -m server generate --check
step $bin/python -m pytest -q tests/unit tests/house
if command -v npm >/dev/null 2>&1 && [ -d web/node_modules ]; then
    cd web
    step npm run --silent check
else
    printf 'lectern: no npm here: the pages are not checked\n'
fi
