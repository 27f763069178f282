# mailbounce: PGXS for PostgreSQL, plain goals for everything else.
#
#   make demo      installs what is missing, builds the SQLite extension, runs the main job
#   make test      installs what is missing, builds both extensions, runs all tests
#   make sqlite    build/sqlite/mailbounce.so
#   make, make install, make installcheck: the PostgreSQL extension (PG_CONFIG=... chooses the server)
#
# `make help` lists the rest.

# the folder of this file: builds outside the tree work (make -f /path/Makefile)
srcdir := $(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST))))
EXTENSION_NAME = mailbounce
EXTVERSION := $(shell sed -n 's/^default_version *= *.\([^ ]*\).$$/\1/p' $(srcdir)/pg_ext/mailbounce.control)

# goals that need no PostgreSQL; anything else is PGXS's
OWN_GOALS = help sqlite demo test test-core test-sqlite test-postgres test-sanitize test-versions accuracy rules \
	rules-report bench-state explain deps-demo deps-test clean-build format dist

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
endif
