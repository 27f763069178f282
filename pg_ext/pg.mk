# pg.mk - the PostgreSQL extension, by PGXS: all, install, uninstall, installcheck, clean.
# PG_CONFIG=... chooses the server, DESTDIR= the root; objects are in build/pg.

PG_CONFIG ?= pg_config
ifeq ($(shell $(PG_CONFIG) --pgxs 2>/dev/null),)
$(error $(PG_CONFIG) is missing: install postgresql-server-dev-NN, or set PG_CONFIG. SQLite needs none: make sqlite)
endif

# make would take the objects of a built source tree for those of this folder
ifneq ($(srcdir),.)
ifneq ($(wildcard $(srcdir)/build/pg),)
$(error to build outside the tree, clean it first: make -C $(srcdir) clean)
endif
endif

EXTENSION = pg_ext/mailbounce
DATA = sql/mailbounce--$(EXTVERSION).sql
MODULE_big = mailbounce
OBJS = $(CORE_SOURCES:%=build/pg/core/%.o) $(GENERATED:build/generated/%.c=build/pg/generated/%.o) \
	build/pg/pg_ext/mailbounce.o build/pg/pg_ext/state.o
PG_CPPFLAGS = $(CORE_CPPFLAGS)
PG_CFLAGS = -std=gnu11
SHLIB_LINK = $(CORE_LIBS)
REGRESS = mailbounce
REGRESS_OPTS = --inputdir=$(srcdir)/tests/regress
EXTRA_CLEAN = build results regression.diffs regression.out

.DEFAULT_GOAL := all
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# objects of another server are never taken for this one's
PG_STAMP = build/pg/server
PG_VERSION_LINE := $(shell $(PG_CONFIG) --version --bindir | tr '\n' ' ')
$(shell mkdir -p build/pg/core build/pg/generated build/pg/pg_ext; \
	[ "$$(cat $(PG_STAMP) 2>/dev/null)" = "$(PG_VERSION_LINE)" ] || echo "$(PG_VERSION_LINE)" > $(PG_STAMP))

# the core stays inside the library; what SQL calls is exported by PGDLLEXPORT or, before 16, by default
build/pg/core/%.o build/pg/generated/%.o: CFLAGS += -fvisibility=hidden

$(OBJS) $(OBJS:.o=.bc): $(PG_STAMP) $(CORE_HEADERS) $(GENERATED_HEADERS) $(srcdir)/pg_ext/pg.mk $(srcdir)/pg_ext/binding.h

build/pg/%.o: $(srcdir)/%.c
	$(CC) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

build/pg/generated/%.o: build/generated/%.c
	$(CC) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

build/pg/%.bc: $(srcdir)/%.c
	$(COMPILE.c.bc) $(CCFLAGS) $(CPPFLAGS) -fPIC -c -o $@ $<

build/pg/generated/%.bc: build/generated/%.c
	$(COMPILE.c.bc) $(CCFLAGS) $(CPPFLAGS) -fPIC -c -o $@ $<
