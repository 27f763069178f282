/*
 * pg_ext/mailbounce.c - the PostgreSQL binding.
 *
 * What it does: fetches arguments, asks the core, hands answers and errors over. What it must not
 * know: categories, rules, how an answer is found.
 *
 * A backend has one engine, in a memory context of its own ("mailbounce" in
 * pg_backend_memory_contexts); its memory is got without longjmp, so that the core can clean up.
 */
#include "binding.h"

#include "catalog/namespace.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "mailbounce", .version = BNC_VERSION);
#else
PG_MODULE_MAGIC;
#endif

/* ---- memory ---- */

/* PostgreSQL 15 has no repalloc that returns NULL, so that a block's size is kept before it. */
typedef union block_head {
    size_t size;
    max_align_t align;
} block_head;

static void *
resize(void *context, void *block, size_t size)
{
    block_head *head = block != NULL ? (block_head *) block - 1 : NULL;
    block_head *fresh;

    if (size > MaxAllocHugeSize - sizeof(block_head))
        return NULL;
    fresh = MemoryContextAllocExtended((MemoryContext) context, size + sizeof(block_head),
                                       MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
    if (fresh == NULL)
        return NULL;
    fresh->size = size;
    if (head != NULL) {
        memcpy(fresh + 1, head + 1, Min(head->size, size));
        pfree(head);
    }
    return fresh + 1;
}

static void
release(void *context, void *block)
{
    pfree((block_head *) block - 1);
}

bnc_allocator
mailbounce_allocator(MemoryContext context)
{
    bnc_allocator allocator = {resize, release, context};

    return allocator;
}

static MemoryContext
backend_context(void)
{
    static MemoryContext context = NULL;

    if (context == NULL)
        context = AllocSetContextCreate(TopMemoryContext, "mailbounce", ALLOCSET_DEFAULT_SIZES);
    return context;
}

bnc_engine *
mailbounce_engine(void)
{
    static bnc_engine *engine = NULL;

    if (engine == NULL) {
        bnc_allocator allocator = mailbounce_allocator(backend_context());

        if (bnc_engine_create(&allocator, bnc_builtin_rules(), &engine) != BNC_OK)
            ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
    }
    return engine;
}

void
mailbounce_throw(bnc_status status, const bnc_error *error)
{
    if (status == BNC_NO_MEMORY)
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", error->message)));
}

/* ---- questions about a diagnostic ---- */

/* The head of a diagnostic: read where it lies, or only that much of it fetched from TOAST. */
static bnc_slice
diagnostic_argument(FunctionCallInfo fcinfo, int n)
{
    struct varlena *value = (struct varlena *) PG_GETARG_POINTER(n);
    bnc_slice head;

    if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value))
        value = PG_DETOAST_DATUM_SLICE(PointerGetDatum(value), 0, BNC_HEAD);
    head = mailbounce_slice(value);
    if (head.len > BNC_HEAD)
        head.len = BNC_HEAD;
    return head;
}

#define KEPT_ANSWERS 256 /* several times as many as there are categories, types and actions */

/* An answer that lasts, as a value made once: what a function returns is nobody's to change or free. */
static Datum
lasting_datum(bnc_slice answer)
{
    static struct
    {
        const char *data;
        text *value;
    } kept[KEPT_ANSWERS];
    static int n = 0;
    uint32 slot = (uint32) (uintptr_t) answer.data * 2654435761u >> 24;
    text *value;

    for (; kept[slot].data != NULL; slot = (slot + 1) % KEPT_ANSWERS)
        if (kept[slot].data == answer.data && VARSIZE(kept[slot].value) == VARHDRSZ + answer.len)
            return PointerGetDatum(kept[slot].value);
    if (n == KEPT_ANSWERS / 2)
        return PointerGetDatum(cstring_to_text_with_len(answer.data, (int) answer.len));
    value = MemoryContextAlloc(backend_context(), VARHDRSZ + answer.len);
    SET_VARSIZE(value, VARHDRSZ + answer.len);
    memcpy(VARDATA(value), answer.data, answer.len);
    kept[slot].data = answer.data;
    kept[slot].value = value;
    n++;
    return PointerGetDatum(value);
}

/* (diagnostic [, perspective] [, rules]); a NULL diagnostic gives NULL, other NULLs are not given. */
static Datum
answer(FunctionCallInfo fcinfo, bnc_question question, bool takes_perspective)
{
    bnc_slice slices[2];
    const bnc_slice *given[2] = {NULL, NULL};
    bnc_slice result;
    bnc_error error;
    bnc_status status;
    bool lasting;
    int slot = takes_perspective ? 0 : 1;
    int i;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    for (i = 1; i < PG_NARGS(); i++, slot++) {
        if (PG_ARGISNULL(i))
            continue;
        slices[slot] = mailbounce_slice((struct varlena *) PG_GETARG_TEXT_PP(i));
        given[slot] = &slices[slot];
    }
    status = bnc_answer(mailbounce_engine(), question, diagnostic_argument(fcinfo, 0), given[0], given[1], &result, &lasting,
                        &error);
    if (status != BNC_OK)
        mailbounce_throw(status, &error);
    if (lasting)
        return lasting_datum(result);
    PG_RETURN_TEXT_P(cstring_to_text_with_len(result.data, (int) result.len));
}

PG_FUNCTION_INFO_V1(classify_bounce);
PG_FUNCTION_INFO_V1(bounce_event_of);
PG_FUNCTION_INFO_V1(bounce_type);
PG_FUNCTION_INFO_V1(bounce_action);
PG_FUNCTION_INFO_V1(bounce_explain);
PG_FUNCTION_INFO_V1(bounce_term);
PG_FUNCTION_INFO_V1(bounce_from);
PG_FUNCTION_INFO_V1(mailbounce_version);
PG_FUNCTION_INFO_V1(bounce_rules_version);

Datum
classify_bounce(PG_FUNCTION_ARGS)
{
    return answer(fcinfo, BNC_ASK_CATEGORY, false);
}

Datum
bounce_event_of(PG_FUNCTION_ARGS)
{
    return answer(fcinfo, BNC_ASK_EVENT, false);
}

Datum
bounce_type(PG_FUNCTION_ARGS)
{
    return answer(fcinfo, BNC_ASK_TYPE, true);
}

Datum
bounce_action(PG_FUNCTION_ARGS)
{
    return answer(fcinfo, BNC_ASK_ACTION, false);
}

/* json is stored as its text. */
Datum
bounce_explain(PG_FUNCTION_ARGS)
{
    return answer(fcinfo, BNC_ASK_EXPLAIN, true);
}

/* STRICT: both words are given. */
static Datum
word(FunctionCallInfo fcinfo, bnc_status (*ask)(bnc_slice, bnc_slice, bnc_slice *, bnc_error *))
{
    bnc_slice found;
    bnc_error error;
    bnc_status status = ask(mailbounce_slice((struct varlena *) PG_GETARG_TEXT_PP(0)),
                            mailbounce_slice((struct varlena *) PG_GETARG_TEXT_PP(1)), &found, &error);

    if (status != BNC_OK)
        mailbounce_throw(status, &error);
    if (found.len == 0)
        PG_RETURN_NULL();
    PG_RETURN_TEXT_P(cstring_to_text_with_len(found.data, (int) found.len));
}

Datum
bounce_term(PG_FUNCTION_ARGS)
{
    return word(fcinfo, bnc_term);
}

Datum
bounce_from(PG_FUNCTION_ARGS)
{
    return word(fcinfo, bnc_from);
}

Datum
mailbounce_version(PG_FUNCTION_ARGS)
{
    PG_RETURN_TEXT_P(cstring_to_text(BNC_VERSION));
}

Datum
bounce_rules_version(PG_FUNCTION_ARGS)
{
    bnc_slice version = bnc_rules_version();

    PG_RETURN_TEXT_P(cstring_to_text_with_len(version.data, (int) version.len));
}

/* ---- bounce_counts: what it keeps for one group are the numbers of the core, NULL before the first row ---- */

PG_FUNCTION_INFO_V1(bounce_counts_add);
PG_FUNCTION_INFO_V1(bounce_counts_remove);
PG_FUNCTION_INFO_V1(bounce_counts_combine);
PG_FUNCTION_INFO_V1(bounce_counts_serial);
PG_FUNCTION_INFO_V1(bounce_counts_deserial);
PG_FUNCTION_INFO_V1(bounce_counts_json);

/* The counts of an argument, or new ones. */
static uint64_t *
counts_argument(FunctionCallInfo fcinfo, int n)
{
    MemoryContext context;

    if (AggCheckCallContext(fcinfo, &context) == 0)
        elog(ERROR, "called outside an aggregate");
    if (!PG_ARGISNULL(n))
        return (uint64_t *) PG_GETARG_POINTER(n);
    return MemoryContextAllocZero(context, bnc_category_count() * sizeof(uint64_t));
}

/* (counts, diagnostic [, rules]); NULL diagnostics are not counted. */
static Datum
count(FunctionCallInfo fcinfo, bnc_status (*change)(bnc_engine *, uint64_t *, bnc_slice, const bnc_slice *, bnc_error *))
{
    uint64_t *counts = counts_argument(fcinfo, 0);
    bool ruled = PG_NARGS() > 2 && !PG_ARGISNULL(2);
    bnc_slice rules;
    bnc_error error;
    bnc_status status;

    if (PG_ARGISNULL(1))
        PG_RETURN_POINTER(counts);
    if (ruled)
        rules = mailbounce_slice((struct varlena *) PG_GETARG_TEXT_PP(2));
    status = change(mailbounce_engine(), counts, diagnostic_argument(fcinfo, 1), ruled ? &rules : NULL, &error);
    if (status != BNC_OK)
        mailbounce_throw(status, &error);
    PG_RETURN_POINTER(counts);
}

Datum
bounce_counts_add(PG_FUNCTION_ARGS)
{
    return count(fcinfo, bnc_counts_add);
}

/* The inverse, for window frames whose start moves. */
Datum
bounce_counts_remove(PG_FUNCTION_ARGS)
{
    return count(fcinfo, bnc_counts_remove);
}

Datum
bounce_counts_combine(PG_FUNCTION_ARGS)
{
    uint64_t *counts = counts_argument(fcinfo, 0);

    if (!PG_ARGISNULL(1))
        bnc_counts_merge(counts, (const uint64_t *) PG_GETARG_POINTER(1));
    PG_RETURN_POINTER(counts);
}

Datum
bounce_counts_serial(PG_FUNCTION_ARGS)
{
    bnc_slice packed;

    if (bnc_counts_pack(mailbounce_engine(), counts_argument(fcinfo, 0), &packed) != BNC_OK)
        mailbounce_throw(BNC_NO_MEMORY, NULL);
    PG_RETURN_TEXT_P(cstring_to_text_with_len(packed.data, (int) packed.len));
}

Datum
bounce_counts_deserial(PG_FUNCTION_ARGS)
{
    uint64_t *counts = palloc(bnc_category_count() * sizeof(uint64_t));
    bnc_error error;
    bnc_status status;

    if (AggCheckCallContext(fcinfo, NULL) == 0)
        elog(ERROR, "called outside an aggregate");
    status = bnc_counts_unpack(mailbounce_slice((struct varlena *) PG_GETARG_BYTEA_PP(0)), counts, &error);
    if (status != BNC_OK)
        mailbounce_throw(status, &error);
    PG_RETURN_POINTER(counts);
}

/* json is stored as its text. */
Datum
bounce_counts_json(PG_FUNCTION_ARGS)
{
    bnc_slice json;

    if (bnc_counts_write(mailbounce_engine(), counts_argument(fcinfo, 0), &json) != BNC_OK)
        mailbounce_throw(BNC_NO_MEMORY, NULL);
    PG_RETURN_TEXT_P(cstring_to_text_with_len(json.data, (int) json.len));
}

/* ---- addresses ---- */

PG_FUNCTION_INFO_V1(email_check);
PG_FUNCTION_INFO_V1(email_suggestion);

/* An address in UTF-8, which is what mail systems exchange, whatever the server's encoding. */
static bnc_slice
address_argument(FunctionCallInfo fcinfo)
{
    bnc_slice address = mailbounce_slice((struct varlena *) PG_GETARG_TEXT_PP(0));
    char *utf8 = pg_server_to_any(address.data, (int) address.len, PG_UTF8);

    if (utf8 != address.data)
        address = (bnc_slice) {utf8, strlen(utf8)};
    return address;
}

Datum
email_check(PG_FUNCTION_ARGS)
{
    bnc_slice answer = bnc_email_check(address_argument(fcinfo));

    PG_RETURN_TEXT_P(cstring_to_text_with_len(answer.data, (int) answer.len));
}

Datum
email_suggestion(PG_FUNCTION_ARGS)
{
    char utf8[BNC_ADDRESS_MAX];
    int len = (int) bnc_email_suggestion(address_argument(fcinfo), utf8);
    char *meant;

    if (len == 0)
        PG_RETURN_NULL();
    meant = pg_any_to_server(utf8, len, PG_UTF8);
    PG_RETURN_TEXT_P(meant == utf8 ? cstring_to_text_with_len(utf8, len) : cstring_to_text(meant));
}

/* ---- relations ---- */

/* A text of the core, which is UTF-8, in the server's encoding; NULL where that can't hold it. */
static Datum
text_datum(bnc_slice text, bool *null)
{
    int encoding = GetDatabaseEncoding();
    unsigned char *converted;
    Oid conversion;
    int room;

    *null = false;
    if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII)
        return PointerGetDatum(cstring_to_text_with_len(text.data, (int) text.len));
    conversion = FindDefaultConversionProc(PG_UTF8, encoding);
    room = (int) text.len * MAX_CONVERSION_GROWTH + 1;
    converted = palloc(room);
    if (!OidIsValid(conversion) ||
        pg_do_encoding_conversion_buf(conversion, PG_UTF8, encoding, (unsigned char *) unconstify(char *, text.data),
                                      (int) text.len, converted, room, true) != (int) text.len) {
        *null = true;
        return (Datum) 0;
    }
    return PointerGetDatum(cstring_to_text((const char *) converted));
}

/* All rows of one of the core's relations. */
static Datum
relation(FunctionCallInfo fcinfo, const char *name)
{
    ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
    const bnc_relation *r;
    Datum values[BNC_COLUMNS_MAX];
    bool nulls[BNC_COLUMNS_MAX];
    size_t n;
    int row, column;

    for (r = bnc_relations(&n); strcmp(r->name, name) != 0; r++)
        ;
    InitMaterializedSRF(fcinfo, 0);
    for (row = 0; row < r->rows(); row++) {
        for (column = 0; column < r->n_columns; column++) {
            bnc_slice cell = r->cell(row, column);

            nulls[column] = false;
            if (r->columns[column].kind == BNC_COLUMN_BOOLEAN)
                values[column] = BoolGetDatum(cell.data[0] == '1');
            else
                values[column] = text_datum(cell, &nulls[column]);
        }
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    return (Datum) 0;
}

PG_FUNCTION_INFO_V1(bounce_categories);
PG_FUNCTION_INFO_V1(bounce_crosswalk);
PG_FUNCTION_INFO_V1(bounce_policies);
PG_FUNCTION_INFO_V1(bounce_rules_check);

Datum
bounce_categories(PG_FUNCTION_ARGS)
{
    return relation(fcinfo, "bounce_categories");
}

Datum
bounce_crosswalk(PG_FUNCTION_ARGS)
{
    return relation(fcinfo, "bounce_crosswalk");
}

Datum
bounce_policies(PG_FUNCTION_ARGS)
{
    return relation(fcinfo, "bounce_policies");
}

/* A problem's row; the core goes on after it, so nothing here may throw but for memory. */
static void
put_problem(void *context, int line, const char *problem)
{
    ReturnSetInfo *result = context;
    Datum values[2];
    bool nulls[2] = {false, false};

    values[0] = Int32GetDatum(line);
    values[1] = CStringGetTextDatum(problem);
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
bounce_rules_check(PG_FUNCTION_ARGS)
{
    bnc_error error = {""};
    bnc_status status;

    InitMaterializedSRF(fcinfo, 0);
    status = bnc_rules_check(mailbounce_engine(), mailbounce_slice((struct varlena *) PG_GETARG_TEXT_PP(0)), put_problem,
                             fcinfo->resultinfo);
    if (status != BNC_OK)
        mailbounce_throw(status, &error);
    return (Datum) 0;
}
