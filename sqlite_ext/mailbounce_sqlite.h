/*
 * mailbounce_sqlite.h - for programs that link mailbounce in instead of loading it.
 *
 * Compile the files of core/, the generated tables and sqlite_ext/mailbounce.c with -DSQLITE_CORE, then call
 * sqlite3_mailbounce_init(db, NULL, NULL), or give it to sqlite3_auto_extension().
 */
#ifndef MAILBOUNCE_SQLITE_H
#define MAILBOUNCE_SQLITE_H

#include <sqlite3.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sqlite3_api_routines sqlite3_api_routines;

int sqlite3_mailbounce_init(sqlite3 *db, char **message, const sqlite3_api_routines *api);

#ifdef __cplusplus
}
#endif
#endif
