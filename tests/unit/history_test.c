/*
 * history_test.c - sets of events: the laws of adding and merging, the bound, and bytes that are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "history.h"
#include "memory.h"
#include "state.h"

#define EVENTS_MAX 3000

static bnc_engine *engine;
static bnc_states *states;
static bnc_error error;

static int
open_states(void **state)
{
    (void)state;
    return bnc_engine_create(&memory, bnc_builtin_rules(), &engine) != BNC_OK ||
           bnc_states_create(&memory, engine, &states) != BNC_OK;
}

static int
close_states(void **state)
{
    (void)state;
    bnc_states_destroy(states);
    bnc_engine_destroy(engine);
    return counted.blocks != 0;
}

/* ---- random sets ---- */

static bnc_event
word(const char *text)
{
    bnc_event event;

    assert_int_equal(bnc_event_of(states, text_of(text), &event, &error), BNC_OK);
    return event;
}

/* Few times and events, so that repetitions and equal times are frequent. */
static size_t
random_events(bnc_stamp *events, size_t n, uint32_t moments, uint32_t failures)
{
    static const char *const kinds[] = {"sent",      "delivered",   "open",      "click",
                                        "complaint", "unsubscribe", "subscribe", "reactivate"};
    static const char *const others[] = {"hard", "soft", "user_unknown/5", "mailbox_full", "unknown/pending"};
    size_t i;

    for (i = 0; i < n; i++) {
        events[i].at = (int64_t)chance(moments) * 1000 - 500000;
        if (chance(100) < failures)
            events[i].event = word(others[chance(5)]);
        else
            events[i].event = word(kinds[chance(chance(20) == 0 ? 8 : 4)]);
    }
    return n;
}

static void
shuffle(bnc_stamp *events, size_t n)
{
    bnc_stamp moved;
    size_t i, k;

    for (i = n; i > 1; i--) {
        k = chance((uint32_t)i);
        moved = events[i - 1];
        events[i - 1] = events[k];
        events[k] = moved;
    }
}

/* ---- the definition, taken word for word: doc/state.md, "The bound" ---- */

static bool
later(const bnc_stamp *a, const bnc_stamp *b)
{
    return a->at > b->at || (a->at == b->at && a->event > b->event);
}

static int
worth(bnc_event event)
{
    return event == word("sent") ? 2 : event == word("delivered") || event == word("open") || event == word("click");
}

static int
lasting(bnc_event event)
{
    if (event == word("complaint"))
        return 1;
    if (event == word("subscribe") || event == word("unsubscribe"))
        return 2;
    return event == word("reactivate") ? 3 : 0;
}

/* The bytes that a history of these events must have. */
static size_t
defined_bytes(const bnc_stamp *events, size_t n, unsigned char *bytes)
{
    static bnc_stamp all[EVENTS_MAX], kept[EVENTS_MAX];
    static int worths[EVENTS_MAX], lastings[EVENTS_MAX];
    bnc_stamps history = {&memory, kept, 0, EVENTS_MAX, BNC_TIME_NONE};
    size_t n_all = 0;
    size_t i, k, before;
    bool newest;

    for (i = 0; i < n; i++) {
        for (k = 0; k < n_all; k++)
            if (all[k].at == events[i].at && all[k].event == events[i].event)
                break;
        if (k == n_all)
            all[n_all++] = events[i];
    }
    for (i = 0; i < n_all; i++) {
        worths[i] = worth(all[i].event);
        lastings[i] = lasting(all[i].event);
    }
    for (i = 0; i < n_all; i++) {
        before = 0;
        newest = lastings[i] != 0;
        for (k = 0; k < n_all; k++) {
            if (worths[k] < worths[i] || (worths[k] == worths[i] && later(&all[k], &all[i])))
                before++;
            if (lastings[k] == lastings[i] && later(&all[k], &all[i]))
                newest = false;
        }
        if (before < BNC_HISTORY_EVENTS || newest)
            kept[history.n++] = all[i];
        else if (all[i].at > history.dropped)
            history.dropped = all[i].at;
    }
    for (i = 1; i < history.n; i++)
        for (k = i; k > 0 && later(&kept[k - 1], &kept[k]); k--) {
            bnc_stamp moved = kept[k];

            kept[k] = kept[k - 1];
            kept[k - 1] = moved;
        }
    return bnc_history_write(&history, bytes);
}

/* ---- ways to make a history ---- */

typedef struct value {
    unsigned char bytes[BNC_HISTORY_BYTES];
    bnc_slice slice;
} value;

static void
keep(value *v, bnc_slice result)
{
    assert_true(result.len <= sizeof(v->bytes));
    memmove(v->bytes, result.data, result.len);
    v->slice.data = (const char *)v->bytes;
    v->slice.len = result.len;
}

static void
add_all(const bnc_stamp *events, size_t n, value *v)
{
    bnc_slice result;
    const bnc_slice *history = NULL;
    size_t i;

    for (i = 0; i < n; i++) {
        assert_int_equal(bnc_history_add(states, history, events[i].event, events[i].at, &result, &error), BNC_OK);
        keep(v, result);
        history = &v->slice;
    }
}

static void
tally_all(const bnc_stamp *events, size_t n, bool moving, bnc_tally **tally)
{
    size_t i;

    assert_int_equal(bnc_tally_create(&memory, moving, tally), BNC_OK);
    for (i = 0; i < n; i++)
        assert_int_equal(bnc_tally_add(states, &memory, tally, events[i].event, events[i].at, &error), BNC_OK);
}

static void
tally_bytes(const bnc_tally *tally, value *v)
{
    bnc_slice result;

    assert_int_equal(bnc_tally_history(states, tally, &result), BNC_OK);
    keep(v, result);
}

/* Cuts the events in parts that overlap, and merges them in any order, as trees do. */
static void
merge_parts(const bnc_stamp *events, size_t n, value *v)
{
    static value parts[8];
    size_t from, len, a, b;
    size_t n_parts = 1 + chance(8);
    bnc_slice result;
    bnc_tally *tally;
    size_t i;

    for (i = 0; i < n_parts; i++) {
        from = i * n / n_parts;
        len = (i + 1) * n / n_parts - from;
        if (from + len < n)
            len += chance((uint32_t)(n - from - len));
        tally_all(events + from, len, chance(2) == 0, &tally);
        tally_bytes(tally, &parts[i]);
        bnc_tally_release(&memory, tally);
    }
    while (n_parts > 1) {
        a = chance((uint32_t)n_parts);
        b = chance((uint32_t)n_parts);
        assert_int_equal(bnc_history_merge(states, &parts[a].slice, &parts[b].slice, &result, &error), BNC_OK);
        keep(&parts[a], result);
        if (a != b)
            keep(&parts[b], parts[--n_parts].slice);
    }
    keep(v, parts[0].slice);
}

/* The same through partial aggregates. */
static void
combine_parts(const bnc_stamp *events, size_t n, value *v)
{
    size_t cut = chance((uint32_t)n + 1);
    bnc_tally *a, *b, *c;
    bnc_slice packed;

    tally_all(events, cut, false, &a);
    tally_all(events + cut, n - cut, chance(2) == 0, &b);
    assert_int_equal(bnc_tally_pack(states, b, &packed), BNC_OK);
    assert_int_equal(bnc_tally_unpack(states, &memory, packed, &c, &error), BNC_OK);
    assert_int_equal(bnc_tally_merge(states, &memory, &a, c, &error), BNC_OK);
    assert_int_equal(bnc_tally_merge(states, &memory, &a, b, &error), BNC_OK);
    tally_bytes(a, v);
    bnc_tally_release(&memory, a);
    bnc_tally_release(&memory, b);
    bnc_tally_release(&memory, c);
}

static void
expect_bytes(const value *v, const unsigned char *bytes, size_t len)
{
    assert_int_equal(v->slice.len, len);
    assert_memory_equal(v->bytes, bytes, len);
    assert_int_equal(bnc_history_check(v->slice, &error), BNC_OK);
}

static void
check_laws(bnc_stamp *events, size_t n)
{
    static unsigned char bytes[BNC_HISTORY_BYTES];
    static value v;
    size_t len = defined_bytes(events, n, bytes);
    bnc_tally *tally;
    size_t i;

    add_all(events, n, &v);
    expect_bytes(&v, bytes, len);
    for (i = 0; i < 3; i++) {
        shuffle(events, n);
        merge_parts(events, n, &v);
        expect_bytes(&v, bytes, len);
        combine_parts(events, n, &v);
        expect_bytes(&v, bytes, len);
    }
    add_all(events, n, &v);
    expect_bytes(&v, bytes, len);
    /* again, all of it */
    tally_all(events, n, false, &tally);
    for (i = 0; i < n; i++)
        assert_int_equal(bnc_tally_add(states, &memory, &tally, events[i].event, events[i].at, &error), BNC_OK);
    assert_int_equal(bnc_tally_add_history(states, &memory, &tally, v.slice, &error), BNC_OK);
    tally_bytes(tally, &v);
    expect_bytes(&v, bytes, len);
    bnc_tally_release(&memory, tally);
}

static void
laws_hold_below_the_bound(void **state)
{
    static bnc_stamp events[EVENTS_MAX];
    int round;

    (void)state;
    for (round = 0; round < 60; round++)
        check_laws(events, random_events(events, 1 + chance(300), 1 + chance(1000), chance(101)));
}

static void
laws_hold_above_the_bound(void **state)
{
    static bnc_stamp events[EVENTS_MAX];
    int round;

    (void)state;
    for (round = 0; round < 16; round++)
        check_laws(events, random_events(events, 520 + chance(1200), 200 + chance(3000), chance(101)));
}

/* ---- the bound ---- */

static size_t
kept_of(const value *v, int64_t *dropped)
{
    bnc_slice json;
    bnc_summary summary;

    assert_int_equal(bnc_state_of(states, &v->slice, NULL, &summary, &error), BNC_OK);
    assert_int_equal(bnc_summary_write(states, &summary, &json), BNC_OK);
    *dropped = summary.dropped;
    return summary.events;
}

static void
drops_opens_before_failures(void **state)
{
    static value v;
    static bnc_stamp events[EVENTS_MAX];
    int64_t dropped;
    size_t i;

    (void)state;
    for (i = 0; i < 600; i++) {
        events[i].at = (int64_t)i;
        events[i].event = word(i < 10 ? "soft" : "open");
    }
    add_all(events, 600, &v);
    assert_int_equal(kept_of(&v, &dropped), BNC_HISTORY_EVENTS);
    assert_int_equal(dropped, 10 + 600 - BNC_HISTORY_EVENTS - 1);

    /* sent is worth less than open, however new it is */
    events[600].at = 10000;
    events[600].event = word("sent");
    add_all(events, 601, &v);
    kept_of(&v, &dropped);
    assert_int_equal(dropped, 10000);
}

static void
never_drops_what_lasts(void **state)
{
    static value v;
    static bnc_stamp events[EVENTS_MAX];
    bnc_slice earlier = text_of("asof=0.000400");
    bnc_summary summary;
    int64_t dropped;
    size_t i;

    (void)state;
    for (i = 0; i < 1000; i++) {
        events[i].at = (int64_t)i + 100;
        events[i].event = word("soft");
    }
    events[0] = (bnc_stamp){1, word("complaint")};
    events[1] = (bnc_stamp){3, word("complaint")};
    events[2] = (bnc_stamp){2, word("unsubscribe")};
    events[3] = (bnc_stamp){4, word("reactivate")};
    add_all(events, 1000, &v);
    assert_int_equal(kept_of(&v, &dropped), BNC_HISTORY_EVENTS + 3);
    assert_int_equal(bnc_state_of(states, &v.slice, NULL, &summary, &error), BNC_OK);
    assert_int_equal(summary.state, BNC_STATE_COMPLAINED);

    /* at one moment the end of consent is the newer */
    events[0] = (bnc_stamp){2, word("subscribe")};
    events[1] = (bnc_stamp){5, word("soft")};
    add_all(events, 1000, &v);
    assert_int_equal(bnc_state_of(states, &v.slice, NULL, &summary, &error), BNC_OK);
    assert_int_equal(summary.state, BNC_STATE_UNSUBSCRIBED);

    /* all that are kept are counted, also those that do not exist yet */
    assert_int_equal(bnc_state_of(states, &v.slice, &earlier, &summary, &error), BNC_OK);
    assert_int_equal(summary.events, BNC_HISTORY_EVENTS + 2);
    assert_int_equal(summary.last_event_at, 4);
}

/* ---- bytes ---- */

static void
has_stable_bytes(void **state)
{
    static const unsigned char golden[] = {0x01, 0x00, 0x3c, 0x24, 0xc2, 0xf7, 0x00, 0xe3, 0x07,
                                           0x5d, 0xf5, 0x78, 0xb3, 0x40, 0x00, 0x42, 0x00, 0xe3,
                                           0x86, 0x6b, 0xe0, 0x88, 0xc0, 0x00, 0x00, 0x03};
    static value v;
    bnc_stamp events[2];
    bnc_slice result;

    (void)state;
    bnc_time_read(text_of("2026-01-02T03:04:05Z"), &events[0].at, &error);
    events[0].event = word("USER_unknown/5");
    bnc_time_read(text_of("2030-06-07"), &events[1].at, &error);
    events[1].event = word("open");
    add_all(events, 2, &v);
    assert_int_equal(v.slice.len, sizeof(golden));
    assert_memory_equal(v.bytes, golden, sizeof(golden));
    assert_int_equal(bnc_history_merge(states, NULL, NULL, &result, &error), BNC_OK);
    assert_int_equal(result.len, 6);
    assert_int_equal(bnc_history_check(result, &error), BNC_OK);
}

static void
refuse(const unsigned char *bytes, size_t len)
{
    unsigned char *copy = malloc(len > 0 ? len : 1); /* exactly so long, for the address sanitizer */
    bnc_slice slice = {(const char *)copy, len};
    bnc_slice result;
    bnc_summary summary;

    memcpy(copy, bytes, len);
    error.message[0] = '\0';
    assert_int_equal(bnc_history_check(slice, &error), BNC_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "not a bounce history"));
    assert_int_equal(bnc_history_add(states, &slice, word("hard"), 0, &result, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_history_merge(states, NULL, &slice, &result, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_state_of(states, &slice, NULL, &summary, &error), BNC_BAD_ARGUMENT);
    free(copy);
}

static void
finds_every_damage(void **state)
{
    static bnc_stamp events[EVENTS_MAX];
    static value v;
    static unsigned char bytes[BNC_HISTORY_BYTES + 20];
    size_t sizes[] = {1, 12, 700};
    size_t i, bit, size;

    (void)state;
    for (size = 0; size < 3; size++) {
        add_all(events, random_events(events, sizes[size], 100000, 30), &v);
        for (i = 0; i < v.slice.len; i++)
            refuse(v.bytes, i);
        for (bit = 0; bit < v.slice.len * 8; bit += size < 2 ? 1 : 7) {
            memcpy(bytes, v.bytes, v.slice.len);
            bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
            refuse(bytes, v.slice.len);
        }
        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes, v.bytes, v.slice.len);
        for (i = 1; i <= 20; i++)
            refuse(bytes, v.slice.len + i);
    }
}

static void
refuses_noise(void **state)
{
    unsigned char bytes[200];
    size_t i, len;
    int round;

    (void)state;
    for (round = 0; round < 20000; round++) {
        len = chance(sizeof(bytes));
        for (i = 0; i < len; i++)
            bytes[i] = (unsigned char)chance(256);
        if (len > 1 && chance(2) == 0) {
            bytes[0] = 1;
            bytes[1] = (unsigned char)chance(2);
        }
        refuse(bytes, len);
    }
}

/* With a check that is right, but events that no adding could have left. */
static void
refuse_events(const bnc_stamp *events, size_t n, int64_t dropped)
{
    static unsigned char bytes[BNC_HISTORY_BYTES];
    static bnc_stamp copy[BNC_HISTORY_MAX];
    bnc_stamps list = {&memory, copy, n, BNC_HISTORY_MAX, dropped};

    memcpy(copy, events, n * sizeof(*events));
    refuse(bytes, bnc_history_write(&list, bytes));
}

static void
refuses_impossible_sets(void **state)
{
    static bnc_stamp events[BNC_HISTORY_MAX];
    bnc_event hard = word("hard");
    size_t i;

    (void)state;
    events[0] = (bnc_stamp){10, hard};
    events[1] = (bnc_stamp){10, hard};
    refuse_events(events, 2, BNC_TIME_NONE);
    events[1].at = 9;
    refuse_events(events, 2, BNC_TIME_NONE);
    events[1] = (bnc_stamp){11, 0};
    refuse_events(events, 2, BNC_TIME_NONE);
    events[1].event = UINT16_MAX;
    refuse_events(events, 2, BNC_TIME_NONE);
    events[1] = (bnc_stamp){BNC_TIME_MAX + 1, hard};
    refuse_events(events, 2, BNC_TIME_NONE);
    events[1] = (bnc_stamp){11, hard};
    refuse_events(events, 2, 5);
    for (i = 0; i < BNC_HISTORY_MAX; i++)
        events[i] = (bnc_stamp){(int64_t)i, hard};
    refuse_events(events, BNC_HISTORY_EVENTS, BNC_TIME_MAX + 1);
    refuse_events(events, BNC_HISTORY_EVENTS + 1, 0);
    events[0].event = word("open");
    refuse_events(events, BNC_HISTORY_EVENTS + 1, 0);
    events[0].event = word("complaint");
    events[7].event = word("complaint");
    refuse_events(events, BNC_HISTORY_EVENTS + 1, 0);
}

/* ---- tallies ---- */

static void
moves_both_ways(void **state)
{
    static bnc_stamp events[EVENTS_MAX];
    static unsigned char bytes[BNC_HISTORY_BYTES];
    static value v;
    size_t n = random_events(events, 2000, 900, 50);
    size_t frame = 600;
    bnc_tally *tally;
    size_t i, len;

    (void)state;
    tally_all(events, frame, true, &tally);
    for (i = 0; i + frame < n; i++) {
        bnc_tally_remove(tally, events[i].event, events[i].at);
        assert_int_equal(bnc_tally_add(states, &memory, &tally, events[i + frame].event, events[i + frame].at, &error),
                         BNC_OK);
        if (i % 100 != 0)
            continue;
        len = defined_bytes(events + i + 1, frame, bytes);
        tally_bytes(tally, &v);
        expect_bytes(&v, bytes, len);
    }
    bnc_tally_release(&memory, tally);
}

static void
keeps_one_policy(void **state)
{
    bnc_slice a = text_of("benchmark");
    bnc_slice b = text_of("hubspot");
    bnc_slice packed;
    bnc_tally *tally, *other;
    char text[32];
    bnc_slice slice = {text, 0};
    int i;

    (void)state;
    assert_int_equal(bnc_tally_create(&memory, false, &tally), BNC_OK);
    assert_int_equal(bnc_tally_policy(states, tally, &a, &error), BNC_OK);
    /* many others in between: the cache forgets, the tally does not */
    for (i = 0; i < 100; i++) {
        bnc_summary summary;

        slice.len = (size_t)snprintf(text, sizeof(text), "hard=%d", i);
        assert_int_equal(bnc_state_of(states, NULL, &slice, &summary, &error), BNC_OK);
    }
    assert_int_equal(bnc_tally_policy(states, tally, &a, &error), BNC_OK);
    assert_int_equal(bnc_tally_policy(states, tally, &b, &error), BNC_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "same for all rows"));
    assert_int_equal(bnc_tally_policy(states, tally, NULL, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_tally_pack(states, tally, &packed), BNC_OK);
    assert_int_equal(bnc_tally_unpack(states, &memory, packed, &other, &error), BNC_OK);
    assert_int_equal(bnc_tally_merge(states, &memory, &tally, other, &error), BNC_OK);
    bnc_tally_release(&memory, other);
    assert_int_equal(bnc_tally_create(&memory, false, &other), BNC_OK);
    assert_int_equal(bnc_tally_merge(states, &memory, &tally, other, &error), BNC_OK);
    assert_int_equal(bnc_tally_policy(states, other, &b, &error), BNC_OK);
    assert_int_equal(bnc_tally_merge(states, &memory, &tally, other, &error), BNC_BAD_ARGUMENT);
    bnc_tally_release(&memory, other);
    bnc_tally_release(&memory, tally);
}

static void
refuses_hostile_packs(void **state)
{
    static char bytes[600];
    bnc_slice a = text_of("benchmark");
    bnc_slice packed;
    bnc_tally *tally;
    size_t i, len;

    (void)state;
    assert_int_equal(bnc_tally_create(&memory, false, &tally), BNC_OK);
    assert_int_equal(bnc_tally_policy(states, tally, &a, &error), BNC_OK);
    assert_int_equal(bnc_tally_add(states, &memory, &tally, word("hard"), 0, &error), BNC_OK);
    assert_int_equal(bnc_tally_add(states, &memory, &tally, 0, 0, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_tally_add(states, &memory, &tally, word("hard"), INT64_MAX, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_tally_pack(states, tally, &packed), BNC_OK);
    bnc_tally_release(&memory, tally);
    len = packed.len;
    memcpy(bytes, packed.data, len);
    packed.data = bytes;
    for (i = 0; i < len; i++) {
        packed.len = i;
        assert_int_equal(bnc_tally_unpack(states, &memory, packed, &tally, &error), BNC_BAD_ARGUMENT);
    }
    packed.len = len;
    for (i = 0; i < len * 8; i++) {
        bytes[i / 8] ^= (char)(1 << i % 8);
        /* the policy's letters may be upper case */
        if (bnc_tally_unpack(states, &memory, packed, &tally, &error) == BNC_OK) {
            assert_true(i / 8 >= 4 && i / 8 < 4 + a.len);
            bnc_tally_release(&memory, tally);
        }
        bytes[i / 8] ^= (char)(1 << i % 8);
    }
}

/* ---- memory ---- */

/* All that allocates, once; false if memory ran out. */
static bool
use_everything(void)
{
    static bnc_stamp events[EVENTS_MAX];
    bnc_states *own = NULL;
    bnc_tally *a = NULL, *b = NULL;
    bnc_slice policy = text_of("benchmark hard=2");
    bnc_slice slice;
    bnc_summary summary;
    bnc_status status;
    size_t i;
    size_t n = random_events(events, 900, 100000, 50);

    status = bnc_states_create(&memory, engine, &own);
    if (status == BNC_OK)
        status = bnc_tally_create(&memory, false, &a);
    if (status == BNC_OK)
        status = bnc_tally_policy(own, a, &policy, &error);
    for (i = 0; status == BNC_OK && i < n; i++)
        status = bnc_tally_add(own, &memory, &a, events[i].event, events[i].at, &error);
    if (status == BNC_OK)
        status = bnc_tally_pack(own, a, &slice);
    if (status == BNC_OK)
        status = bnc_tally_unpack(own, &memory, slice, &b, &error);
    if (status == BNC_OK)
        status = bnc_tally_merge(own, &memory, &b, a, &error);
    if (status == BNC_OK)
        status = bnc_tally_state(own, b, &summary, &error);
    if (status == BNC_OK)
        status = bnc_summary_write(own, &summary, &slice);
    if (status == BNC_OK)
        status = bnc_tally_history(own, b, &slice);
    if (status == BNC_OK)
        status = bnc_history_add(own, &slice, events[0].event, events[0].at + 1, &slice, &error);
    if (status == BNC_OK)
        status = bnc_history_merge(own, &slice, NULL, &slice, &error);
    if (status == BNC_OK)
        status = bnc_state_of(own, &slice, NULL, &summary, &error);
    bnc_tally_release(&memory, a);
    bnc_tally_release(&memory, b);
    bnc_states_destroy(own);
    assert_true(status == BNC_OK || status == BNC_NO_MEMORY);
    return status == BNC_OK;
}

static void
survives_without_memory(void **state)
{
    size_t before = counted.blocks;
    uint64_t start = chance_seed;
    int allowed;
    bool done = false;

    (void)state;
    for (allowed = 0; !done && allowed < 1000; allowed++) {
        chance_seed = start;
        memory_allow(allowed);
        done = use_everything();
        memory_allow(-1);
        assert_int_equal(counted.blocks, before);
    }
    assert_true(done && allowed > 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(laws_hold_below_the_bound),
                                       cmocka_unit_test(laws_hold_above_the_bound),
                                       cmocka_unit_test(drops_opens_before_failures),
                                       cmocka_unit_test(never_drops_what_lasts),
                                       cmocka_unit_test(has_stable_bytes),
                                       cmocka_unit_test(finds_every_damage),
                                       cmocka_unit_test(refuses_noise),
                                       cmocka_unit_test(refuses_impossible_sets),
                                       cmocka_unit_test(moves_both_ways),
                                       cmocka_unit_test(keeps_one_policy),
                                       cmocka_unit_test(refuses_hostile_packs),
                                       cmocka_unit_test(survives_without_memory)};

    return cmocka_run_group_tests(tests, open_states, close_states);
}
