#!/bin/sh
# postgres.sh sql|own ROWS.txt N ROUNDS NOOP.so [OWN.rules] - what classifying costs inside PostgreSQL: samples for table.pl.
#
# Runs under tests/with_postgres.sh, in one session that stays warm, without JIT and, where not said, without workers; rounds take turns.
set -eu
what=$1 rows=$2 n=$3 rounds=$4 noop=$5 own=${6:-}
source=$(dirname "$MAILBOUNCE_MAKEFILE")
few=20000
LEADER=${LEADER:-on} # whether the leader works beside its two workers
[ "$n" -ge "$few" ] || few=$n
PGOPTIONS='-c jit=off -c max_parallel_workers_per_gather=0 -c work_mem=256MB'
export PGOPTIONS

prepare() {
    cat <<SQL
CREATE EXTENSION mailbounce;
CREATE FUNCTION touch(text) RETURNS integer AS '$noop', 'touch' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
CREATE UNLOGGED TABLE bounce (d text);
\\copy bounce FROM PROGRAM 'head -n $n $rows'
CREATE UNLOGGED TABLE few AS SELECT d FROM bounce LIMIT $few;
CREATE UNLOGGED TABLE ten AS SELECT d FROM bounce LIMIT 10;
CREATE UNLOGGED TABLE big AS SELECT repeat(d || ' ', 1000000 / octet_length(d)) AS d FROM bounce LIMIT 50;
CREATE UNLOGGED TABLE own (n integer GENERATED ALWAYS AS IDENTITY, rule text);
VACUUM ANALYZE;
SELECT count(touch(d)), count(classify_bounce(d)) FROM few;
SQL
}

# a statement whose time is a sample: of so many rows, in ns, or in ms where rows are 0
timed() { # name, rows, SQL
    printf '\\echo = %s %s\n%s;\n' "$1" "$2" "$3"
}

# 25 of them with 4 phrases of the rules each, as somebody writes it who has no classifier
case_of_25() {
    perl -ne '
        next unless /^[a-z0-9_.]+:/;
        for my $phrase (/(?<![!^])"((?:[^"\\]|\\.)*)"/g) {
            push @found, grep { /^[a-z]+ [a-z ]+[a-z]$/ } split /[()|]/, $phrase;
        }
        END {
            my @chosen = map { $found[ $_ * @found / 100 ] } 0 .. 99;
            print "CASE";
            printf " WHEN d ~* \x27(%s)\x27 THEN \x27category %d\x27", join("|", splice @chosen, 0, 4), $_ for 1 .. 25;
            print " ELSE \x27unknown\x27 END";
        }' "$source"/core/rules/general/*.rules
}

sql_rounds() {
    case25=$(case_of_25)
    for _ in $(seq "$rounds"); do
        timed postgres.touch "$n" "SELECT count(touch(d)) FROM bounce"
        timed postgres.classify "$n" "SELECT count(classify_bounce(d)) FROM bounce"
        echo "SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = $LEADER;"
        timed postgres.parallel "$n" "SELECT count(classify_bounce(d)) FROM bounce"
        echo "RESET max_parallel_workers_per_gather;"
        timed postgres.like "$n" "SELECT count(*) FILTER (WHERE d LIKE '%user unknown%') FROM bounce"
        timed postgres.type "$n" "SELECT count(bounce_type(d)) FROM bounce"
        timed postgres.event "$n" "SELECT count(bounce_event_of(d)) FROM bounce"
        timed postgres.explain "$n" "SELECT count(bounce_explain(d)) FROM bounce"
        timed postgres.case "$few" "SELECT count($case25) FROM few"
        timed postgres.few "$few" "SELECT count(classify_bounce(d)) FROM few"
        timed postgres.big 50 "SELECT count(classify_bounce(d)) FROM big"
        timed postgres.big_octets 50 "SELECT count(octet_length(d)) FROM big"
        timed postgres.big_length 50 "SELECT sum(length(d)) FROM big"
        if [ "$counts" != 0 ]; then
            timed postgres.group "$n" "SELECT classify_bounce(d), count(*) FROM bounce GROUP BY 1 ORDER BY 2 DESC, 1"
            timed postgres.counts "$n" "SELECT bounce_counts(d) FROM bounce"
        fi
    done
}

# the plan that the parallel sample had
parallel_plan() {
    PGOPTIONS="-c jit=off -c max_parallel_workers_per_gather=2 -c parallel_setup_cost=0 -c min_parallel_table_scan_size=0 -c parallel_leader_participation=$LEADER" \
        psql -XqAt -c "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, SUMMARY OFF) SELECT count(classify_bounce(d)) FROM bounce" |
        awk -v leader="$LEADER" '/Workers Launched/ { printf "note\tPostgreSQL, two workers: launched %s, leader helps: %s\n", $3, leader }'
}

# new connections: the first statement of each, in ms, the median of many
first_calls() {
    for _ in $(seq "$rounds"); do
        for _ in $(seq 25); do
            for f in touch classify_bounce; do
                psql -XqAt -c '\timing on' -c "SELECT $f('550 5.1.1 <ann@example.com>: User unknown'::text)" | awk -v f="$f" '/^Time:/ { print f, $2 }'
            done
        done | sort -k1,1 -k2,2n | awk '{ v[$1, n[$1]++] = $2 } END {
            printf "postgres.first\t%s\npostgres.first_touch\t%s\n", v["classify_bounce", int(n["classify_bounce"] / 2)], v["touch", int(n["touch"] / 2)] }'
    done
}

own_rounds() {
    cat <<SQL
\\set own \`cat $own\`
INSERT INTO own (rule) SELECT regexp_split_to_table(:'own', E'\n');
SET plan_cache_mode = force_generic_plan;
PREPARE parameter(text) AS SELECT count(classify_bounce(d, \$1)) FROM bounce;
PREPARE on_ten(text) AS SELECT count(classify_bounce(d, \$1)) FROM ten;
PREPARE on_ten_none AS SELECT count(classify_bounce(d)) FROM ten;
SQL
    for round in $(seq "$rounds"); do
        timed postgres.own_none "$n" "SELECT count(classify_bounce(d)) FROM bounce"
        timed postgres.own_literal "$n" "SELECT count(classify_bounce(d, :'own')) FROM bounce"
        timed postgres.own_parameter "$n" "EXECUTE parameter(:'own')"
        timed postgres.own_subquery "$n" "SELECT count(classify_bounce(d, (SELECT string_agg(rule, E'\n' ORDER BY n) FROM own))) FROM bounce"
        # another text each time: it is compiled in this statement
        timed postgres.own_ten_none 0 "EXECUTE on_ten_none"
        timed postgres.own_ten 0 "EXECUTE on_ten(:'own' || E'\\n# round $round')"
    done
}

# a session that broke off leaves no end
samples() {
    awk '/^= end/ { ended = 1 }
        /^= / { name = $2; rows = $3 }
        /^Time: / && name != "" { printf "%s\t%.6g\n", name, (rows > 0 ? $2 * 1e6 / rows : $2); name = "" }
        END { exit !ended }'
}

prepare | psql -Xq -v ON_ERROR_STOP=1 >/dev/null
counts=$(psql -XqAt -c "SELECT count(*) FROM pg_proc WHERE proname = 'bounce_counts'")
{
    printf '\\timing on\n'
    "${what}_rounds"
    printf '\\echo = end\n'
} | psql -XqAt -v ON_ERROR_STOP=1 | samples
if [ "$what" = sql ]; then
    [ "$counts" != 0 ] || printf 'note\tPostgreSQL: no bounce_counts() in this build\n'
    parallel_plan
    first_calls
fi
