#!/bin/sh
# bench.sh - make bench: builds rows of its own, measures one section after another, prints a table of ratios.
#
#   SECTIONS   which of: core worst sqlite postgres rules peers
#   ROWS       rows that the generator makes (default 1000000)
#   ROUNDS     rounds of each measurement, interleaved (default 5)
#
# Sets nothing up and installs nothing; tests/bench/bench.mk builds the programs before.
set -eu
LC_ALL=C
export LC_ALL
source=$(dirname "$MAILBOUNCE_MAKEFILE")
bench=build/bench
rows=$bench/rows-$ROWS.txt
at_most() { # the least of ROWS and a number
    [ "$ROWS" -lt "$1" ] && echo "$ROWS" || echo "$1"
}

# prints the section's rows of the table as soon as its samples are there
section() { # name, command that prints samples
    name=$1
    shift
    "$@" >"$bench/samples-$name.txt"
    perl "$source/tests/bench/table.pl" "$name" "$source/tests/bench/marks.tsv" <"$bench/samples-$name.txt"
}

# the numbers that repeat exactly: callgrind counts what it sees while one pass runs
instructions() {
    n=$(at_most 10000)
    command -v valgrind >/dev/null || {
        printf 'note\tno valgrind: instructions are not counted\n'
        return 0
    }
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no --toggle-collect=pass_classify "$bench/core" once "$rows" "$n" \
        2>&1 >/dev/null | awk -v n="$n" '/Collected/ { printf "core.instructions\t%.0f\n", $4 / n }'
}

measure_core() {
    "$bench/core" classify "$rows" "$ROWS" "$ROUNDS"
    instructions
    "$bench/core" pcre "$rows" "$(at_most 10000)" "$ROUNDS" $RULE_FILES
    "$bench/core-wide" grow "$rows" "$(at_most 100000)" "$ROUNDS" $RULE_FILES
}

measure_worst() {
    "$bench/core" worst "$ROUNDS"
}

measure_sqlite() {
    "$bench/sqlite" sql "$rows" "$ROWS" "$ROUNDS" build/sqlite/mailbounce "$bench/noopsqlite"
}

# the server runs as another user: what it loads lies where it may read
postgres() { # what, rows, own rules
    work=$(mktemp -d "${TMPDIR:-/tmp}/mailbounce-bench.XXXXXX")
    chmod 755 "$work"
    cp "$bench/noop.so" "$work"
    status=0
    MAILBOUNCE_PG_CONF='shared_buffers = 1GB
max_wal_size = 8GB
autovacuum = off' "$source/tests/with_postgres.sh" "$source/tests/bench/postgres.sh" "$1" "$rows" "$2" "$ROUNDS" "$work/noop.so" "${3:-}" || status=$?
    rm -rf "$work"
    return $status
}

measure_postgres() {
    postgres sql "$ROWS"
}

measure_rules() {
    n=$(at_most 200000)
    "$bench/core" own "$rows" "$n" "$ROUNDS" $RULE_FILES
    "$bench/core" own-rules 50 $RULE_FILES >"$bench/own.rules"
    "$bench/sqlite" own "$rows" "$n" "$ROUNDS" build/sqlite/mailbounce "$bench/noopsqlite" "$bench/own.rules"
    postgres own "$n" "$bench/own.rules"
}

measure_peers() {
    n=$(at_most 10000)
    for _ in $(seq "$ROUNDS"); do
        "$bench/core" alone "$rows" "$n" peers.classify
        perl "$source/tests/bench/sisimai.pl" "$rows" "$n"
    done
}

echo "$ROWS rows, $ROUNDS rounds; medians [least-most] of ratios in the same round; ns are a hint only"
awk '{ n = length($0); sum += n; count[n < 60 ? 0 : n < 120 ? 1 : n < 240 ? 2 : n < 400 ? 3 : 4]++; wide += /[\200-\377]/ }
    END { printf "a row has %.0f bytes; %.0f %% have less than 60, %.0f %% less than 120, %.0f %% less than 240, %.0f %% less than 400; %.1f %% are not all ASCII\n",
        sum / NR, 100 * count[0] / NR, 100 * (count[0] + count[1]) / NR, 100 * (NR - count[3] - count[4]) / NR, 100 * (NR - count[4]) / NR, 100 * wide / NR }' "$rows"
perl "$source/tests/bench/table.pl"
for name in $SECTIONS; do
    section "$name" "measure_$name"
done
