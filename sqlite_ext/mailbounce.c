/*
 * sqlite_ext/mailbounce.c - the SQLite binding.
 *
 * What it does: fetches arguments, asks the core, hands answers and errors over. What it must not
 * know: categories, rules, how an answer is found. Works as a loadable extension and linked in
 * (SQLITE_CORE); needs SQLite 3.31 for SQLITE_INNOCUOUS, and says so.
 *
 * Each connection has one engine, shared by its functions and freed with the last of them.
 */
#define MAILBOUNCE_MAIN
#include "binding.h"

#ifndef SQLITE_CORE
SQLITE_EXTENSION_INIT1
#endif

#define MINIMUM_VERSION 3031000

#if defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#elif defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT
#endif

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

const bnc_allocator sqlite_allocator = {resize, release, NULL};

void
connection_leave(void *pointer)
{
    connection *c = pointer;

    if (--c->users > 0)
        return;
    bnc_states_destroy(c->states);
    bnc_engine_destroy(c->engine);
    sqlite3_free(c);
}

void
result_error(sqlite3_context *context, bnc_status status, const bnc_error *error)
{
    if (status == BNC_NO_MEMORY)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_error(context, error->message, -1);
}

bool
value_slice(sqlite3_value *value, bnc_slice *slice)
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

    connection_leave(a->connection);
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
        if (!value_slice(values[i], &slices[i])) {
            sqlite3_result_error_nomem(context);
            return;
        }
        given[i] = &slices[i];
    }
    status = bnc_answer(a->connection->engine, a->ask->question, slices[0], a->ask->takes_perspective ? given[1] : NULL,
                        given[1 + optional], &result, &lasting, &error);
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

/* ---- bounce_counts: an aggregate, and a window function ---- */

typedef bnc_status (*count_fn)(bnc_engine *, uint64_t *, bnc_slice, const bnc_slice *, bnc_error *);

/* (diagnostic [, rules]); NULL diagnostics are not counted. SQLite zeroes the counts for each group or window. */
static void
count(sqlite3_context *context, int n, sqlite3_value **values, count_fn change)
{
    connection *c = sqlite3_user_data(context);
    uint64_t *counts = sqlite3_aggregate_context(context, bnc_category_count() * (int)sizeof(*counts));
    bool ruled = n > 1 && sqlite3_value_type(values[1]) != SQLITE_NULL;
    bnc_slice diagnostic, rules;
    bnc_status status;
    bnc_error error;

    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    if (counts == NULL || !value_slice(values[0], &diagnostic) || (ruled && !value_slice(values[1], &rules))) {
        sqlite3_result_error_nomem(context);
        return;
    }
    status = change(c->engine, counts, diagnostic, ruled ? &rules : NULL, &error);
    if (status != BNC_OK)
        result_error(context, status, &error);
}

static void
counts_step(sqlite3_context *context, int n, sqlite3_value **values)
{
    count(context, n, values, bnc_counts_add);
}

static void
counts_inverse(sqlite3_context *context, int n, sqlite3_value **values)
{
    count(context, n, values, bnc_counts_remove);
}

static void
counts_value(sqlite3_context *context)
{
    connection *c = sqlite3_user_data(context);
    uint64_t *counts = sqlite3_aggregate_context(context, bnc_category_count() * (int)sizeof(*counts));
    bnc_slice json;

    if (counts == NULL || bnc_counts_write(c->engine, counts, &json) != BNC_OK)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, json.data, (int)json.len, SQLITE_TRANSIENT);
}

/* ---- addresses ---- */

static void
email_check(sqlite3_context *context, int n, sqlite3_value **values)
{
    bnc_slice address, text;

    (void)n;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    if (!value_slice(values[0], &address)) {
        sqlite3_result_error_nomem(context);
        return;
    }
    text = bnc_email_check(address);
    sqlite3_result_text(context, text.data, (int)text.len, SQLITE_STATIC);
}

static void
email_suggestion(sqlite3_context *context, int n, sqlite3_value **values)
{
    char text[BNC_ADDRESS_MAX];
    bnc_slice address;
    size_t len;

    (void)n;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    if (!value_slice(values[0], &address)) {
        sqlite3_result_error_nomem(context);
        return;
    }
    len = bnc_email_suggestion(address, text);
    if (len > 0)
        sqlite3_result_text(context, text, (int)len, SQLITE_TRANSIENT);
}

/* ---- other systems' words ---- */

static void
answer_word(sqlite3_context *context, sqlite3_value **values,
            bnc_status (*ask)(bnc_slice, bnc_slice, bnc_slice *, bnc_error *))
{
    bnc_slice first, second, word;
    bnc_status status;
    bnc_error error;

    if (sqlite3_value_type(values[0]) == SQLITE_NULL || sqlite3_value_type(values[1]) == SQLITE_NULL)
        return;
    if (!value_slice(values[0], &first) || !value_slice(values[1], &second)) {
        sqlite3_result_error_nomem(context);
        return;
    }
    status = ask(first, second, &word, &error);
    if (status != BNC_OK)
        result_error(context, status, &error);
    else if (word.len > 0)
        sqlite3_result_text(context, word.data, (int)word.len, SQLITE_STATIC);
}

static void
term(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    answer_word(context, values, bnc_term);
}

static void
from(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    answer_word(context, values, bnc_from);
}

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
register_counts(sqlite3 *db, connection *c)
{
    int rc = SQLITE_OK;
    int n;

    for (n = 1; n <= 2 && rc == SQLITE_OK; n++) {
        c->users++;
        rc = sqlite3_create_window_function(db, "bounce_counts", n, SQLITE_UTF8 | SQLITE_INNOCUOUS, c, counts_step,
                                            counts_value, counts_value, counts_inverse, connection_leave);
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
        rc = sqlite3_create_function_v2(db, "email_check", 1, PURE, NULL, email_check, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "email_suggestion", 1, PURE, NULL, email_suggestion, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "bounce_term", 2, PURE, NULL, term, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "bounce_from", 2, PURE, NULL, from, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = register_counts(db, c);
    if (rc == SQLITE_OK)
        rc = register_relations(db, c);
    return rc == SQLITE_OK ? register_states(db, c) : rc;
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
    c->states = NULL;
    if (bnc_engine_create(&sqlite_allocator, bnc_builtin_rules(), &c->engine) == BNC_OK &&
        bnc_states_create(&sqlite_allocator, c->engine, &c->states) == BNC_OK)
        rc = register_all(db, c);
    else
        rc = SQLITE_NOMEM;
    connection_leave(c);
    if (rc != SQLITE_OK && message != NULL)
        *message = sqlite3_mprintf("mailbounce can't be registered: %s", sqlite3_errstr(rc));
    return rc;
}
