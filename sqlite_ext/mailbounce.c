/*
 * sqlite_ext/mailbounce.c - the SQLite binding.
 *
 * What it does: fetches arguments, asks the core, hands answers and errors over. What it must not
 * know: categories, rules, how an answer is found. Works as a loadable extension and linked in
 * (SQLITE_CORE); needs SQLite 3.31 for SQLITE_INNOCUOUS, and says so.
 *
 * Each connection has one engine, shared by its functions and freed with the last of them.
 */
#ifdef SQLITE_CORE
#include "sqlite3.h"
#else
#include "sqlite3ext.h"
SQLITE_EXTENSION_INIT1
#endif

#include <string.h>

#include "mailbounce.h"

#define MINIMUM_VERSION 3031000

#if defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#elif defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT
#endif

/* What the functions of a connection share. A connection runs one thread at a time. */
typedef struct connection {
    bnc_engine *engine;
    int users; /* functions and modules that hold it */
} connection;

static void *
resize(void *context, void *block, size_t size)
{
    (void)context;
    return sqlite3_realloc64(block, size);
}

static void
release(void *context, void *block)
{
    (void)context;
    sqlite3_free(block);
}

static const bnc_allocator allocator = {resize, release, NULL};

static void
leave(void *pointer)
{
    connection *c = pointer;

    if (--c->users > 0)
        return;
    bnc_engine_destroy(c->engine);
    sqlite3_free(c);
}

/* The one place where the core's errors become SQLite's. */
static void
result_error(sqlite3_context *context, bnc_status status, const bnc_error *error)
{
    if (status == BNC_NO_MEMORY)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_error(context, error->message, -1);
}

/* A value's bytes; text and numbers in the database's UTF-8, blobs as they are. False: no memory. */
static bool
slice_of(sqlite3_value *value, bnc_slice *slice)
{
    if (sqlite3_value_type(value) == SQLITE_BLOB)
        slice->data = sqlite3_value_blob(value);
    else
        slice->data = (const char *)sqlite3_value_text(value);
    slice->len = (size_t)sqlite3_value_bytes(value);
    if (slice->data == NULL) {
        if (slice->len > 0 || sqlite3_value_type(value) != SQLITE_BLOB)
            return false;
        slice->data = "";
    }
    return true;
}

/* ---- questions about a diagnostic ---- */

typedef struct ask {
    const char *name;
    bnc_question question;
    bool takes_perspective; /* before the rules */
} ask;

static const ask asks[] = {{"classify_bounce", BNC_ASK_CATEGORY, false},
                           {"bounce_event_of", BNC_ASK_EVENT, false},
                           {"bounce_type", BNC_ASK_TYPE, true},
                           {"bounce_action", BNC_ASK_ACTION, false},
                           {"bounce_explain", BNC_ASK_EXPLAIN, true}};

#define N_ASKS (sizeof(asks) / sizeof(asks[0]))

/* SQLite gives a function one pointer: this is the question and the connection. */
typedef struct asked {
    const ask *ask;
    connection *connection;
} asked;

static void
leave_asked(void *pointer)
{
    asked *a = pointer;

    leave(a->connection);
    sqlite3_free(a);
}

static void
answer(sqlite3_context *context, int n, sqlite3_value **values)
{
    const asked *a = sqlite3_user_data(context);
    int optional = a->ask->takes_perspective ? 1 : 0;
    bnc_slice slices[3];
    const bnc_slice *given[3] = {NULL, NULL, NULL};
    bnc_slice result;
    bnc_error error;
    bnc_status status;
    bool lasting;
    int i;

    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    for (i = 0; i < n; i++) {
        if (sqlite3_value_type(values[i]) == SQLITE_NULL)
            continue;
        if (!slice_of(values[i], &slices[i])) {
            sqlite3_result_error_nomem(context);
            return;
        }
        given[i] = &slices[i];
    }
    status = bnc_answer(a->connection->engine, a->ask->question, slices[0],
                        a->ask->takes_perspective ? given[1] : NULL, given[1 + optional], &result, &lasting, &error);
    if (status != BNC_OK)
        result_error(context, status, &error);
    else
        sqlite3_result_text(context, result.data, (int)result.len, lasting ? SQLITE_STATIC : SQLITE_TRANSIENT);
}

static void
version(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    (void)values;
    sqlite3_result_text(context, BNC_VERSION, -1, SQLITE_STATIC);
}

static void
rules_version(sqlite3_context *context, int n, sqlite3_value **values)
{
    bnc_slice text = bnc_rules_version();

    (void)n;
    (void)values;
    sqlite3_result_text(context, text.data, (int)text.len, SQLITE_STATIC);
}

/* ---- bounce_categories: an eponymous table, read-only ---- */

enum { CATEGORY, DEFINITION_EN, DEFINITION_ZH, ACTION, ADVICE_EN, ADVICE_ZH, TYPE, TYPE_4XX, TYPE_5XX };

typedef struct cursor {
    sqlite3_vtab_cursor base;
    int row;
} cursor;

static int
table_connect(sqlite3 *db, void *data, int n, const char *const *arguments, sqlite3_vtab **table, char **message)
{
    int rc;

    (void)data;
    (void)n;
    (void)arguments;
    (void)message;
    rc = sqlite3_declare_vtab(db, "CREATE TABLE x(category TEXT, definition_en TEXT, definition_zh TEXT, action TEXT,"
                                  " advice_en TEXT, advice_zh TEXT, type TEXT, type_4xx TEXT, type_5xx TEXT)");
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    *table = sqlite3_malloc(sizeof(**table));
    if (*table == NULL)
        return SQLITE_NOMEM;
    memset(*table, 0, sizeof(**table));
    return SQLITE_OK;
}

static int
table_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int
table_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = bnc_category_count();
    info->estimatedRows = bnc_category_count();
    return SQLITE_OK;
}

static int
cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **opened)
{
    cursor *c = sqlite3_malloc(sizeof(*c));

    (void)table;
    if (c == NULL)
        return SQLITE_NOMEM;
    memset(c, 0, sizeof(*c));
    *opened = &c->base;
    return SQLITE_OK;
}

static int
cursor_close(sqlite3_vtab_cursor *c)
{
    sqlite3_free(c);
    return SQLITE_OK;
}

static int
cursor_filter(sqlite3_vtab_cursor *c, int number, const char *text, int n, sqlite3_value **values)
{
    (void)number;
    (void)text;
    (void)n;
    (void)values;
    ((cursor *)c)->row = 0;
    return SQLITE_OK;
}

static int
cursor_next(sqlite3_vtab_cursor *c)
{
    ((cursor *)c)->row++;
    return SQLITE_OK;
}

static int
cursor_eof(sqlite3_vtab_cursor *c)
{
    return ((cursor *)c)->row >= bnc_category_count();
}

static int
cursor_column(sqlite3_vtab_cursor *c, sqlite3_context *context, int column)
{
    bnc_category_info info = bnc_category(((cursor *)c)->row);
    bnc_slice text = {NULL, 0};

    switch (column) {
    case CATEGORY:
        text = info.name;
        break;
    case DEFINITION_EN:
        text = info.definition_en;
        break;
    case DEFINITION_ZH:
        text = info.definition_zh;
        break;
    case ACTION:
        text = info.action;
        break;
    case ADVICE_EN:
        text = info.advice_en;
        break;
    case ADVICE_ZH:
        text = info.advice_zh;
        break;
    case TYPE:
        text = bnc_type_name(info.type);
        break;
    case TYPE_4XX:
        text = bnc_type_name(info.type_4xx);
        break;
    case TYPE_5XX:
        text = bnc_type_name(info.type_5xx);
        break;
    }
    sqlite3_result_text(context, text.data, (int)text.len, SQLITE_STATIC);
    return SQLITE_OK;
}

static int
cursor_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *rowid)
{
    *rowid = ((cursor *)c)->row;
    return SQLITE_OK;
}

/* xCreate is missing: the table is there without CREATE VIRTUAL TABLE, and only so. */
static const sqlite3_module categories_module = {.iVersion = 0,
                                                 .xConnect = table_connect,
                                                 .xBestIndex = table_best_index,
                                                 .xDisconnect = table_disconnect,
                                                 .xOpen = cursor_open,
                                                 .xClose = cursor_close,
                                                 .xFilter = cursor_filter,
                                                 .xNext = cursor_next,
                                                 .xEof = cursor_eof,
                                                 .xColumn = cursor_column,
                                                 .xRowid = cursor_rowid};

/* ---- registration ---- */

#define PURE (SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS)

/* One function for each number of arguments, so that SQLite itself reports a wrong number. */
static int
register_ask(sqlite3 *db, connection *c, const ask *question)
{
    int most = question->takes_perspective ? 3 : 2;
    int rc = SQLITE_OK;
    asked *a;
    int n;

    for (n = 1; n <= most && rc == SQLITE_OK; n++) {
        a = sqlite3_malloc(sizeof(*a));
        if (a == NULL)
            return SQLITE_NOMEM;
        a->ask = question;
        a->connection = c;
        c->users++;
        /* on failure SQLite has called leave_asked already */
        rc = sqlite3_create_function_v2(db, question->name, n, PURE, a, answer, NULL, NULL, leave_asked);
    }
    return rc;
}

static int
register_all(sqlite3 *db, connection *c)
{
    int rc = SQLITE_OK;
    size_t i;

    for (i = 0; i < N_ASKS && rc == SQLITE_OK; i++)
        rc = register_ask(db, c, &asks[i]);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "mailbounce_version", 0, PURE, NULL, version, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "bounce_rules_version", 0, PURE, NULL, rules_version, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_module_v2(db, "bounce_categories", &categories_module, NULL, NULL);
    return rc;
}

EXPORT int
sqlite3_mailbounce_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
    connection *c;
    int rc;

#ifdef SQLITE_CORE
    (void)api;
#else
    SQLITE_EXTENSION_INIT2(api);
#endif
    if (sqlite3_libversion_number() < MINIMUM_VERSION) {
        if (message != NULL)
            *message = sqlite3_mprintf("mailbounce needs SQLite 3.31 or newer, this is %s", sqlite3_libversion());
        return SQLITE_ERROR;
    }
    c = sqlite3_malloc(sizeof(*c));
    if (c == NULL)
        return SQLITE_NOMEM;
    c->users = 1;
    c->engine = NULL;
    rc = bnc_engine_create(&allocator, bnc_builtin_rules(), &c->engine) == BNC_OK ? register_all(db, c) : SQLITE_NOMEM;
    leave(c);
    if (rc != SQLITE_OK && message != NULL)
        *message = sqlite3_mprintf("mailbounce can't be registered: %s", sqlite3_errstr(rc));
    return rc;
}
