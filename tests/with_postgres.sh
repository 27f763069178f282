#!/bin/sh
# with_postgres.sh COMMAND ... - runs a command against a throw-away PostgreSQL server with mailbounce installed.
#
# The server is a copy of the machine's (PG_CONFIG chooses which) in a temporary folder, with the extension installed
# there: nothing of the system is touched and root is not needed. As root, the server runs as an unprivileged user.
# Sets PGHOST, PGPORT, PGUSER and PGDATABASE for the command; the server is gone afterwards, whatever happens.
# MAILBOUNCE_PG_CONF adds lines to its configuration. PGDATA and MAILBOUNCE_PG_LOG are its files; a command that
# crashes it has it back with $MAILBOUNCE_PG_RESTART.
set -eu
LC_ALL=C
export LC_ALL

pg_config=$(command -v "${PG_CONFIG:-pg_config}")
make=${MAKE:-make}
makefile=${MAILBOUNCE_MAKEFILE:-Makefile}
bindir=$($pg_config --bindir)
work=$(mktemp -d "${TMPDIR:-/tmp}/mailbounce-pg.XXXXXX")
chmod 755 "$work"
copy=$work/copy

as_server() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u "$server_user" -- "$@"
    else
        "$@"
    fi
}

stop() {
    status=$?
    trap - EXIT INT TERM
    if [ -f "$work/data/postmaster.pid" ]; then
        as_server "$copy$bindir/pg_ctl" -D "$work/data" -m immediate -w stop >/dev/null 2>&1 || true
    fi
    if [ "$status" != 0 ] && [ -f "$work/log" ]; then
        echo "# end of the server's log:" >&2
        tail -n 20 "$work/log" | sed 's/^/# /' >&2
    fi
    rm -rf "$work"
    exit "$status"
}
trap stop EXIT
trap 'exit 1' INT TERM

server_user=$(id -un)
if [ "$(id -u)" = 0 ]; then
    server_user=nobody
    id postgres >/dev/null 2>&1 && server_user=postgres
fi

# a server looks for its files beside its binary: copied binaries, links for the rest, then our own files
mkdir -p "$copy$bindir"
cp "$bindir"/* "$copy$bindir/"
for dir in "$($pg_config --pkglibdir)" "$($pg_config --sharedir)"; do
    mkdir -p "$copy$dir"
    cp -rs "$dir/." "$copy$dir/"
done
$make -s -f "$makefile" PG_CONFIG="$pg_config" DESTDIR="$copy" install >"$work/install.log" 2>&1 || {
    cat "$work/install.log" >&2
    exit 1
}
chmod -R a+rX "$copy"

mkdir "$work/data" "$work/socket"
[ "$(id -u)" != 0 ] || chown "$server_user" "$work/data" "$work/socket" "$work"
as_server "$copy$bindir/initdb" -D "$work/data" -U postgres --auth=trust --no-sync -E UTF8 --locale=C >"$work/initdb.log" 2>&1 || {
    cat "$work/initdb.log" >&2
    exit 1
}
cat >>"$work/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$work/socket'
fsync = off
max_parallel_workers_per_gather = 2
${MAILBOUNCE_PG_CONF:-}
CONF
as_server "$copy$bindir/pg_ctl" -D "$work/data" -l "$work/log" -w start >/dev/null || exit 1

MAILBOUNCE_PG_LOG=$work/log
MAILBOUNCE_PG_RESTART="$copy$bindir/pg_ctl -D $work/data -l $work/log -w start"
[ "$(id -u)" != 0 ] || MAILBOUNCE_PG_RESTART="runuser -u $server_user -- $MAILBOUNCE_PG_RESTART"
PGDATA=$work/data
export MAILBOUNCE_PG_LOG MAILBOUNCE_PG_RESTART PGDATA
PG_CONFIG=$pg_config PGHOST=$work/socket PGPORT=5432 PGUSER=postgres PGDATABASE=postgres PATH=$copy$bindir:$PATH
export PG_CONFIG PGHOST PGPORT PGUSER PGDATABASE PATH
"$@"
