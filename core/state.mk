# state.mk - the part of the core that finds states: its sources, and the tables that are generated for it.
# Only variables and the rules of those tables; core.mk includes it and adds the sources to its own.

STATE_SOURCES = event history message policy replay states summary tally time
STATE_GENERATED = build/generated/event_tables.c
STATE_FILES = $(srcdir)/core/rules/event_codes.tsv $(srcdir)/core/rules/categories.tsv $(srcdir)/core/rules/policies.tsv

build/host/events: $(srcdir)/core/generate/events.c $(srcdir)/core/generate/table.h $(srcdir)/core/event_hash.h | build/host
	$(CC_FOR_BUILD) $(HOST_CFLAGS) -I$(srcdir)/core -o $@ $<

build/generated/event_tables.c: build/host/events $(STATE_FILES) | build/generated
	build/host/events $(STATE_FILES) $@ build/generated/event_tables.h

build/generated/event_tables.h: build/generated/event_tables.c
