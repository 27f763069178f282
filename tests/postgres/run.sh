#!/bin/sh
# run.sh - the tests that need a PostgreSQL server; with_postgres.sh gives one.
set -eu
MAILBOUNCE_SOURCE=$(dirname "$MAILBOUNCE_MAKEFILE")
export MAILBOUNCE_SOURCE
psql -Xq -c "CREATE EXTENSION pgtap"
status=0
pg_prove --ext .sql "$MAILBOUNCE_SOURCE/tests/postgres" || status=1
prove --ext .t "$MAILBOUNCE_SOURCE/tests/postgres" || status=1
exit $status
