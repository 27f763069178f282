/*
 * sqlite_ext/state.c - states of contacts in SQLite: aggregates, which are window functions too, and functions of
 * stored histories, which are BLOBs.
 *
 * What it does: moves events, times and histories between SQLite and the core. What it must not
 * know: what an event, a policy or the bytes of a history mean.
 */
#include "binding.h"

#include "state.h"

/* ---- arguments and results ---- */

/* The slice of an argument that may be missing or NULL. False: no memory. */
static bool
optional_slice(int n, sqlite3_value **values, int i, bnc_slice *slice, const bnc_slice **given)
{
    *given = NULL;
    if (i >= n || sqlite3_value_type(values[i]) == SQLITE_NULL)
        return true;
    *given = slice;
    return value_slice(values[i], slice);
}

/* A time: ISO-8601 text, or a number under SQLite's own rule. */
static bnc_status
value_time(sqlite3_value *value, int64_t *at, bnc_error *error)
{
    bnc_slice text;

    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        return bnc_time_of_integer(sqlite3_value_int64(value), at, error);
    case SQLITE_FLOAT:
        return bnc_time_of_real(sqlite3_value_double(value), at, error);
    default:
        return value_slice(value, &text) ? bnc_time_read(text, at, error) : BNC_NO_MEMORY;
    }
}

/* An event with its time; *given is false when one of them is NULL. */
static bnc_status
value_event(bnc_states *states, sqlite3_value **values, bool *given, bnc_event *event, int64_t *at, bnc_error *error)
{
    bnc_slice text;
    bnc_status status;

    *given = sqlite3_value_type(values[0]) != SQLITE_NULL && sqlite3_value_type(values[1]) != SQLITE_NULL;
    if (!*given)
        return BNC_OK;
    if (!value_slice(values[0], &text))
        return BNC_NO_MEMORY;
    status = bnc_event_of(states, text, event, error);
    return status == BNC_OK ? value_time(values[1], at, error) : status;
}

static void
result_history(sqlite3_context *context, bnc_slice history)
{
    sqlite3_result_blob(context, history.data, (int)history.len, SQLITE_TRANSIENT);
}

/* What an answer about a contact may be. */
typedef enum form { FORM_STATE, FORM_SUMMARY, FORM_SENDABLE } form;

static void
result_summary(sqlite3_context *context, bnc_states *states, const bnc_summary *summary, form wanted)
{
    bnc_slice text;

    switch (wanted) {
    case FORM_STATE:
        text = bnc_state_name(summary->state);
        sqlite3_result_text(context, text.data, (int)text.len, SQLITE_STATIC);
        break;
    case FORM_SUMMARY:
        if (bnc_summary_write(states, summary, &text) != BNC_OK)
            sqlite3_result_error_nomem(context);
        else
            sqlite3_result_text(context, text.data, (int)text.len, SQLITE_TRANSIENT);
        break;
    case FORM_SENDABLE:
        sqlite3_result_int(context, summary->sendable);
        break;
    }
}

static bnc_states *
states_of(sqlite3_context *context)
{
    return ((connection *)sqlite3_user_data(context))->states;
}

/* ---- functions of stored histories ---- */

/* The bytes of a history argument; NULL is none given. */
static bnc_status
value_history(sqlite3_value *value, bnc_slice *slice, const bnc_slice **history, bnc_error *error)
{
    *history = NULL;
    if (sqlite3_value_type(value) == SQLITE_NULL)
        return BNC_OK;
    *history = slice;
    if (sqlite3_value_type(value) != SQLITE_BLOB) {
        sqlite3_snprintf(sizeof(error->message), error->message, "a history is a BLOB, as bounce_history() gives it");
        return BNC_BAD_ARGUMENT;
    }
    return value_slice(value, slice) ? BNC_OK : BNC_NO_MEMORY;
}

/* (history, event, at): a NULL history is empty, a NULL event or time is skipped. */
static void
history_add(sqlite3_context *context, int n, sqlite3_value **values)
{
    bnc_states *states = states_of(context);
    const bnc_slice *history;
    bnc_slice slice, result;
    bnc_status status;
    bnc_error error;
    bnc_event event;
    int64_t at;
    bool given;

    (void)n;
    status = value_history(values[0], &slice, &history, &error);
    if (status == BNC_OK)
        status = value_event(states, values + 1, &given, &event, &at, &error);
    if (status == BNC_OK && !given) {
        sqlite3_result_value(context, values[0]);
        return;
    }
    if (status == BNC_OK)
        status = bnc_history_add(states, history, event, at, &result, &error);
    if (status != BNC_OK)
        result_error(context, status, &error);
    else
        result_history(context, result);
}

/* (a, b): a NULL history is empty. */
static void
history_union(sqlite3_context *context, int n, sqlite3_value **values)
{
    const bnc_slice *a, *b;
    bnc_slice first, second, result;
    bnc_status status;
    bnc_error error;

    (void)n;
    status = value_history(values[0], &first, &a, &error);
    if (status == BNC_OK)
        status = value_history(values[1], &second, &b, &error);
    if (status == BNC_OK && a == NULL && b == NULL)
        return;
    if (status == BNC_OK)
        status = bnc_history_merge(states_of(context), a, b, &result, &error);
    if (status != BNC_OK)
        result_error(context, status, &error);
    else
        result_history(context, result);
}

/* (history [, policy]) */
static void
of_history(sqlite3_context *context, int n, sqlite3_value **values, form wanted)
{
    bnc_states *states = states_of(context);
    const bnc_slice *history, *policy;
    bnc_slice first, second;
    bnc_summary summary;
    bnc_status status;
    bnc_error error;

    status = value_history(values[0], &first, &history, &error);
    if (status == BNC_OK && !optional_slice(n, values, 1, &second, &policy))
        status = BNC_NO_MEMORY;
    if (status == BNC_OK)
        status = bnc_state_of(states, history, policy, &summary, &error);
    if (status != BNC_OK)
        result_error(context, status, &error);
    else
        result_summary(context, states, &summary, wanted);
}

static void
state_of(sqlite3_context *context, int n, sqlite3_value **values)
{
    of_history(context, n, values, FORM_STATE);
}

static void
summary_of(sqlite3_context *context, int n, sqlite3_value **values)
{
    of_history(context, n, values, FORM_SUMMARY);
}

static void
sendable_of(sqlite3_context *context, int n, sqlite3_value **values)
{
    of_history(context, n, values, FORM_SENDABLE);
}

/* ---- aggregates ---- */

/*
 * SQLite zeroes this for each group or window. Nobody tells in advance whether rows will be taken out again, so that
 * the tally is a moving one. The answers of a frame that only grows come from a bounded one beside it, made at the
 * first of them: a moving tally grows with the frame, and so would the cost of each answer.
 */
typedef struct group {
    bnc_tally *tally;
    bnc_tally *growing; /* NULL: no answer yet in a window, or rows were taken out */
    bool shrunk;        /* rows were taken out */
    const bnc_allocator *memory;
} group;

static group *
group_of(sqlite3_context *context)
{
    group *g = sqlite3_aggregate_context(context, sizeof(*g));

    if (g == NULL)
        sqlite3_result_error_nomem(context);
    return g;
}

/* The tally, made at the first row: moving, since nobody tells whether rows will be taken out. */
static bnc_status
open_tally(group *g)
{
    if (g->tally != NULL)
        return BNC_OK;
    g->memory = &sqlite_allocator;
    return bnc_tally_create(g->memory, true, &g->tally);
}

/* (event, at [, policy]); NULL events and times are skipped, the policy counts all the same. */
static void
step(sqlite3_context *context, int n, sqlite3_value **values)
{
    bnc_states *states = states_of(context);
    group *g = group_of(context);
    const bnc_slice *policy;
    bnc_slice slice;
    bnc_status status;
    bnc_error error;
    bnc_event event;
    int64_t at;
    bool given;

    if (g == NULL)
        return;
    status = open_tally(g);
    if (status == BNC_OK && n > 2) {
        status = optional_slice(n, values, 2, &slice, &policy) ? BNC_OK : BNC_NO_MEMORY;
        if (status == BNC_OK)
            status = bnc_tally_policy(states, g->tally, policy, &error);
    }
    if (status == BNC_OK)
        status = value_event(states, values, &given, &event, &at, &error);
    if (status == BNC_OK && given)
        status = bnc_tally_add(states, g->memory, &g->tally, event, at, &error);
    if (status == BNC_OK && given && g->growing != NULL)
        status = bnc_tally_add(states, g->memory, &g->growing, event, at, &error);
    if (status != BNC_OK)
        result_error(context, status, &error);
}

static void
release_growing(group *g)
{
    if (g->growing != NULL)
        bnc_tally_release(g->memory, g->growing);
    g->growing = NULL;
}

static void
inverse(sqlite3_context *context, int n, sqlite3_value **values)
{
    group *g = group_of(context);
    bnc_status status;
    bnc_error error;
    bnc_event event;
    int64_t at;
    bool given;

    (void)n;
    if (g == NULL || g->tally == NULL)
        return;
    g->shrunk = true;
    release_growing(g);
    status = value_event(states_of(context), values, &given, &event, &at, &error);
    if (status != BNC_OK)
        result_error(context, status, &error);
    else if (given)
        bnc_tally_remove(g->tally, event, at);
}

/* The aggregate bounce_history_merge(history) */
static void
merge_step(sqlite3_context *context, int n, sqlite3_value **values)
{
    group *g = group_of(context);
    const bnc_slice *history;
    bnc_slice slice;
    bnc_status status;
    bnc_error error;

    (void)n;
    if (g == NULL)
        return;
    status = value_history(values[0], &slice, &history, &error);
    if (status == BNC_OK && g->tally == NULL) {
        g->memory = &sqlite_allocator;
        status = bnc_tally_create(g->memory, false, &g->tally);
    }
    if (status == BNC_OK && history != NULL)
        status = bnc_tally_add_history(states_of(context), g->memory, &g->tally, *history, &error);
    if (status != BNC_OK)
        result_error(context, status, &error);
}

/* The group without making one: there may have been no row. */
static bnc_tally *
tally_of(sqlite3_context *context)
{
    group *g = sqlite3_aggregate_context(context, 0);

    return g != NULL ? g->tally : NULL;
}

/* The tally for one of several answers: in a frame that has only grown, the bounded one. */
static bnc_status
window_tally(sqlite3_context *context, bnc_tally **tally, bnc_error *error)
{
    group *g = sqlite3_aggregate_context(context, 0);
    bnc_status status = BNC_OK;

    *tally = g != NULL ? g->tally : NULL;
    if (*tally == NULL || g->shrunk)
        return BNC_OK;
    if (g->growing == NULL) {
        status = bnc_tally_create(g->memory, false, &g->growing);
        if (status == BNC_OK)
            status = bnc_tally_merge(states_of(context), g->memory, &g->growing, g->tally, error);
    }
    *tally = g->growing;
    return status;
}

static void
release_group(sqlite3_context *context)
{
    group *g = sqlite3_aggregate_context(context, 0);

    if (g != NULL && g->tally != NULL) {
        release_growing(g);
        bnc_tally_release(g->memory, g->tally);
        g->tally = NULL;
    }
}

static void
answer_tally(sqlite3_context *context, form wanted, bool last)
{
    bnc_states *states = states_of(context);
    bnc_tally *tally = tally_of(context);
    bnc_status status = BNC_OK;
    bnc_summary summary;
    bnc_error error;

    if (!last)
        status = window_tally(context, &tally, &error);
    if (status == BNC_OK)
        status = bnc_tally_state(states, tally, &summary, &error);
    if (status != BNC_OK)
        result_error(context, status, &error);
    else
        result_summary(context, states, &summary, wanted);
}

static void
state_value(sqlite3_context *context)
{
    answer_tally(context, FORM_STATE, false);
}

static void
state_final(sqlite3_context *context)
{
    answer_tally(context, FORM_STATE, true);
    release_group(context);
}

static void
summary_value(sqlite3_context *context)
{
    answer_tally(context, FORM_SUMMARY, false);
}

static void
summary_final(sqlite3_context *context)
{
    answer_tally(context, FORM_SUMMARY, true);
    release_group(context);
}

static void
answer_history(sqlite3_context *context, bool last)
{
    bnc_tally *tally = tally_of(context);
    bnc_status status = BNC_OK;
    bnc_slice history;
    bnc_error error;

    if (!last)
        status = window_tally(context, &tally, &error);
    if (status == BNC_OK)
        status = bnc_tally_history(states_of(context), tally, &history);
    if (status != BNC_OK)
        sqlite3_result_error_nomem(context);
    else
        result_history(context, history);
}

static void
history_value(sqlite3_context *context)
{
    answer_history(context, false);
}

static void
history_final(sqlite3_context *context)
{
    answer_history(context, true);
    release_group(context);
}

/* ---- registration ---- */

typedef struct scalar {
    const char *name;
    int arguments;
    void (*function)(sqlite3_context *, int, sqlite3_value **);
} scalar;

typedef struct aggregate {
    const char *name;
    int arguments;
    void (*step)(sqlite3_context *, int, sqlite3_value **);
    void (*final)(sqlite3_context *);
    void (*value)(sqlite3_context *);
    void (*inverse)(sqlite3_context *, int, sqlite3_value **);
} aggregate;

int
register_states(sqlite3 *db, connection *c)
{
    static const scalar scalars[] = {{"bounce_history_add", 3, history_add}, {"bounce_history_merge", 2, history_union},
                                     {"bounce_state_of", 1, state_of},       {"bounce_state_of", 2, state_of},
                                     {"bounce_summary_of", 1, summary_of},   {"bounce_summary_of", 2, summary_of},
                                     {"bounce_sendable_of", 1, sendable_of}, {"bounce_sendable_of", 2, sendable_of}};
    static const aggregate aggregates[] = {{"bounce_state", 2, step, state_final, state_value, inverse},
                                           {"bounce_state", 3, step, state_final, state_value, inverse},
                                           {"bounce_summary", 2, step, summary_final, summary_value, inverse},
                                           {"bounce_summary", 3, step, summary_final, summary_value, inverse},
                                           {"bounce_history", 2, step, history_final, history_value, inverse},
                                           {"bounce_history_merge", 1, merge_step, history_final, NULL, NULL}};
    int rc = SQLITE_OK;
    size_t i;

    for (i = 0; i < sizeof(scalars) / sizeof(scalars[0]) && rc == SQLITE_OK; i++) {
        c->users++;
        rc = sqlite3_create_function_v2(db, scalars[i].name, scalars[i].arguments,
                                        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, c, scalars[i].function,
                                        NULL, NULL, connection_leave);
    }
    for (i = 0; i < sizeof(aggregates) / sizeof(aggregates[0]) && rc == SQLITE_OK; i++) {
        c->users++;
        rc = sqlite3_create_window_function(db, aggregates[i].name, aggregates[i].arguments,
                                            SQLITE_UTF8 | SQLITE_INNOCUOUS, c, aggregates[i].step, aggregates[i].final,
                                            aggregates[i].value, aggregates[i].inverse, connection_leave);
    }
    return rc;
}
