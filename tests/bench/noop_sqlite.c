/*
 * noop_sqlite.c - functions that do nothing with their arguments: what SQLite itself costs. For benchmarks only.
 *
 * noop(...) is an aggregate; touch(text) reads the length and one byte.
 */
#include "sqlite3ext.h"

#include <stddef.h>

SQLITE_EXTENSION_INIT1

static void
step(sqlite3_context *context, int n, sqlite3_value **values)
{
    long *count = sqlite3_aggregate_context(context, sizeof(*count));

    if (count != NULL)
        *count += sqlite3_value_bytes(values[0]) + sqlite3_value_int64(values[1]) % 2 + (n > 2 ? sqlite3_value_bytes(values[2]) : 0);
}

static void
final(sqlite3_context *context)
{
    long *count = sqlite3_aggregate_context(context, 0);

    sqlite3_result_int64(context, count != NULL ? *count : 0);
}

static void
touch(sqlite3_context *context, int n, sqlite3_value **values)
{
    const unsigned char *text = sqlite3_value_text(values[0]);
    int len = sqlite3_value_bytes(values[0]);

    (void)n;
    sqlite3_result_int(context, len > 0 ? text[len - 1] : 0);
}

int
sqlite3_noopsqlite_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
    (void)message;
    SQLITE_EXTENSION_INIT2(api);
    if (sqlite3_create_function_v2(db, "touch", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, touch, NULL, NULL, NULL) != SQLITE_OK)
        return SQLITE_ERROR;
    return sqlite3_create_function_v2(db, "noop", -1, SQLITE_UTF8, NULL, NULL, step, final, NULL);
}
