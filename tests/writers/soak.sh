#!/bin/sh
# soak.sh - mixed load for MINUTES on one PostgreSQL server, then on one SQLite file: what the triggers cost, against the same tables
# with the triggers off (rounds taken in turn, medians), and the memory of one process at ten points of a million calls.
# Fails if memory grows by more than 1 MB after the first point, or if a state is wrong at the end. With FIGURES it is the part on the server.
set -eu
LC_ALL=C
export LC_ALL
minutes=${MINUTES:-30}
source=$(cd "$(dirname "$0")/../.." && pwd)
addresses=20000
rounds=5
band=1024
calls="count(classify_bounce((ARRAY['550 5.1.1 User unknown', '452 4.2.2 mailbox full', '554 5.7.1 listed at zen.spamhaus.org', '421 try again later'])[1 + i % 4] || i)),
    count(bounce_history_add(bounces, 'soft', timestamptz '2026-01-01Z' + i * interval '1 hour')),
    count(bounce_summary_of(bounces, 'benchmark'))"

# "point NAME KB" lines to one line of ten figures each; fails if one grows
memory_table() {
    perl -e '
        my (%kb, @order, $bad);
        while (<STDIN>) { next unless /^point\|(.*)\|(\d+)$/; push @order, $1 unless $kb{$1}; push @{$kb{$1}}, $2 }
        for (@order) {
            my @k = @{$kb{$_}};
            my ($low, $high) = (sort { $a <=> $b } @k[1 .. $#k])[0, -1];
            my $grows = @k < 10 || $k[-1] - $low > $ARGV[0];
            printf "%-46s %s  %s\n", $_, join(" ", map { sprintf "%6d", $_ } @k), $grows ? "GROWS" : "flat";
            $bad ||= $grows;
        }
        exit($bad || !@order ? 1 : 0)' "$band"
}

# "rate WORKLOAD kit|plain RATE" lines, in turns, to medians and ratios
rate_table() {
    perl -e '
        my (%r, @order);
        sub median { my @s = sort { $a <=> $b } @_; $s[@s / 2] }
        while (<STDIN>) { my ($w, $kind, $rate) = /^rate\|(.*)\|(.*)\|([\d.]+)$/ or next; push @order, $w unless $r{$w}; push @{$r{$w}{$kind}}, $rate }
        for my $w (@order) {
            my @ratio = sort { $a <=> $b } map { $r{$w}{kit}[$_] / $r{$w}{plain}[$_] } 0 .. $#{$r{$w}{plain}};
            printf "%-34s %10.1f %10.1f %8.2f (%.2f to %.2f)\n", $w, median(@{$r{$w}{kit}}), median(@{$r{$w}{plain}}), median(@ratio), @ratio[0, -1];
        }'
}

# not echo, which reads backslashes
say() { printf '%s\n' "$1"; }
rate_header() { printf '%-34s %10s %10s %8s\n' "$1" 'triggers' 'without' 'ratio'; }
memory_header() { echo; echo "$1: kB of one process after each tenth (flat: at most $band kB more at the end than at its lowest after the first)"; }

on_postgres() {
    PGOPTIONS='-c client_min_messages=warning'
    export PGOPTIONS
    for schema in kit plain; do
        psql -Xq -v ON_ERROR_STOP=1 -v schema=$schema -f "$source/sql/contact_list_postgresql.sql" >/dev/null
        psql -Xq -v ON_ERROR_STOP=1 -c "SET search_path = $schema, public" -c "CREATE TABLE deleted (event_id text)" \
            -c "INSERT INTO contact (email) SELECT 'user' || i || '@example.com' FROM generate_series(1, $addresses) i"
    done
    psql -Xq -c 'ALTER TABLE plain.bounce_event DISABLE TRIGGER USER' -c 'ALTER TABLE plain.bounce_event ALTER event DROP NOT NULL' -c 'VACUUM ANALYZE'

    first=0
    load() { # name, seconds, scripts
        for schema in kit plain; do
            first=$((first + 1000000))
            echo "rate|$1|$schema|$(PGOPTIONS="-c search_path=$schema,public" pgbench -n -c 16 -j 2 -T "$2" -D n=$first -D addresses=$addresses $3 2>"$FIGURES.err" |
                sed -n 's/^tps = \([0-9.]*\).*/\1/p')"
        done
    }
    scripts=$source/tests/writers
    seconds=$((minutes * 60 / rounds / 6)) # six loads a round
    for _ in $(seq $rounds); do
        load 'one event a statement' $seconds "-f $scripts/one.sql"
        load 'eight events a statement' $seconds "-f $scripts/many.sql"
        load 'reads and writes' $seconds "-f $scripts/read.sql@10 -f $scripts/one.sql@6 -f $scripts/many.sql@2 -f $scripts/redelivered.sql@1
            -f $scripts/unreadable.sql@1 -f $scripts/update.sql@2 -f $scripts/delete.sql@1"
    done >"$FIGURES.rates"
    psql -XAtq -c 'SET search_path = kit, public' -c "SELECT 'wrong: ' || s FROM state_check s LIMIT 5" \
        -c "SELECT 'stored: ' || count(*) || ' events of ' || count(DISTINCT email) || ' addresses' FROM bounce_event" >"$FIGURES.states"

    rss="substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+)')"
    contexts="SELECT 'point|' || :'name' || ', contexts|' || (sum(total_bytes) / 1024)::bigint FROM pg_backend_memory_contexts;"
    {
        say 'SET search_path = kit, public; SET max_parallel_workers_per_gather = 0; SET jit = off;'
        say "CREATE TEMP TABLE h AS SELECT row_number() OVER () - 1 AS number, bounces FROM (SELECT bounces FROM address WHERE bounces IS NOT NULL LIMIT 1000) a; ANALYZE h;"
        say "\\set name 'a million calls of each function'"
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            say "SELECT $calls FROM generate_series(1, 100000) i JOIN h ON number = i % 1000 \\g /dev/null"
            say "SELECT 'point|' || :'name' || '|' || $rss; $contexts"
        done
        say "\\set name 'a million calls, own rules that change'"
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            say "DO \$\$ BEGIN FOR i IN 1 .. 100000 LOOP PERFORM classify_bounce('550 no longer here ' || i, E'[user_unknown]\\nmy.rule' || i / 100 || ': \"no longer here\"'); END LOOP; END \$\$;"
            say "SELECT 'point|' || :'name' || '|' || $rss; $contexts"
        done
        say "\\set name '$((minutes * 3000)) inserts, one by one'"
        perl -e 'for my $point (1 .. 10) {
            for (1 .. $ARGV[0]) {
                printf "INSERT INTO bounce_event (event_id, email, at, diagnostic) VALUES (\x27m%d.%d\x27, \x27user%d\@example.com\x27, now(), \x27550 5.1.1 User unknown %d\x27);\n",
                    $point, $_, 1 + rand $ARGV[1], $_;
            }
            print "SELECT \x27point|\x27 || :\x27name\x27 || \x27|\x27 || $ARGV[2]; $ARGV[3]\n";
        }' $((minutes * 300)) $addresses "$rss" "$contexts"
    } >"$FIGURES.sql"
    psql -XAtq -v ON_ERROR_STOP=1 -f "$FIGURES.sql" >"$FIGURES.memory"
}

on_sqlite() {
    for schema in kit plain; do
        sqlite3 -batch -cmd '.load build/sqlite/mailbounce' "$work/$schema.db" <"$source/sql/contact_list_sqlite.sql" >/dev/null
        sqlite3 -batch -cmd '.load build/sqlite/mailbounce' "$work/$schema.db" "PRAGMA journal_mode = wal;
            INSERT INTO contact(email) SELECT 'user' || value || '@example.com' FROM generate_series(1, $addresses)" >/dev/null
    done
    sqlite3 -batch "$work/plain.db" "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'bounce_event'" |
        sqlite3 -batch "$work/plain.db"
    number=0
    for _ in $(seq $rounds); do
        for rows in 1 8 1000; do
            number=$((number + 1))
            statements=$((rows > 8 ? minutes * 2 : minutes * 200))
            perl -e 'my ($rows, $addresses, $count, $number) = @ARGV;
                srand $number;
                for my $n (1 .. $count) {
                    print "INSERT INTO bounce_event(event_id, email, at, diagnostic) VALUES ", join(", ", map { sprintf "(\x27%d.%d.%d\x27, \x27user%d\@example.com\x27, %d, \x27550 5.1.1 User unknown\x27)",
                        $number, $n, $_, 1 + rand $addresses, 1735689600 + rand 3e7 } 1 .. $rows), ";\n";
                }' $rows $addresses $statements $number >"$work/load.sql"
            for schema in kit plain; do
                begin=$(date +%s%N)
                sqlite3 -batch -bail -cmd '.load build/sqlite/mailbounce' -cmd 'PRAGMA synchronous = normal' "$work/$schema.db" <"$work/load.sql"
                say "rate|$rows events a statement|$schema|$(awk "BEGIN { printf \"%.1f\", $statements * 1e9 / ($(date +%s%N) - $begin) }")"
            done
        done
    done | sed 's/^rate|1 events/rate|one event/; s/^rate|8/rate|eight/; s/^rate|1000/rate|a thousand/' >"$FIGURES.rates"
    sqlite3 -batch -cmd '.load build/sqlite/mailbounce' "$work/kit.db" "SELECT 'wrong: ' || email || ' ' || problem FROM state_check LIMIT 5;
        SELECT 'stored: ' || count(*) || ' events of ' || count(DISTINCT email) || ' addresses' FROM bounce_event" >"$FIGURES.states"

    rss() { say ".shell sed -n 's/^RssAnon:[^0-9]*\\([0-9]*\\).*/point|$1|\\1/p' /proc/\$PPID/status"; }
    {
        say 'CREATE TEMP TABLE h AS SELECT row_number() OVER () - 1 AS number, bounces FROM (SELECT bounces FROM address WHERE bounces IS NOT NULL LIMIT 1000);'
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            say '.once /dev/null'
            say "SELECT count(classify_bounce('550 5.1.1 User unknown' || value)), count(bounce_history_add(bounces, 'soft', 1767225600 + value * 3600)), count(bounce_summary_of(bounces, 'benchmark'))
                FROM generate_series(1, 100000) CROSS JOIN h WHERE h.rowid = 1 + value % 1000;"
            rss 'a million calls of each function'
        done
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            say '.once /dev/null'
            say "SELECT count(classify_bounce('550 no longer here ' || value, printf('[user_unknown]%smy.rule%d: \"no longer here\"', char(10), value / 100))) FROM generate_series(1, 100000);"
            rss 'a million calls, own rules that change'
        done
        for point in 1 2 3 4 5 6 7 8 9 10; do
            perl -e 'for (1 .. $ARGV[0]) {
                printf "INSERT INTO bounce_event(event_id, email, at, diagnostic) VALUES (\x27m%d.%d\x27, \x27user%d\@example.com\x27, 1767225600 + %d, \x27550 5.1.1 User unknown %d\x27);\n",
                    $ARGV[1], $_, 1 + rand $ARGV[2], $_, $_ }' $((minutes * 100)) $point $addresses
            rss "$((minutes * 1000)) inserts, one by one"
        done
    } >"$FIGURES.sql"
    sqlite3 -batch -bail -cmd '.load build/sqlite/mailbounce' "$work/kit.db" <"$FIGURES.sql" >"$FIGURES.memory"
}

report() { # name
    rate_header "$1, statements a second"
    rate_table <"$FIGURES.rates"
    cat "$FIGURES.states"
    memory_header "$1"
    memory_table <"$FIGURES.memory" || status=1
    ! grep -q '^wrong' "$FIGURES.states" || status=1
    echo
}

if [ -n "${FIGURES:-}" ]; then
    on_postgres
    exit 0
fi
status=0
work=$(mktemp -d "${TMPDIR:-/tmp}/mailbounce-soak.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
FIGURES=$work/postgres MAILBOUNCE_PG_CONF='fsync = on
shared_buffers = 512MB
max_wal_size = 4GB' "$source/tests/with_postgres.sh" "$0"
FIGURES=$work/sqlite
on_sqlite
FIGURES=$work/postgres
report "PostgreSQL $(${PG_CONFIG:-pg_config} --version | cut -d' ' -f2), 16 clients"
FIGURES=$work/sqlite
report "SQLite $(sqlite3 --version | cut -d' ' -f1), one process"
exit $status
