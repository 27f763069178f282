#!/bin/sh
# with_postgres.sh COMMAND ... - runs a command against throw-away PostgreSQL servers with mailbounce installed.
#
# The server is a copy of the machine's (PG_CONFIG chooses which) in a temporary folder, with the extension installed
# there: nothing of the system is touched and root is not needed. As root, the server runs as an unprivileged user.
# Sets PGHOST, PGPORT, PGUSER and PGDATABASE for the command; the server is gone afterwards, whatever happens.
#
# MAILBOUNCE_PG_SERVERS='main north south spare=main' makes four of them: each a cluster of its own, except that NEW=OLD is a
# streaming replica of OLD. They listen on sockets only: PGHOST=$MAILBOUNCE_PG_SOCKETS/north is the second, the first is PGHOST.
# MAILBOUNCE_PG_CONF holds lines for every postgresql.conf. Inside another with_postgres.sh the installed copy is used again.
# PGDATA and MAILBOUNCE_PG_LOG are the first server's files; a command that crashes it has it back with $MAILBOUNCE_PG_RESTART.
set -eu
LC_ALL=C
export LC_ALL

pg_config=$(command -v "${PG_CONFIG:-pg_config}")
make=${MAKE:-make}
makefile=${MAILBOUNCE_MAKEFILE:-Makefile}
bindir=$($pg_config --bindir)
work=$(mktemp -d "${TMPDIR:-/tmp}/mailbounce-pg.XXXXXX")
chmod 755 "$work"
copy=${MAILBOUNCE_PG_COPY:-$work/copy}
servers=${MAILBOUNCE_PG_SERVERS:-main}
started=

# from a folder that the server's user may enter: this one may be in /root
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec runuser -u "$server_user" -- "$@")
    else
        "$@"
    fi
}

stop() {
    status=$?
    trap - EXIT INT TERM
    for pid in "$work"/data/*/postmaster.pid; do
        [ ! -f "$pid" ] || as_server "$copy$bindir/pg_ctl" -D "${pid%/*}" -m immediate -w stop >/dev/null 2>&1 || true
    done
    # a test says itself what failed; a server that did not start, or crashed, is found in its log
    if [ "$status" != 0 ]; then
        for log in "$work"/log/*; do
            [ -f "$log" ] && { [ -z "$started" ] || grep -q 'PANIC:\|terminated by signal \(6\|11\):' "$log"; } || continue
            echo "# end of the log of server ${log##*/}:" >&2
            tail -n 20 "$log" | sed 's/^/# /' >&2
        done
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
if [ ! -d "$copy" ]; then
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
fi

mkdir "$work/data" "$work/log" "$work/socket"
[ "$(id -u)" != 0 ] || chown "$server_user" "$work/data" "$work/log" "$work/socket" "$work"

# quietly, unless it fails
try() {
    as_server "$@" >"$work/said" 2>&1 || {
        cat "$work/said" >&2
        exit 1
    }
}

for server in $servers; do
    name=${server%%=*}
    data=$work/data/$name
    as_server mkdir "$work/socket/$name"
    if [ "$name" = "$server" ]; then
        try "$copy$bindir/initdb" -D "$data" -U postgres --auth=trust --no-sync -E UTF8 --locale=C
    else
        try "$copy$bindir/pg_basebackup" -D "$data" -h "$work/socket/${server#*=}" -U postgres --write-recovery-conf --checkpoint=fast --no-sync
    fi
    cat >>"$data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$work/socket/$name'
fsync = off
max_parallel_workers_per_gather = 2
${MAILBOUNCE_PG_CONF:-}
CONF
    # not through try: a server keeps what it is given for its output
    as_server "$copy$bindir/pg_ctl" -D "$data" -l "$work/log/$name" -w start >/dev/null || exit 1
done

started=yes
first=${servers%% *}
PG_CONFIG=$pg_config PGHOST=$work/socket/$first PGPORT=5432 PGUSER=postgres PGDATABASE=postgres PATH=$copy$bindir:$PATH
PGDATA=$work/data/$first
MAILBOUNCE_PG_COPY=$copy MAILBOUNCE_PG_SOCKETS=$work/socket MAILBOUNCE_PG_LOG=$work/log/$first
MAILBOUNCE_PG_RESTART="$copy$bindir/pg_ctl -D $PGDATA -l $MAILBOUNCE_PG_LOG -w start"
[ "$(id -u)" != 0 ] || MAILBOUNCE_PG_RESTART="runuser -u $server_user -- $MAILBOUNCE_PG_RESTART"
export PG_CONFIG PGHOST PGPORT PGUSER PGDATABASE PGDATA PATH
export MAILBOUNCE_PG_COPY MAILBOUNCE_PG_SOCKETS MAILBOUNCE_PG_LOG MAILBOUNCE_PG_RESTART
unset MAILBOUNCE_PG_SERVERS MAILBOUNCE_PG_CONF
"$@"
