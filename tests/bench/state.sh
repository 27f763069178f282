#!/bin/sh
# state.sh - what bounce_state costs, in ratios measured side by side: against count(*) GROUP BY, against an aggregate that does
# nothing with the same arguments, and against the window query that a good SQL author would write for the same answer.
# CONTACTS (default 1000000) contacts with ten events each, given as types; three interleaved rounds, medians.
set -eu
LC_ALL=C
export LC_ALL
contacts=${CONTACTS:-1000000}
rounds=${ROUNDS:-3}
source=$(dirname "$MAILBOUNCE_MAKEFILE")
work=$(mktemp -d "${TMPDIR:-/tmp}/mailbounce-bench.XXXXXX")
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT

# name<TAB>milliseconds lines to a table of medians and ratios
table() {
    perl -e '
        my (%t, @order);
        while (<>) { chomp; my ($n, $ms) = split /\t/; push @order, $n unless $t{$n}; push @{$t{$n}}, $ms }
        my %m = map { my @s = sort { $a <=> $b } @{$t{$_}}; $_ => $s[@s / 2] } @order;
        printf "%-34s %10s %12s %10s %10s\n", "", "ms", "to count(*)", "to no-op", "to window";
        for my $n (@order) {
            my ($kind) = $n =~ /^(\S+)/;
            printf "%-34s %10.0f %12.2f %10.2f %10.2f\n", $n, $m{$n}, map { $m{"$kind $_"} ? $m{$n} / $m{"$kind $_"} : 0 } "count(*)", "no-op", "window query";
        }'
}

window="SELECT count(*) FROM (SELECT c, max(n) >= 3 AS confirmed FROM (SELECT c, grp, count(*) FILTER (WHERE event = 'hard') AS n FROM
    (SELECT c, event, count(*) FILTER (WHERE event <> 'hard') OVER (PARTITION BY c ORDER BY at) AS grp FROM e) g GROUP BY c, grp) r GROUP BY c) x"

# ---- SQLite ----
cc -O2 -fPIC -shared -o "$work/noopsqlite.so" "$source/tests/bench/noop_sqlite.c"
cat >"$work/make.sql" <<SQL
PRAGMA journal_mode = off;
CREATE TABLE e (c INTEGER, event TEXT, at INTEGER);
INSERT INTO e SELECT abs(random()) % $contacts, CASE WHEN abs(random()) % 100 < 55 THEN 'hard' WHEN abs(random()) % 2 THEN 'open' ELSE 'delivered' END,
    1767225600 + value FROM generate_series(1, $contacts * 10);
SQL
run_sqlite() { # name, SQL
    printf '%s\n' ".load build/sqlite/mailbounce" ".load $work/noopsqlite" "PRAGMA mmap_size = 4000000000;" ".timer on" "$2;" |
        sqlite3 "$work/bench.db" |
        sed -n "s/^Run Time: real \([0-9.]*\).*/\1/p" | tail -n 1 | awk -v n="$1" '{printf "%s\t%.1f\n", n, $1 * 1000}'
}
compare_sqlite() { # unsorted or indexed
    for _ in $(seq "$rounds"); do
        run_sqlite "$1 count(*)" "SELECT count(*) FROM (SELECT c, count(*) FROM e GROUP BY c)"
        run_sqlite "$1 no-op" "SELECT count(*) FROM (SELECT c, noop(event, at, 'benchmark') FROM e GROUP BY c)"
        run_sqlite "$1 bounce_state" "SELECT count(*) FROM (SELECT c, bounce_state(event, at, 'benchmark') FROM e GROUP BY c)"
        run_sqlite "$1 window query" "$window"
    done
}
sqlite3 "$work/bench.db" <"$work/make.sql" >/dev/null
compare_sqlite unsorted >"$work/sqlite"
sqlite3 "$work/bench.db" "CREATE INDEX i ON e (c, at, event)"
compare_sqlite indexed >>"$work/sqlite"
rm -f "$work/bench.db"
echo "SQLite $(sqlite3 --version | cut -d' ' -f1), $((contacts * 10)) events of $contacts contacts"
table <"$work/sqlite"

# ---- PostgreSQL ----
cc -O2 -fPIC -shared -I"$(${PG_CONFIG:-pg_config} --includedir-server)" -o "$work/noop.so" "$source/tests/bench/noop_postgres.c"
cat >"$work/make_pg.sql" <<SQL
CREATE EXTENSION mailbounce;
CREATE FUNCTION noop_step(bigint, text, timestamptz, text) RETURNS bigint AS '$work/noop', 'noop_step' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE AGGREGATE noop(text, timestamptz, text) (SFUNC = noop_step, STYPE = bigint, INITCOND = '0');
CREATE TABLE e AS SELECT (random() * $contacts)::int AS c, CASE WHEN random() < 0.55 THEN 'hard' WHEN random() < 0.5 THEN 'open' ELSE 'delivered' END AS event,
    timestamptz '2026-01-01Z' + i * interval '1 second' AS at FROM generate_series(1, $contacts * 10) i;
VACUUM ANALYZE e;
SQL
cat >"$work/bench_pg.sh" <<'PG'
run() { # name, settings, SQL
    PGOPTIONS="-c jit=off -c work_mem=2GB -c max_parallel_workers_per_gather=0 $2" psql -XqAt -c '\timing on' -c "$3" |
        sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -n 1 | awk -v n="$1" '{print n "\t" $1}'
}
compare() { # unsorted or indexed, settings
    for _ in $(seq "$ROUNDS"); do
        run "$1 count(*)" "$2" "SELECT count(*) FROM (SELECT c, count(*) FROM e GROUP BY c OFFSET 0) x"
        run "$1 no-op" "$2" "SELECT count(s) FROM (SELECT c, noop(event, at, 'benchmark') s FROM e GROUP BY c OFFSET 0) x"
        run "$1 bounce_state" "$2" "SELECT count(s) FROM (SELECT c, bounce_state(event, at, 'benchmark') s FROM e GROUP BY c OFFSET 0) x"
        run "$1 window query" "$2" "$WINDOW"
    done
}
psql -Xq -f "$WORK/make_pg.sql"
compare unsorted "-c enable_sort=on -c enable_indexscan=off -c enable_indexonlyscan=off" > "$WORK/pg"
PGOPTIONS='-c jit=off -c work_mem=2GB -c max_parallel_workers_per_gather=0' psql -XqAt -c "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT c, bounce_state(event, at, 'benchmark') FROM e GROUP BY c" | grep -E 'Aggregate|Memory' > "$WORK/memory"
PGOPTIONS='-c jit=off -c work_mem=2GB -c max_parallel_workers_per_gather=0' psql -XqAt -c "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT c, count(*) FROM e GROUP BY c" | grep -E 'Memory' >> "$WORK/memory"
psql -Xq -c "CREATE INDEX ON e (c, at) INCLUDE (event)" -c "VACUUM ANALYZE e"
compare indexed "-c enable_hashagg=off -c enable_seqscan=off -c enable_sort=off -c enable_bitmapscan=off" >> "$WORK/pg"
PG
ROUNDS=$rounds WINDOW=$window WORK=$work MAILBOUNCE_PG_CONF='shared_buffers = 2GB
max_wal_size = 8GB' "$source/tests/with_postgres.sh" sh "$work/bench_pg.sh"
echo
echo "PostgreSQL $(${PG_CONFIG:-pg_config} --version | cut -d' ' -f2), the same"
table <"$work/pg"
echo "memory of the hash aggregate of bounce_state, and of count(*):"
cat "$work/memory"
