# tests.mk - goals that check and measure. They need no pg_config in this make; the PostgreSQL tests call make anew.

TEST_CFLAGS = -std=c11 -O2 -g -Wall -Wextra $(SANITIZE)
CORE_ALL = $(HOST_SOURCES) $(GENERATED)

# every check of the rule files: syntax, dead and shadowed rules
rules: build/generated/builtin_rules.c

build/host/ask: $(srcdir)/tests/ask.c $(CORE_ALL) $(CORE_HEADERS)
	$(CC_FOR_BUILD) $(TEST_CFLAGS) $(CORE_CPPFLAGS) -o $@ $< $(CORE_ALL) $(CORE_LIBS)

# make explain TEXT='550 5.1.1 ...'
explain: build/host/ask
	@printf '%s' "$$TEXT" | build/host/ask explain

# make accuracy CORPUS=file.tsv
accuracy: build/host/ask
	@build/host/ask accuracy $(CORPUS)
