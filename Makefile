# mailbounce: PGXS for PostgreSQL, plain goals for everything else.
#
#   make demo      installs what is missing, builds the SQLite extension, runs the main job
#   make test      installs what is missing, builds both extensions, runs all tests
#   make sqlite    build/sqlite/mailbounce.so
#   make, make install, make installcheck: the PostgreSQL extension (PG_CONFIG=... chooses the server)
#
#   make help      lists the rest

# the folder of this file: builds outside the tree work (make -f /path/Makefile)
srcdir := $(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST))))
EXTENSION_NAME = mailbounce
EXTVERSION := $(shell sed -n 's/^default_version *= *.\([^ ]*\).$$/\1/p' $(srcdir)/pg_ext/mailbounce.control)

# goals that need no PostgreSQL; anything else is PGXS's
OWN_GOALS = help sqlite demo test test-core test-sqlite test-postgres test-sanitize test-versions accuracy rules \
	rules-report bench bench-measure bench-state explain format fuzz worst report report-bars report-sample \
	test-report test-writers soak bench-scale

# `make clean` works without PostgreSQL too
ifeq ($(shell $(or $(PG_CONFIG),pg_config) --pgxs 2>/dev/null),)
OWN_GOALS += clean
endif

ifneq ($(filter $(OWN_GOALS) build/%,$(MAKECMDGOALS)),)
PGXS_WANTED =
else
PGXS_WANTED = yes
endif

.PHONY: $(OWN_GOALS)

include $(srcdir)/core/core.mk

ifdef PGXS_WANTED
include $(srcdir)/pg_ext/pg.mk
else
include $(srcdir)/sqlite_ext/sqlite.mk
include $(srcdir)/tests/tests.mk
include $(srcdir)/report/report.mk

help:
	@awk '/^#/ { sub(/^# ?/, ""); print; next } { exit }' $(srcdir)/Makefile
	@echo 'test-core test-sqlite test-postgres   parts of make test'
	@echo 'report DB=list.db OUT=report.html     a contact list as a page (PostgreSQL: DB=postgresql:///name); report-bars: in the terminal;'
	@echo '                                      report-sample: of a made-up list; test-report: its tests with a browser, and pictures'
	@echo 'test-sanitize                         under ASan, UBSan and valgrind'
	@echo 'test-versions                         in chroots of Debian 12, 13 and unstable (as root)'
	@echo 'test-writers TRANSACTIONS=1000 CRASHES=30  many writers and crashes, longer than in make test'
	@echo 'rules                                 every check of the rule files'
	@echo 'accuracy CORPUS=file.tsv              measures a labelled corpus'
	@echo 'rules-report FILE=file.txt            which rules win over a file of diagnostics'
	@echo 'TEXT=... make explain                 explains one diagnostic'
	@echo 'bench ROWS=1000000 ROUNDS=5           what classifying costs, in ratios (SECTIONS="core worst sqlite postgres rules peers")'
	@echo 'bench-state                           what bounce_state costs, in ratios'
	@echo 'bench-scale                           what the contact list costs in PostgreSQL, per million events'
	@echo 'fuzz FUZZ_SECONDS=60                  libFuzzer over diagnostics, rules, the matcher and addresses (needs clang)'
	@echo 'worst                                 time per byte of texts made to be slow'
	@echo 'soak MINUTES=30                       reads and writes for long: throughput, memory'
	@echo 'format                                clang-format over all C'

clean:
	rm -rf build

format:
	clang-format -i $(wildcard $(srcdir)/core/*.[ch] $(srcdir)/core/generate/*.[ch] $(srcdir)/sqlite_ext/*.[ch] $(srcdir)/tests/*.c \
		$(srcdir)/tests/*/*.[ch])
endif
