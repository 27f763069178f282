# soak.mk - make soak: one server and one SQLite process under mixed load. Prints a table; fails if memory grows or a state is wrong.
#
#   make soak MINUTES=30

MINUTES ?= 30

.PHONY: soak

soak: sqlite
	@MINUTES=$(MINUTES) $(srcdir)/tests/writers/soak.sh
