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
step config/web.sh
step $bin/python -m pytest -q -n "${LECTERN_TEST_WORKERS:-2}" tests/unit tests/house
