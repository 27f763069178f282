/*
 * sqlite_ext/binding.h - what the files of the SQLite binding share.
 */
#ifndef MAILBOUNCE_SQLITE_BINDING_H
#define MAILBOUNCE_SQLITE_BINDING_H

#ifdef SQLITE_CORE
#include "sqlite3.h"
#else
#include "sqlite3ext.h"
#ifndef MAILBOUNCE_MAIN
SQLITE_EXTENSION_INIT3
#endif
#endif

#include "mailbounce.h"
#include "state.h"

/* SQLite's memory, counted by it. */
extern const bnc_allocator sqlite_allocator;

/* What the functions of a connection share; freed with the last of them. A connection runs one thread at a time. */
typedef struct connection {
    bnc_engine *engine;
    bnc_states *states;
    int users; /* functions and modules that hold it */
} connection;

/* Gives up one hold on the connection; fit to be an xDestroy. */
void connection_leave(void *connection);

/* A value's bytes; text and numbers in UTF-8, blobs as they are. False: no memory. */
bool value_slice(sqlite3_value *value, bnc_slice *slice);

/* The one place where the core's errors become SQLite's. */
void result_error(sqlite3_context *context, bnc_status status, const bnc_error *error);

/* Register what their files hold; each function takes a hold on the connection. */
int register_relations(sqlite3 *db, connection *c);
int register_states(sqlite3 *db, connection *c);

#endif
