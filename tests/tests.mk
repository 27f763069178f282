# tests.mk - goals that check and measure. The PostgreSQL tests call make anew, with PGXS.

TEST_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -g -Wall -Wextra $(SANITIZE)
CORE_ALL = $(HOST_SOURCES) $(GENERATED)
TEST_OBJECTS = $(CORE_SOURCES:%=build/test/core/%.o) $(GENERATED:build/generated/%.c=build/test/generated/%.o)
CASES = $(wildcard $(srcdir)/tests/cases/*.tsv)
UNIT_TESTS = $(patsubst $(srcdir)/tests/unit/%.c,build/test/%,$(wildcard $(srcdir)/tests/unit/*.c))
export MAILBOUNCE_MAKEFILE = $(srcdir)/Makefile
PROVE = cd $(CURDIR) && LC_ALL=C MAILBOUNCE_SOURCE=$(srcdir) prove $(PROVE_FLAGS)

build/test build/test/core build/test/generated:
	@mkdir -p $@

# the core is compiled once for all test programs
build/test/core/%.o: $(srcdir)/core/%.c $(CORE_HEADERS) $(GENERATED_HEADERS) | build/test/core
	$(CC) $(TEST_CFLAGS) $(CORE_CPPFLAGS) -c -o $@ $<

build/test/generated/%.o: build/generated/%.c $(CORE_HEADERS) | build/test/generated
	$(CC) $(TEST_CFLAGS) $(CORE_CPPFLAGS) -c -o $@ $<

build/test/ask: $(srcdir)/tests/ask.c $(TEST_OBJECTS)
	$(CC) $(TEST_CFLAGS) $(CORE_CPPFLAGS) -o $@ $^ $(CORE_LIBS)

build/test/core_run: $(srcdir)/tests/model/core_run.c $(TEST_OBJECTS)
	$(CC) $(TEST_CFLAGS) $(CORE_CPPFLAGS) -o $@ $^ $(CORE_LIBS)

build/test/match_random: $(srcdir)/tests/fuzz/match.c $(srcdir)/tests/fuzz/random.c $(TEST_OBJECTS)
	$(CC) $(TEST_CFLAGS) $(CORE_CPPFLAGS) -o $@ $^ $(CORE_LIBS)

build/test/%: $(srcdir)/tests/unit/%.c $(TEST_OBJECTS) $(wildcard $(srcdir)/tests/unit/*.h) $(srcdir)/tests/fuzz/counting.h
	$(CC) $(TEST_CFLAGS) $(CORE_CPPFLAGS) -o $@ $< $(TEST_OBJECTS) $(CORE_LIBS) -lcmocka

# SQLite and mailbounce in one program, as those do that link it in
build/test/static_link: $(srcdir)/tests/sqlite/static_link.c $(srcdir)/sqlite_ext/mailbounce.c $(srcdir)/sqlite_ext/relations.c $(srcdir)/sqlite_ext/state.c $(TEST_OBJECTS)
	$(CC) $(TEST_CFLAGS) -DSQLITE_CORE $(CORE_CPPFLAGS) -I$(srcdir)/sqlite_ext -o $@ $^ $(CORE_LIBS) -lsqlite3

# ---- for users ----

# the main job, on the bundled bounces
demo:
	@sh $(srcdir)/tests/deps.sh demo
	@$(MAKE) -s -f $(firstword $(MAKEFILE_LIST)) sqlite
	@cd $(srcdir)/demo && sqlite3 -cmd ".load $(abspath build/sqlite/mailbounce)" :memory: < demo.sql

test:
	@sh $(srcdir)/tests/deps.sh test
	@$(MAKE) -s -k -f $(firstword $(MAKEFILE_LIST)) test-core test-sqlite test-postgres
	@echo "All tests passed."

test-core: build/test/ask build/test/core_run build/test/match_random $(UNIT_TESTS)
	@$(PROVE) $(srcdir)/tests/core $(srcdir)/tests/model

test-sqlite: sqlite build/test/ask build/test/static_link
	@$(PROVE) $(srcdir)/tests/sqlite

test-postgres: sqlite build/test/ask
	@$(srcdir)/tests/with_postgres.sh $(srcdir)/tests/postgres/run.sh

# many writers and crashes, longer than in make test: TRANSACTIONS=1000 of each writer, CRASHES=30
TRANSACTIONS ?= 1000
CRASHES ?= 30
test-writers: sqlite
	@TRANSACTIONS=$(TRANSACTIONS) CRASHES=$(CRASHES); export TRANSACTIONS CRASHES; $(PROVE) $(srcdir)/tests/sqlite/writers.t && \
		MAILBOUNCE_SOURCE=$(srcdir) $(srcdir)/tests/with_postgres.sh prove $(PROVE_FLAGS) $(srcdir)/tests/postgres/writers.t

# core and SQLite under ASan and UBSan, the core under valgrind
test-sanitize:
	@sh $(srcdir)/tests/sanitize.sh

# Debian 12, 13 and unstable with PostgreSQL 15, 17 and 18, in chroots made by debootstrap (as root)
test-versions:
	@sh $(srcdir)/tests/versions.sh

# ---- for people who write rules ----

# every check of the rule files: syntax, dead and shadowed rules
rules: build/generated/builtin_rules.c

# TEXT='550 5.1.1 ...' make explain
explain: build/test/ask
	@printf '%s' "$$TEXT" | build/test/ask explain

# make accuracy CORPUS=file.tsv
accuracy: build/test/ask
	@build/test/ask accuracy $(CORPUS)

# which rules win over a file of diagnostics, one a line, and what falls through: make rules-report FILE=file.txt
rules-report: build/test/ask
	@build/test/ask report $(FILE)

# ---- benchmarks: ratios measured side by side, never a test ----

# bounce_state against count(*), an aggregate that does nothing, and a window query: CONTACTS=1000000 ROUNDS=3
bench-state: sqlite
	@$(srcdir)/tests/bench/state.sh

include $(srcdir)/tests/bench/bench.mk

include $(srcdir)/tests/fuzz/fuzz.mk

include $(srcdir)/tests/writers/soak.mk
