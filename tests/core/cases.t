#!/bin/sh
# all cases through the core; the program prints TAP itself
exec build/test/ask cases "$MAILBOUNCE_SOURCE"/tests/cases/*.tsv
