#!/bin/sh
# versions.sh [SUITE ...] - builds and tests in chroots of Debian bookworm (PostgreSQL 15), trixie (17) and sid (18).
# Needs root and debootstrap. The chroots are made in MAILBOUNCE_CHROOTS (default: the user's cache) and kept for the next
# run; the mirror is the machine's own, or MAILBOUNCE_MIRROR.
set -eu
LC_ALL=C
export LC_ALL
top=$(cd "$(dirname "$0")/.." && pwd)
chroots=${MAILBOUNCE_CHROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/mailbounce-chroots}
mirror=${MAILBOUNCE_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -n 1)}
mirror=${mirror:-http://deb.debian.org/debian}

[ "$(id -u)" = 0 ] || {
    echo "versions.sh needs root, to make chroots" >&2
    exit 1
}
command -v debootstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq install debootstrap >/dev/null

root=
release() {
    [ -n "$root" ] || return 0
    umount "$root/dev/pts" "$root/proc" 2>/dev/null || true
}
trap release EXIT

summary=
for suite in ${*:-bookworm trixie sid}; do
    root=$chroots/$suite
    if [ ! -f "$root/.ready" ]; then
        rm -rf "$root"
        mkdir -p "$root"
        echo "== $suite: making a chroot =="
        debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$root" "$mirror" >"$chroots/$suite.log" 2>&1 || {
            tail -n 20 "$chroots/$suite.log" >&2
            exit 1
        }
        [ ! -d /etc/apt/apt.conf.d ] || cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
        # a mirror may be a snapshot of some day
        echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/99snapshot"
        touch "$root/.ready"
    fi
    mkdir -p "$root/proc" "$root/dev/pts"
    mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
    mountpoint -q "$root/dev/pts" || mount -t devpts devpts "$root/dev/pts"
    rm -rf "$root/srv/mailbounce"
    git clone -q "$top" "$root/srv/mailbounce"
    echo "== $suite =="
    if chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root make -C /srv/mailbounce demo test >"$chroots/$suite.test.log" 2>&1; then
        result=passed
    else
        result=FAILED
        tail -n 60 "$chroots/$suite.test.log"
    fi
    versions=$(chroot "$root" sh -c 'sqlite3 --version | cut -d" " -f1; pg_config --version; gcc -dumpversion' 2>/dev/null | tr '\n' ' ')
    summary="$summary$suite: $result (SQLite, PostgreSQL, gcc: $versions)
"
    release
    root=
done
printf '%s' "$summary"
case $summary in *FAILED*) exit 1 ;; esac
