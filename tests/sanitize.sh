#!/bin/sh
# sanitize.sh - core and SQLite tests under AddressSanitizer and UndefinedBehaviorSanitizer, the core under valgrind.
# Builds in build/sanitize, out of the tree's ordinary objects.
set -eu
LC_ALL=C
export LC_ALL
top=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$top/build/sanitize"
cd "$top/build/sanitize"

flags='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
make -s -f "$top/Makefile" SANITIZE="$flags" test-core

# the sqlite3 shell is not instrumented: the runtime comes in by LD_PRELOAD; the shell's own leaks are not ours
make -s -f "$top/Makefile" SANITIZE="$flags" sqlite build/test/ask build/test/static_link
cat >sqlite3 <<SHELL
#!/bin/sh
LD_PRELOAD=$(gcc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0 exec $(command -v sqlite3) "\$@"
SHELL
chmod +x sqlite3
PATH=$PWD:$PATH MAILBOUNCE_SOURCE=$top prove "$top/tests/sqlite"

command -v valgrind >/dev/null || apt-get -qq install valgrind >/dev/null
mkdir -p plain
cd plain
units="build/test/text_test build/test/fold_test build/test/names_test build/test/reply_test build/test/time_test build/test/policy_test build/test/engine_test"
# shellcheck disable=SC2086
make -s -f "$top/Makefile" build/test/ask $units
for command in "build/test/ask cases $top/tests/cases/what_decides.tsv $top/tests/cases/traps.tsv" $units; do
    echo "valgrind $command"
    # shellcheck disable=SC2086
    valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=all $command >/dev/null
done
echo "Clean under AddressSanitizer, UndefinedBehaviorSanitizer and valgrind."
