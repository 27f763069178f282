/*
 * noop_postgres.c - an aggregate's step that does nothing with its arguments: what PostgreSQL itself costs. For benchmarks only.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(noop_step);

Datum
noop_step(PG_FUNCTION_ARGS)
{
    PG_RETURN_INT64(PG_GETARG_INT64(0) + VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(1)) + PG_GETARG_INT64(2) % 2 +
                    VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(3)));
}
