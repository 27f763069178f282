/*
 * pg_ext/binding.h - what the files of the PostgreSQL binding share.
 */
#ifndef MAILBOUNCE_PG_BINDING_H
#define MAILBOUNCE_PG_BINDING_H

#include "postgres.h"

#include "fmgr.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "mailbounce.h"

/* Memory from a MemoryContext, without longjmp, so that the core can clean up. */
extern bnc_allocator mailbounce_allocator(MemoryContext context);

/* The backend's engine. */
extern bnc_engine *mailbounce_engine(void);

/* The one place where the core's errors become PostgreSQL's. Version 18 moved the attribute to the front. */
#if PG_VERSION_NUM >= 180000
pg_noreturn extern void mailbounce_throw(bnc_status status, const bnc_error *error);
#else
extern void mailbounce_throw(bnc_status status, const bnc_error *error) pg_attribute_noreturn();
#endif

/* The bytes of a detoasted value. */
static inline bnc_slice
mailbounce_slice(const struct varlena *value)
{
    bnc_slice slice = {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};

    return slice;
}

#endif
