#!/bin/sh
# Makes what Jishi (`setup.sh app`) or its tests (`setup.sh tests`) need, in .venv; does nothing when it is there.
# A mark with the checksum of the requirements tells, so a second call costs milliseconds.
set -eu

what=$1
here=.venv

tell() { printf '%s\n' "$*" >&2; }

stop() {
    tell "$@"
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# Sets $python to one that is new enough and can make environments.
find_python() {
    old=''
    incomplete=''
    for python in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
        command -v "$python" >/dev/null 2>&1 || continue
        if ! new_enough "$python"; then
            old=$python
        elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            incomplete=$python
        else
            return 0
        fi
    done
    if [ "$incomplete" ]; then
        version=$("$incomplete" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        stop "这里的 Python $version 缺少 venv。Debian/Ubuntu：apt-get install python$version-venv" "
Python $version is here, but without venv. On Debian or Ubuntu: apt-get install python$version-venv"
    fi
    stop "集市需要 Python 3.11 或更新的版本${old:+（$old 太旧）}。Debian/Ubuntu：apt-get install python3 python3-venv" "
Jishi needs Python 3.11 or newer${old:+ ($old is too old)}. On Debian or Ubuntu: apt-get install python3 python3-venv
Another place: make setup PYTHON=/path/to/python3.11"
}

environment() {
    if new_enough $here/bin/python; then
        return 0
    fi
    find_python
    tell "正在建立环境 / Making the environment with $("$python" --version)"
    "$python" -m venv --clear $here
}

# install NAME FILE...: the requirements in FILE..., unless $here/installed-NAME says that exactly these are there.
install() {
    mark=$here/installed-$1
    shift
    wanted=$(cat "$@" | cksum)
    if [ -e "$mark" ] && [ "$(cat "$mark")" = "$wanted" ]; then
        return 0
    fi
    for file in "$@"; do
        tell "正在安装 / Installing $file"
        $here/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$file" ||
            stop "安装失败，原因见上。检查网络后再试一次。" "
The installation failed; the reason stands above. Check the network and try again."
    done
    echo "$wanted" >"$mark"
}

has_postgres() {
    command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1
}

has_chromium() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        command -v google-chrome >/dev/null 2>&1
}

# The browser cannot come from a wheel. Without it the browser tests are skipped, or fail when CI is set.
browser() {
    if has_chromium; then
        return 0
    fi
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        tell "没有 Chromium，浏览器测试不能跑。Debian：sudo apt-get install chromium fonts-noto-cjk" "
Chromium is missing, so the browser tests cannot run. On Debian: sudo apt-get install chromium fonts-noto-cjk"
        return 0
    fi
    tell "正在安装 / Installing chromium, fonts-noto-cjk"
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get update -qq && apt-get install -qq --no-install-recommends chromium fonts-noto-cjk; } >&2; then
        tell "Chromium 没有装上，浏览器测试不能跑。" "
Chromium could not be installed, so the browser tests cannot run."
    fi
}

environment
install app requirements/app.txt
if [ "$what" = tests ]; then
    install tests requirements/app.txt requirements/test.txt
    has_postgres || install postgres requirements/postgres.txt
    browser
fi
