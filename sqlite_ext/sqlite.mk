# sqlite.mk - the SQLite extension. Sets SQLITE_SO; CFLAGS and LDFLAGS are the user's.

SQLITE_SO = build/sqlite/mailbounce.so
CFLAGS ?= -O2 -g
SQLITE_CFLAGS = -std=c11 -Wall -Wextra -fPIC -fvisibility=hidden $(CORE_CPPFLAGS) \
	$(shell pkg-config --cflags sqlite3 2>/dev/null) $(CPPFLAGS) $(CFLAGS) $(SANITIZE)
SQLITE_OBJECTS = $(CORE_SOURCES:%=build/sqlite/core/%.o) $(GENERATED:build/generated/%.c=build/sqlite/generated/%.o) \
	build/sqlite/sqlite_ext/mailbounce.o build/sqlite/sqlite_ext/relations.o build/sqlite/sqlite_ext/state.o

sqlite: $(SQLITE_SO)

$(SQLITE_SO): $(SQLITE_OBJECTS)
	$(CC) -shared $(SANITIZE) $(LDFLAGS) -o $@ $^ $(CORE_LIBS)

build/sqlite/core build/sqlite/sqlite_ext build/sqlite/generated:
	@mkdir -p $@

build/sqlite/core/%.o: $(srcdir)/core/%.c $(CORE_HEADERS) $(GENERATED_HEADERS) | build/sqlite/core
	$(CC) $(SQLITE_CFLAGS) -c -o $@ $<

build/sqlite/sqlite_ext/%.o: $(srcdir)/sqlite_ext/%.c $(srcdir)/sqlite_ext/binding.h $(CORE_HEADERS) $(GENERATED_HEADERS) | build/sqlite/sqlite_ext
	$(CC) $(SQLITE_CFLAGS) -c -o $@ $<

build/sqlite/generated/%.o: build/generated/%.c $(CORE_HEADERS) | build/sqlite/generated
	$(CC) $(SQLITE_CFLAGS) -c -o $@ $<
