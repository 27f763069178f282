/*
 * noop_postgres.c - functions that do nothing with their arguments: what PostgreSQL itself costs. For benchmarks only.
 *
 * noop_step is an aggregate's step; touch reads the length and one byte of a text.
 */
#include "postgres.h"

#include "fmgr.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(noop_step);

Datum
noop_step(PG_FUNCTION_ARGS)
{
    PG_RETURN_INT64(PG_GETARG_INT64(0) + VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(1)) + PG_GETARG_INT64(2) % 2 +
                    VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(3)));
}

PG_FUNCTION_INFO_V1(touch);

Datum
touch(PG_FUNCTION_ARGS)
{
    text *value = PG_GETARG_TEXT_PP(0);
    int len = VARSIZE_ANY_EXHDR(value);

    PG_RETURN_INT32(len > 0 ? (unsigned char)VARDATA_ANY(value)[len - 1] : 0);
}
