# bench.mk - make bench: what classifying costs, in ratios measured side by side. Never a test.
#
#   make bench ROWS=1000000 ROUNDS=5 SECTIONS="core worst sqlite postgres rules peers"

SECTIONS ?= core worst sqlite postgres rules peers
ROWS ?= 1000000
ROUNDS ?= 5
BENCH_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -g -Wall -Wextra
BENCH_HEADERS = $(CORE_HEADERS) $(wildcard $(srcdir)/tests/bench/*.h) $(srcdir)/tests/fuzz/worst_texts.h $(srcdir)/tests/fuzz/counting.h

.PHONY: bench bench-measure

bench:
	@sh $(srcdir)/tests/deps.sh bench
	@$(MAKE) -s -f $(firstword $(MAKEFILE_LIST)) bench-measure

bench-measure: sqlite build/bench/core build/bench/core-wide build/bench/sqlite build/bench/noopsqlite.so build/bench/noop.so build/bench/rows-$(ROWS).txt
	@SECTIONS="$(SECTIONS)" ROWS="$(ROWS)" ROUNDS="$(ROUNDS)" RULE_FILES="$(RULE_FILES)" $(srcdir)/tests/bench/bench.sh

build/bench:
	@mkdir -p $@

build/bench/generate: $(srcdir)/tests/bench/generate.c $(srcdir)/tests/bench/rule_files.h | build/bench
	$(CC) $(BENCH_CFLAGS) -I$(srcdir)/core -o $@ $< -lm

build/bench/rows-$(ROWS).txt: build/bench/generate $(RULE_FILES) $(CASES)
	build/bench/generate $(ROWS) $(RULE_FILES) $(CASES) >$@.new
	mv $@.new $@

build/bench/core: $(srcdir)/tests/bench/core.c $(CORE_ALL) $(BENCH_HEADERS) | build/bench
	$(CC) $(BENCH_CFLAGS) $(CORE_CPPFLAGS) -I$(srcdir)/tests/fuzz -o $@ $< $(CORE_ALL) $(CORE_LIBS)

# the same core with room for ten times the rules
build/bench/core-wide: $(srcdir)/tests/bench/core.c $(CORE_ALL) $(BENCH_HEADERS) | build/bench
	rm -rf build/bench/wide
	mkdir build/bench/wide
	cp $(srcdir)/core/*.[ch] build/bench/wide
	sed -i 's/^#define BNC_RULES_MAX .*/#define BNC_RULES_MAX 65536/' build/bench/wide/rules.h
	$(CC) $(BENCH_CFLAGS) -Ibuild/bench/wide $(CORE_CPPFLAGS) -I$(srcdir)/tests/fuzz -o $@ $< \
		$(patsubst $(srcdir)/core/%,build/bench/wide/%,$(CORE_ALL)) $(CORE_LIBS)

build/bench/noop.so: $(srcdir)/tests/bench/noop_postgres.c | build/bench
	$(CC) -O2 -fPIC -shared -I"$$($(or $(PG_CONFIG),pg_config) --includedir-server)" -o $@ $<

build/bench/sqlite: $(srcdir)/tests/bench/sqlite.c $(srcdir)/tests/bench/rows.h | build/bench
	$(CC) $(BENCH_CFLAGS) -I$(srcdir)/core -o $@ $< -lsqlite3

build/bench/noopsqlite.so: $(srcdir)/tests/bench/noop_sqlite.c | build/bench
	$(CC) -O2 -fPIC -shared -o $@ $<

# what the contact list costs in PostgreSQL, per million events: EVENTS=1000000
bench-scale:
	@MAILBOUNCE_PG_CONF="$$(printf 'fsync = on\nshared_buffers = 1GB\nmax_wal_size = 8GB\n')" $(srcdir)/tests/with_postgres.sh sh -c \
		'psql -Xq -f $(srcdir)/sql/contact_list_postgresql.sql && psql -XqAt -v events=$(or $(EVENTS),1000000) -v per_address=10 -f $(srcdir)/tests/bench/scale.sql'
