/*
 * pg_ext/state.c - states of contacts in PostgreSQL: the type bounce_history, its functions and aggregates.
 *
 * What it does: moves events, times and histories between PostgreSQL and the core. What it must not
 * know: what an event, a policy or the bytes of a history mean.
 */
#include "binding.h"

#include "common/hashfn.h"
#include "datatype/timestamp.h"
#include "libpq/pqformat.h"
#include "nodes/nodes.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "state.h"

/* PostgreSQL counts time from 2000, the core from 1970. */
#define EPOCH_SHIFT ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* Errors of an input function are soft from 16 on, so that pg_input_is_valid works. */
#if PG_VERSION_NUM >= 160000
#define SOFT_ERROR(fcinfo, ...) ereturn((fcinfo)->context, (Datum) 0, __VA_ARGS__)
#else
#define SOFT_ERROR(fcinfo, ...) ereport(ERROR, __VA_ARGS__)
#endif

/* ---- what functions keep between calls ---- */

/* For functions of stored histories: the backend's. */
static bnc_states *
backend_states(void)
{
    static bnc_states *states = NULL;
    static MemoryContext context = NULL;

    if (states == NULL) {
        bnc_engine *engine = mailbounce_engine();
        bnc_allocator allocator;

        if (context == NULL)
            context = AllocSetContextCreate(TopMemoryContext, "mailbounce states", ALLOCSET_DEFAULT_SIZES);
        allocator = mailbounce_allocator(context);
        if (bnc_states_create(&allocator, engine, &states) != BNC_OK)
            mailbounce_throw(BNC_NO_MEMORY, NULL);
    }
    return states;
}

/* For aggregates: the query's. A tally holds its policy, and nobody tells when a tally goes. */
static bnc_states *
query_states(FunctionCallInfo fcinfo)
{
    bnc_states *states = fcinfo->flinfo->fn_extra;
    bnc_allocator allocator;

    if (states == NULL) {
        allocator = mailbounce_allocator(fcinfo->flinfo->fn_mcxt);
        if (bnc_states_create(&allocator, mailbounce_engine(), &states) != BNC_OK)
            mailbounce_throw(BNC_NO_MEMORY, NULL);
        fcinfo->flinfo->fn_extra = states;
    }
    return states;
}

static void
check(bnc_status status, const bnc_error *error)
{
    if (status != BNC_OK)
        mailbounce_throw(status, error);
}

/* ---- arguments and results ---- */

static bnc_slice
text_argument(FunctionCallInfo fcinfo, int n)
{
    return mailbounce_slice((struct varlena *) PG_GETARG_TEXT_PP(n));
}

/* The slice of an argument that may be missing or NULL. */
static const bnc_slice *
optional_argument(FunctionCallInfo fcinfo, int n, bnc_slice *slice)
{
    if (n >= PG_NARGS() || PG_ARGISNULL(n))
        return NULL;
    *slice = text_argument(fcinfo, n);
    return slice;
}

static int64_t
time_argument(FunctionCallInfo fcinfo, int n)
{
    TimestampTz at = PG_GETARG_TIMESTAMPTZ(n);
    bnc_error error;

    /* infinity is out of range, as every time that the core does not know */
    if (TIMESTAMP_NOT_FINITE(at) || at > BNC_TIME_MAX - EPOCH_SHIFT)
        check(bnc_time_check(BNC_TIME_MAX + 1, &error), &error);
    check(bnc_time_check(at + EPOCH_SHIFT, &error), &error);
    return at + EPOCH_SHIFT;
}

static struct varlena *
new_value(bnc_slice bytes)
{
    struct varlena *value = palloc(bytes.len + VARHDRSZ);

    SET_VARSIZE(value, bytes.len + VARHDRSZ);
    if (bytes.len > 0)
        memcpy(VARDATA(value), bytes.data, bytes.len);
    return value;
}

static Datum
text_result(bnc_slice text)
{
    return PointerGetDatum(new_value(text));
}

static Datum
json_result(bnc_states *states, const bnc_summary *summary)
{
    bnc_slice json;
    bnc_error error = {""};

    check(bnc_summary_write(states, summary, &json), &error);
    return text_result(json);
}

/* ---- the type: text form \x and hexadecimal digits, as bytea's ---- */

PG_FUNCTION_INFO_V1(bounce_history_in);
PG_FUNCTION_INFO_V1(bounce_history_out);
PG_FUNCTION_INFO_V1(bounce_history_recv);
PG_FUNCTION_INFO_V1(bounce_history_send);
PG_FUNCTION_INFO_V1(bounce_history_of_bytea);
PG_FUNCTION_INFO_V1(bounce_history_cmp);
PG_FUNCTION_INFO_V1(bounce_history_lt);
PG_FUNCTION_INFO_V1(bounce_history_le);
PG_FUNCTION_INFO_V1(bounce_history_eq);
PG_FUNCTION_INFO_V1(bounce_history_ne);
PG_FUNCTION_INFO_V1(bounce_history_ge);
PG_FUNCTION_INFO_V1(bounce_history_gt);
PG_FUNCTION_INFO_V1(bounce_history_hash);
PG_FUNCTION_INFO_V1(bounce_history_hash_extended);

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char) (c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Datum
bounce_history_in(PG_FUNCTION_ARGS)
{
    const char *text = PG_GETARG_CSTRING(0);
    size_t len = strlen(text);
    size_t i;
    struct varlena *value;
    bnc_error error;
    bnc_status status;
    int high, low;

    if (len < 2 || text[0] != '\\' || text[1] != 'x' || len % 2 != 0)
        SOFT_ERROR(fcinfo, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                            errmsg("invalid input syntax for type bounce_history"),
                            errdetail("A history is \\x and pairs of hexadecimal digits.")));
    value = palloc(VARHDRSZ + (len - 2) / 2);
    SET_VARSIZE(value, VARHDRSZ + (len - 2) / 2);
    for (i = 2; i < len; i += 2) {
        high = hex_digit(text[i]);
        low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0)
            SOFT_ERROR(fcinfo, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                                errmsg("invalid hexadecimal digit in a bounce_history, at character %d", (int) i + 1)));
        VARDATA(value)[(i - 2) / 2] = (char) (high * 16 + low);
    }
    status = bnc_history_check(mailbounce_slice(value), &error);
    if (status != BNC_OK)
        SOFT_ERROR(fcinfo, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("%s", error.message)));
    PG_RETURN_POINTER(value);
}

Datum
bounce_history_out(PG_FUNCTION_ARGS)
{
    static const char digits[] = "0123456789abcdef";
    bnc_slice history = text_argument(fcinfo, 0);
    char *text = palloc(history.len * 2 + 3);
    char *at = text;
    size_t i;

    *at++ = '\\';
    *at++ = 'x';
    for (i = 0; i < history.len; i++) {
        *at++ = digits[(unsigned char) history.data[i] >> 4];
        *at++ = digits[(unsigned char) history.data[i] & 15];
    }
    *at = '\0';
    PG_RETURN_CSTRING(text);
}

static Datum
checked_history(bnc_slice bytes)
{
    bnc_error error;

    check(bnc_history_check(bytes, &error), &error);
    return PointerGetDatum(new_value(bytes));
}

Datum
bounce_history_recv(PG_FUNCTION_ARGS)
{
    StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
    int len = message->len - message->cursor;
    bnc_slice bytes = {pq_getmsgbytes(message, len), (size_t) len};

    return checked_history(bytes);
}

Datum
bounce_history_send(PG_FUNCTION_ARGS)
{
    return PointerGetDatum(new_value(text_argument(fcinfo, 0)));
}

Datum
bounce_history_of_bytea(PG_FUNCTION_ARGS)
{
    return checked_history(text_argument(fcinfo, 0));
}

static int
compare(FunctionCallInfo fcinfo)
{
    bnc_slice a = text_argument(fcinfo, 0);
    bnc_slice b = text_argument(fcinfo, 1);
    int order = memcmp(a.data, b.data, Min(a.len, b.len));

    return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

Datum
bounce_history_cmp(PG_FUNCTION_ARGS)
{
    PG_RETURN_INT32(compare(fcinfo));
}

Datum
bounce_history_lt(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(compare(fcinfo) < 0);
}

Datum
bounce_history_le(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(compare(fcinfo) <= 0);
}

Datum
bounce_history_eq(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(compare(fcinfo) == 0);
}

Datum
bounce_history_ne(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(compare(fcinfo) != 0);
}

Datum
bounce_history_ge(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(compare(fcinfo) >= 0);
}

Datum
bounce_history_gt(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(compare(fcinfo) > 0);
}

Datum
bounce_history_hash(PG_FUNCTION_ARGS)
{
    bnc_slice history = text_argument(fcinfo, 0);

    return hash_any((const unsigned char *) history.data, (int) history.len);
}

Datum
bounce_history_hash_extended(PG_FUNCTION_ARGS)
{
    bnc_slice history = text_argument(fcinfo, 0);

    return hash_any_extended((const unsigned char *) history.data, (int) history.len, (uint64) PG_GETARG_INT64(1));
}

/* ---- functions of stored histories ---- */

PG_FUNCTION_INFO_V1(bounce_history_add);
PG_FUNCTION_INFO_V1(bounce_history_union);
PG_FUNCTION_INFO_V1(bounce_state_of);
PG_FUNCTION_INFO_V1(bounce_summary_of);
PG_FUNCTION_INFO_V1(bounce_sendable_of);

/* (history, event, at): a NULL history is empty, a NULL event or time is skipped. */
Datum
bounce_history_add(PG_FUNCTION_ARGS)
{
    bnc_states *states = backend_states();
    bnc_slice old, result;
    const bnc_slice *history = optional_argument(fcinfo, 0, &old);
    bnc_event event;
    bnc_error error;

    if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) {
        if (history == NULL)
            PG_RETURN_NULL();
        PG_RETURN_DATUM(PG_GETARG_DATUM(0));
    }
    check(bnc_event_of(states, text_argument(fcinfo, 1), &event, &error), &error);
    check(bnc_history_add(states, history, event, time_argument(fcinfo, 2), &result, &error), &error);
    return text_result(result);
}

/* bounce_history_merge(a, b): a NULL history is empty. */
Datum
bounce_history_union(PG_FUNCTION_ARGS)
{
    bnc_slice a, b, result;
    bnc_error error;

    if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
        PG_RETURN_NULL();
    check(bnc_history_merge(backend_states(), optional_argument(fcinfo, 0, &a), optional_argument(fcinfo, 1, &b), &result,
                            &error),
          &error);
    return text_result(result);
}

static void
summary_of(FunctionCallInfo fcinfo, bnc_summary *summary)
{
    bnc_slice history, policy;
    bnc_error error;

    check(bnc_state_of(backend_states(), optional_argument(fcinfo, 0, &history), optional_argument(fcinfo, 1, &policy),
                       summary, &error),
          &error);
}

Datum
bounce_state_of(PG_FUNCTION_ARGS)
{
    bnc_summary summary;

    summary_of(fcinfo, &summary);
    return text_result(bnc_state_name(summary.state));
}

Datum
bounce_summary_of(PG_FUNCTION_ARGS)
{
    bnc_summary summary;

    summary_of(fcinfo, &summary);
    return json_result(backend_states(), &summary);
}

Datum
bounce_sendable_of(PG_FUNCTION_ARGS)
{
    bnc_summary summary;

    summary_of(fcinfo, &summary);
    PG_RETURN_BOOL(summary.sendable);
}

/* ---- aggregates ---- */

PG_FUNCTION_INFO_V1(bounce_tally_add);
PG_FUNCTION_INFO_V1(bounce_tally_add_moving);
PG_FUNCTION_INFO_V1(bounce_tally_remove);
PG_FUNCTION_INFO_V1(bounce_tally_add_history);
PG_FUNCTION_INFO_V1(bounce_tally_combine);
PG_FUNCTION_INFO_V1(bounce_tally_serial);
PG_FUNCTION_INFO_V1(bounce_tally_deserial);
PG_FUNCTION_INFO_V1(bounce_tally_state);
PG_FUNCTION_INFO_V1(bounce_tally_summary);
PG_FUNCTION_INFO_V1(bounce_tally_history);

/* A tally is allocated whole and never resized in place: no size is kept with it. */
static void *
tally_resize(void *context, void *block, size_t size)
{
    return block == NULL ? MemoryContextAllocExtended(context, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM) : NULL;
}

static void
tally_release(void *context, void *block)
{
    pfree(block);
}

static bnc_allocator
tally_memory(FunctionCallInfo fcinfo)
{
    bnc_allocator allocator = {tally_resize, tally_release, NULL};
    MemoryContext context;

    if (AggCheckCallContext(fcinfo, &context) == 0)
        elog(ERROR, "called outside an aggregate");
    allocator.context = context;
    return allocator;
}

static bnc_tally *
tally_argument(FunctionCallInfo fcinfo, int n)
{
    return PG_ARGISNULL(n) ? NULL : (bnc_tally *) PG_GETARG_POINTER(n);
}

/* (tally, event, at [, policy]); NULL events and times are skipped, the policy counts all the same. */
static Datum
add_row(FunctionCallInfo fcinfo, bool moving)
{
    bnc_states *states = query_states(fcinfo);
    bnc_allocator memory = tally_memory(fcinfo);
    bnc_tally *tally = tally_argument(fcinfo, 0);
    bnc_slice slice;
    bnc_event event;
    bnc_error error;

    if (tally == NULL)
        check(bnc_tally_create(&memory, moving, &tally), &error);
    if (PG_NARGS() > 3)
        check(bnc_tally_policy(states, tally, optional_argument(fcinfo, 3, &slice), &error), &error);
    if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2)) {
        check(bnc_event_of(states, text_argument(fcinfo, 1), &event, &error), &error);
        check(bnc_tally_add(states, &memory, &tally, event, time_argument(fcinfo, 2), &error), &error);
    }
    PG_RETURN_POINTER(tally);
}

Datum
bounce_tally_add(PG_FUNCTION_ARGS)
{
    return add_row(fcinfo, false);
}

Datum
bounce_tally_add_moving(PG_FUNCTION_ARGS)
{
    return add_row(fcinfo, true);
}

/* The inverse, for window frames whose start moves. */
Datum
bounce_tally_remove(PG_FUNCTION_ARGS)
{
    bnc_tally *tally = tally_argument(fcinfo, 0);
    bnc_event event;
    bnc_error error;

    if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2)) {
        check(bnc_event_of(query_states(fcinfo), text_argument(fcinfo, 1), &event, &error), &error);
        bnc_tally_remove(tally, event, time_argument(fcinfo, 2));
    }
    PG_RETURN_POINTER(tally);
}

/* (tally, history): the aggregate bounce_history_merge */
Datum
bounce_tally_add_history(PG_FUNCTION_ARGS)
{
    bnc_states *states = query_states(fcinfo);
    bnc_allocator memory = tally_memory(fcinfo);
    bnc_tally *tally = tally_argument(fcinfo, 0);
    bnc_error error;

    if (tally == NULL)
        check(bnc_tally_create(&memory, false, &tally), &error);
    if (!PG_ARGISNULL(1))
        check(bnc_tally_add_history(states, &memory, &tally, text_argument(fcinfo, 1), &error), &error);
    PG_RETURN_POINTER(tally);
}

Datum
bounce_tally_combine(PG_FUNCTION_ARGS)
{
    bnc_states *states = query_states(fcinfo);
    bnc_allocator memory = tally_memory(fcinfo);
    bnc_tally *tally = tally_argument(fcinfo, 0);
    const bnc_tally *other = tally_argument(fcinfo, 1);
    bnc_error error;

    if (other == NULL) {
        if (tally == NULL)
            PG_RETURN_NULL();
        PG_RETURN_POINTER(tally);
    }
    if (tally == NULL)
        check(bnc_tally_create(&memory, false, &tally), &error);
    check(bnc_tally_merge(states, &memory, &tally, other, &error), &error);
    PG_RETURN_POINTER(tally);
}

Datum
bounce_tally_serial(PG_FUNCTION_ARGS)
{
    bnc_slice packed;
    bnc_error error = {""};

    check(bnc_tally_pack(query_states(fcinfo), tally_argument(fcinfo, 0), &packed), &error);
    return PointerGetDatum(new_value(packed));
}

Datum
bounce_tally_deserial(PG_FUNCTION_ARGS)
{
    bnc_allocator memory = tally_memory(fcinfo);
    bnc_tally *tally;
    bnc_error error;

    check(bnc_tally_unpack(query_states(fcinfo), &memory, text_argument(fcinfo, 0), &tally, &error), &error);
    PG_RETURN_POINTER(tally);
}

static void
tally_answer(FunctionCallInfo fcinfo, bnc_summary *summary)
{
    bnc_error error;

    check(bnc_tally_state(query_states(fcinfo), tally_argument(fcinfo, 0), summary, &error), &error);
}

Datum
bounce_tally_state(PG_FUNCTION_ARGS)
{
    bnc_summary summary;

    tally_answer(fcinfo, &summary);
    return text_result(bnc_state_name(summary.state));
}

Datum
bounce_tally_summary(PG_FUNCTION_ARGS)
{
    bnc_summary summary;

    tally_answer(fcinfo, &summary);
    return json_result(query_states(fcinfo), &summary);
}

Datum
bounce_tally_history(PG_FUNCTION_ARGS)
{
    bnc_slice history;
    bnc_error error = {""};

    check(bnc_tally_history(query_states(fcinfo), tally_argument(fcinfo, 0), &history), &error);
    return text_result(history);
}
