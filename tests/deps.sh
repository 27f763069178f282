#!/bin/sh
# deps.sh demo|test|bench|report - installs the Debian packages that a goal needs, if any is missing.
# As root or with sudo it installs them; else it names them and fails. Says nothing when all is there.
set -eu

build="gcc libc6-dev libpcre2-dev libsqlite3-dev sqlite3 pkg-config"
case ${1:-} in
demo) wanted=$build ;;
test) wanted="$build perl libxml2-utils libcmocka-dev postgresql postgresql-server-dev-all pgtap libtap-parser-sourcehandler-pgtap-perl" ;;
bench) wanted="$build perl postgresql postgresql-server-dev-all valgrind libsisimai-perl" ;;
report) wanted="$build perl libxml2-utils chromium fonts-wqy-microhei" ;;
*)
    echo "usage: deps.sh demo|test|bench|report" >&2
    exit 2
    ;;
esac

if [ "$(id -u)" = 0 ]; then
    sudo=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    sudo=sudo
else
    sudo=none
fi

# installs those of its arguments that are missing
install() {
    missing=
    for package in "$@"; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
        *"ok installed") ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    if [ "$sudo" = none ]; then
        echo "These packages are missing; install them as root:" >&2
        echo "    apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    echo "Installing$missing"
    log=$(mktemp)
    # RUNLEVEL=1: a database server that comes with the packages is not started
    if ! $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 sh -c "apt-get -qq update && apt-get -qq install --no-install-recommends $missing" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        exit 1
    fi
    rm -f "$log"
}

# pg_cron, whose package has the server's version in its name; a server that is not Debian's has none, and its test says so
cron() {
    version=$("${PG_CONFIG:-pg_config}" --version 2>/dev/null | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    [ -n "$version" ] || version=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p')
    apt-cache pkgnames "postgresql-$version-cron"
}

[ "$1" != test ] || wanted="$wanted $(cron)"
# shellcheck disable=SC2086 # a list of words
install $wanted
# known only now, if there was no list of packages before
# shellcheck disable=SC2046
[ "$1" != test ] || install $(cron)
