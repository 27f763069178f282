/*
 * counts.c - how often each category occurs in a set of diagnostics: counting, merging, JSON; see mailbounce.h.
 *
 * What it must not know: how a verdict is found. Packed counts move between servers, which may have other versions:
 * categories are in them by the codes of core/rules/event_codes.tsv, which never change.
 */
#include "engine.h"

#include "event.h"
#include "vocabulary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PACKED_VERSION 1
#define ENTRY 10 /* two bytes of code, eight of count, the high ones first */

static bnc_status
count(bnc_engine *engine, uint64_t *counts, bnc_slice diagnostic, const bnc_slice *rules, uint64_t by, bnc_error *error)
{
    bnc_verdict verdict;
    bnc_status status = bnc_decide(engine, diagnostic, rules, false, &verdict, error);

    if (status == BNC_OK)
        counts[verdict.category] += by;
    return status;
}

bnc_status
bnc_counts_add(bnc_engine *engine, uint64_t *counts, bnc_slice diagnostic, const bnc_slice *rules, bnc_error *error)
{
    return count(engine, counts, diagnostic, rules, 1, error);
}

bnc_status
bnc_counts_remove(bnc_engine *engine, uint64_t *counts, bnc_slice diagnostic, const bnc_slice *rules, bnc_error *error)
{
    return count(engine, counts, diagnostic, rules, (uint64_t)-1, error);
}

void
bnc_counts_merge(uint64_t *counts, const uint64_t *other)
{
    int i;

    for (i = 0; i < BNC_N_CATEGORIES; i++)
        counts[i] += other[i];
}

/* Hands over what the engine's buffer holds. */
static bnc_status
buffered(bnc_engine *engine, bnc_slice *result)
{
    if (engine->answer.failed) {
        engine->answer.failed = false;
        return BNC_NO_MEMORY;
    }
    result->data = (const char *)engine->answer.data;
    result->len = engine->answer.len;
    return BNC_OK;
}

/* The larger count first, then by name. */
static bool
comes_before(const uint64_t *counts, int a, int b)
{
    bnc_slice x, y;
    int order;

    if (counts[a] != counts[b])
        return counts[a] > counts[b];
    x = bnc_category_name(a);
    y = bnc_category_name(b);
    order = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);
    return order != 0 ? order < 0 : x.len < y.len;
}

bnc_status
bnc_counts_write(bnc_engine *engine, const uint64_t *counts, bnc_slice *json)
{
    bnc_buffer *out = &engine->answer;
    int order[BNC_N_CATEGORIES];
    char text[BNC_EVENT_MAX + 32];
    bnc_slice name;
    int n = 0;
    int i, k;

    for (i = 0; i < BNC_N_CATEGORIES; i++) {
        if (counts[i] == 0)
            continue;
        for (k = n++; k > 0 && comes_before(counts, i, order[k - 1]); k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    out->len = 0;
    bnc_buffer_add(out, "{", 1);
    for (i = 0; i < n; i++) {
        /* a category's name is plain ASCII */
        name = bnc_category_name(order[i]);
        snprintf(text, sizeof(text), "%s\"%.*s\":%" PRIu64, i > 0 ? "," : "", (int)name.len, name.data,
                 counts[order[i]]);
        bnc_buffer_add(out, text, strlen(text));
    }
    bnc_buffer_add(out, "}", 1);
    return buffered(engine, json);
}

bnc_status
bnc_counts_pack(bnc_engine *engine, const uint64_t *counts, bnc_slice *packed)
{
    unsigned char entry[ENTRY] = {PACKED_VERSION};
    int i, k;

    engine->answer.len = 0;
    bnc_buffer_add(&engine->answer, entry, 1);
    for (i = 0; i < BNC_N_CATEGORIES; i++) {
        if (counts[i] == 0)
            continue;
        entry[0] = (unsigned char)(bnc_event_of_category[i] >> 8);
        entry[1] = (unsigned char)bnc_event_of_category[i];
        for (k = 0; k < 8; k++)
            entry[2 + k] = (unsigned char)(counts[i] >> (56 - 8 * k));
        bnc_buffer_add(&engine->answer, entry, ENTRY);
    }
    return buffered(engine, packed);
}

/* By its own code, not by its name as an event: the event "complaint" is a kind. */
static int
find_category(int code)
{
    int i;

    for (i = 0; i < BNC_N_CATEGORIES; i++)
        if (bnc_event_of_category[i] == code)
            return i;
    return -1;
}

bnc_status
bnc_counts_unpack(bnc_slice packed, uint64_t *counts, bnc_error *error)
{
    const unsigned char *s = (const unsigned char *)packed.data;
    uint64_t n;
    size_t i, k;
    int category;

    if (packed.len % ENTRY != 1 || s[0] != PACKED_VERSION) {
        snprintf(error->message, sizeof(error->message), "not counts of bounce_counts()");
        return BNC_BAD_ARGUMENT;
    }
    memset(counts, 0, BNC_N_CATEGORIES * sizeof(*counts));
    for (i = 1; i < packed.len; i += ENTRY) {
        category = find_category(s[i] << 8 | s[i + 1]);
        if (category < 0) {
            snprintf(error->message, sizeof(error->message), "counts of a category that this version does not know");
            return BNC_BAD_ARGUMENT;
        }
        for (n = 0, k = 2; k < ENTRY; k++)
            n = n << 8 | s[i + k];
        counts[category] += n;
    }
    return BNC_OK;
}
