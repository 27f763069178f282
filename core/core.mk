# core.mk - the core's sources, and the tables that are generated from core/rules at build time.
# Sets CORE_SOURCES and CORE_CPPFLAGS for the engines; each engine compiles them in a folder of its own.

include $(srcdir)/core/state.mk

CORE_SOURCES = $(STATE_SOURCES) address answer buffer check counts decide engine fold match memo names phrase relations repeats reply rule_reader rule_tables \
	text vocabulary
CORE_CPPFLAGS = -I$(srcdir)/core -Ibuild/generated $(shell pkg-config --cflags libpcre2-8 2>/dev/null)
CORE_LIBS = $(or $(shell pkg-config --libs libpcre2-8 2>/dev/null),-lpcre2-8)
CORE_HEADERS = $(wildcard $(srcdir)/core/*.h)

# the special before the general; within a folder by name, so that it may grow without a change here
RULE_FILES = $(foreach folder,providers servers general languages,$(sort $(wildcard $(srcdir)/core/rules/$(folder)/*.rules)))
VOCABULARY_FILES = $(srcdir)/core/rules/categories.tsv $(srcdir)/core/rules/perspectives.tsv \
	$(srcdir)/core/rules/crosswalk.tsv $(srcdir)/core/rules/mail_domains.tsv

# build tools run on the building machine
CC_FOR_BUILD ?= cc
HOST_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -g -Wall -Wextra
HOST_SOURCES = $(CORE_SOURCES:%=$(srcdir)/core/%.c)

GENERATED_TABLES = build/generated/vocabulary_tables.c $(STATE_GENERATED)
GENERATED = $(GENERATED_TABLES) build/generated/builtin_rules.c
GENERATED_HEADERS = $(GENERATED_TABLES:.c=.h)

build/host build/generated:
	@mkdir -p $@

build/host/vocabulary: $(srcdir)/core/generate/vocabulary.c $(srcdir)/core/generate/table.h | build/host
	$(CC_FOR_BUILD) $(HOST_CFLAGS) -o $@ $<

build/generated/vocabulary_tables.c: build/host/vocabulary $(VOCABULARY_FILES) | build/generated
	build/host/vocabulary $(VOCABULARY_FILES) $@ build/generated/vocabulary_tables.h

build/generated/vocabulary_tables.h: build/generated/vocabulary_tables.c

build/host/rules: $(srcdir)/core/generate/rules.c $(srcdir)/core/generate/heap.h $(HOST_SOURCES) $(CORE_HEADERS) $(GENERATED_TABLES)
	$(CC_FOR_BUILD) $(HOST_CFLAGS) $(CORE_CPPFLAGS) -o $@ $< $(HOST_SOURCES) \
		$(GENERATED_TABLES) $(CORE_LIBS)

# RULES_FLAGS=-k builds in spite of problems in the rules, to try them out
build/generated/builtin_rules.c: build/host/rules $(RULE_FILES)
	build/host/rules $(RULES_FLAGS) $@ $(RULE_FILES)
