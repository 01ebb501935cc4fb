#!/bin/sh
# Runs every test on three workers, because journeys and drills mostly wait; the last line is the runner's summary, the exit code is the runner's.
# Usage: config/test.sh [pytest arguments]
set -eu
cd "$(dirname "$0")/.."
if [ -z "${LECTERN_CHROMIUM:-}" ] && ! command -v chromium >/dev/null 2>&1 && ! command -v google-chrome >/dev/null 2>&1; then
    printf 'lectern: no Chromium here: the journeys are left out (install chromium, or set LECTERN_CHROMIUM)\n'
fi
code=0
.venv/bin/python -m pytest -n "${LECTERN_TEST_WORKERS:-3}" --dist loadgroup --no-loadscope-reorder "$@" || code=$?
printf '%s\n' "$code" >.venv/tests.code
exit "$code"
