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

measure_rules() {
    n=$(at_most 200000)
    "$bench/core" own "$rows" "$n" "$ROUNDS" $RULE_FILES
    "$bench/core" own-rules 50 $RULE_FILES >"$bench/own.rules"
    "$bench/sqlite" own "$rows" "$n" "$ROUNDS" build/sqlite/mailbounce "$bench/noopsqlite" "$bench/own.rules"
}

echo "$ROWS rows, $ROUNDS rounds; medians [least-most] of ratios in the same round; ns are a hint only"
perl "$source/tests/bench/table.pl"
for name in $SECTIONS; do
    section "$name" "measure_$name"
done
