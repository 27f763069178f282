/*
 * tally.c - what an aggregate keeps for one contact; see state.h.
 *
 * One block: a head, then ten bytes an event, in the order of adding. Sorting, taking out repetitions
 * and the bound wait for the answer, or until a block of the largest size is full. A moving tally has
 * no largest size: what was dropped could not be removed again.
 *
 * The time of the newest dropped event stands among the events, with the code 0.
 */
#include "states.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

#define STAMP_BYTES 10
#define FIRST_SIZE 64
#define LARGEST_SIZE 8192 /* of a bounded tally; holds more than a history does, so that sorting is rare */

#define DROPPED 0 /* no event has this code */

struct bnc_tally {
    bnc_policy *policy; /* NULL: none set */
    uint32_t n;
    uint32_t room : 31; /* events */
    uint32_t moving : 1;
    /* events follow */
};

#define ROOM_OF(size) ((uint32_t)(((size) - sizeof(bnc_tally)) / STAMP_BYTES))

static unsigned char *
place_of(bnc_tally *t, uint32_t i)
{
    return (unsigned char *)(t + 1) + (size_t)i * STAMP_BYTES;
}

static void
write_stamp(bnc_tally *t, uint32_t i, bnc_event event, int64_t at)
{
    unsigned char *place = place_of(t, i);

    memcpy(place, &at, sizeof(at));
    memcpy(place + sizeof(at), &event, sizeof(event));
}

static void
read_stamp(const bnc_tally *t, uint32_t i, bnc_stamp *stamp)
{
    const unsigned char *place = (const unsigned char *)(t + 1) + (size_t)i * STAMP_BYTES;

    memcpy(&stamp->at, place, sizeof(stamp->at));
    memcpy(&stamp->event, place + sizeof(stamp->at), sizeof(stamp->event));
}

static bnc_tally *
new_block(const bnc_allocator *memory, size_t size)
{
    bnc_tally *t = memory->resize(memory->context, NULL, size);

    if (t != NULL)
        t->room = ROOM_OF(size) & INT32_MAX;
    return t;
}

bnc_status
bnc_tally_create(const bnc_allocator *memory, bool moving, bnc_tally **tally)
{
    bnc_tally *t = new_block(memory, FIRST_SIZE);

    if (t == NULL)
        return BNC_NO_MEMORY;
    t->policy = NULL;
    t->n = 0;
    t->moving = moving;
    *tally = t;
    return BNC_OK;
}

void
bnc_tally_release(const bnc_allocator *memory, bnc_tally *t)
{
    if (t == NULL)
        return;
    if (t->policy != NULL)
        bnc_policy_leave(t->policy);
    memory->release(memory->context, t);
}

/* ---- policy ---- */

static bnc_status
differs(bnc_error *error)
{
    snprintf(error->message, sizeof(error->message), "the policy must be the same for all rows of a group");
    return BNC_BAD_ARGUMENT;
}

static bool
same_policy(const bnc_policy *a, const bnc_policy *b)
{
    return a == b || (a->text_len == b->text_len && memcmp(a->text, b->text, a->text_len) == 0);
}

static bnc_status
take_policy(bnc_tally *t, bnc_policy *policy, bnc_error *error)
{
    if (t->policy != NULL)
        return same_policy(t->policy, policy) ? BNC_OK : differs(error);
    policy->users++;
    t->policy = policy;
    return BNC_OK;
}

bnc_status
bnc_tally_policy(bnc_states *states, bnc_tally *t, const bnc_slice *policy, bnc_error *error)
{
    bnc_policy *compiled;
    bnc_status status = bnc_states_policy(states, policy, &compiled, error);

    return status == BNC_OK ? take_policy(t, compiled, error) : status;
}

/* ---- events ---- */

/* The events as they are, in a list with room for more. */
static bool
load(const bnc_tally *t, bnc_stamps *list, size_t more)
{
    bnc_stamp stamp;
    uint32_t i;

    if (!bnc_stamps_clear(list, (t != NULL ? t->n : 0) + more))
        return false;
    for (i = 0; t != NULL && i < t->n; i++) {
        read_stamp(t, i, &stamp);
        if (stamp.event != DROPPED)
            bnc_stamps_add(list, stamp.event, stamp.at);
        else if (stamp.at > list->dropped)
            list->dropped = stamp.at;
    }
    return true;
}

/* The same as a history. */
static bnc_status
settle(bnc_states *states, const bnc_tally *t)
{
    if (!load(t, &states->list, 0) || !bnc_stamps_settle(&states->list, &states->scratch))
        return BNC_NO_MEMORY;
    return BNC_OK;
}

static bnc_status
compact(bnc_states *states, bnc_tally *t)
{
    const bnc_stamps *list = &states->list;
    bnc_status status = settle(states, t);
    uint32_t i;

    if (status != BNC_OK)
        return status;
    for (i = 0; i < list->n; i++)
        write_stamp(t, i, list->item[i].event, list->item[i].at);
    t->n = (uint32_t)list->n;
    if (list->dropped != BNC_TIME_NONE)
        write_stamp(t, t->n++, DROPPED, list->dropped);
    return BNC_OK;
}

static bnc_status
grow(const bnc_allocator *memory, bnc_tally **tally)
{
    bnc_tally *t = *tally;
    size_t size = FIRST_SIZE;
    bnc_tally *larger;

    while (ROOM_OF(size) <= t->room && size < SIZE_MAX / 4)
        size *= 2;
    if (ROOM_OF(size) <= t->room || size / STAMP_BYTES > INT32_MAX)
        return BNC_NO_MEMORY;
    larger = new_block(memory, size);
    if (larger == NULL)
        return BNC_NO_MEMORY;
    larger->policy = t->policy;
    larger->n = t->n;
    larger->moving = t->moving;
    memcpy(larger + 1, t + 1, (size_t)t->n * STAMP_BYTES);
    memory->release(memory->context, t);
    *tally = larger;
    return BNC_OK;
}

/* A code and a time that are known to be good, or DROPPED and its time. */
static bnc_status
add(bnc_states *states, const bnc_allocator *memory, bnc_tally **tally, bnc_event event, int64_t at)
{
    bnc_tally *t = *tally;
    bnc_status status;

    if (t->n == t->room) {
        if (!t->moving && t->room >= ROOM_OF(LARGEST_SIZE))
            status = compact(states, t);
        else
            status = grow(memory, tally);
        if (status != BNC_OK)
            return status;
        t = *tally;
    }
    write_stamp(t, t->n++, event, at);
    return BNC_OK;
}

bnc_status
bnc_tally_add(bnc_states *states, const bnc_allocator *memory, bnc_tally **tally, bnc_event event, int64_t at,
              bnc_error *error)
{
    bnc_status status = bnc_time_check(at, error);

    if (status == BNC_OK && bnc_event_fact_of(event) == NULL) {
        snprintf(error->message, sizeof(error->message), "no event has the code %u", event);
        status = BNC_BAD_ARGUMENT;
    }
    return status == BNC_OK ? add(states, memory, tally, event, at) : status;
}

void
bnc_tally_remove(bnc_tally *t, bnc_event event, int64_t at)
{
    bnc_stamp stamp;
    uint32_t i;

    for (i = 0; i < t->n; i++) {
        read_stamp(t, i, &stamp);
        if (stamp.event == event && stamp.at == at) {
            memmove(place_of(t, i), place_of(t, i + 1), (size_t)(t->n - i - 1) * STAMP_BYTES);
            t->n--;
            return;
        }
    }
}

bnc_status
bnc_tally_add_history(bnc_states *states, const bnc_allocator *memory, bnc_tally **tally, bnc_slice history,
                      bnc_error *error)
{
    /* not in the working memory, which adding may need */
    bnc_stamp item[BNC_HISTORY_MAX];
    bnc_stamps list = {NULL, item, 0, BNC_HISTORY_MAX, BNC_TIME_NONE};
    bnc_status status = bnc_history_read(history, &list, error);
    size_t i;

    for (i = 0; status == BNC_OK && i < list.n; i++)
        status = add(states, memory, tally, item[i].event, item[i].at);
    if (status == BNC_OK && list.dropped != BNC_TIME_NONE)
        status = add(states, memory, tally, DROPPED, list.dropped);
    return status;
}

bnc_status
bnc_tally_merge(bnc_states *states, const bnc_allocator *memory, bnc_tally **tally, const bnc_tally *other,
                bnc_error *error)
{
    bnc_status status = BNC_OK;
    bnc_stamp stamp;
    uint32_t i;

    if (other->policy != NULL)
        status = take_policy(*tally, other->policy, error);
    for (i = 0; status == BNC_OK && i < other->n; i++) {
        read_stamp(other, i, &stamp);
        status = add(states, memory, tally, stamp.event, stamp.at);
    }
    return status;
}

/* ---- answers ---- */

bnc_status
bnc_tally_history(bnc_states *states, const bnc_tally *t, bnc_slice *history)
{
    bnc_status status = settle(states, t);

    if (status != BNC_OK)
        return status;
    history->len = bnc_history_write(&states->list, states->bytes);
    history->data = (const char *)states->bytes;
    return BNC_OK;
}

bnc_status
bnc_tally_state(bnc_states *states, const bnc_tally *t, bnc_summary *summary, bnc_error *error)
{
    bnc_policy *policy = t != NULL ? t->policy : NULL;
    bnc_status status = BNC_OK;

    if (policy == NULL)
        status = bnc_states_policy(states, NULL, &policy, error);
    if (status == BNC_OK)
        status = settle(states, t);
    if (status == BNC_OK)
        bnc_replay(policy, &states->list, &states->room, summary);
    return status;
}

/* ---- partial aggregates: four bytes, the length of the policy's text + 1, or 0; the text; a history ---- */

#define LENGTH_BYTES 4

bnc_status
bnc_tally_pack(bnc_states *states, const bnc_tally *t, bnc_slice *packed)
{
    const bnc_policy *policy = t != NULL ? t->policy : NULL;
    size_t length = policy != NULL ? policy->text_len + 1 : 0;
    unsigned char head[LENGTH_BYTES];
    bnc_buffer *out = &states->answer;
    bnc_slice history;
    bnc_status status = bnc_tally_history(states, t, &history);

    if (status != BNC_OK)
        return status;
    head[0] = (unsigned char)(length >> 24);
    head[1] = (unsigned char)(length >> 16);
    head[2] = (unsigned char)(length >> 8);
    head[3] = (unsigned char)length;
    out->len = 0;
    bnc_buffer_add(out, head, sizeof(head));
    if (policy != NULL)
        bnc_buffer_add(out, policy->text, policy->text_len);
    bnc_buffer_add(out, history.data, history.len);
    if (out->failed) {
        out->failed = false;
        return BNC_NO_MEMORY;
    }
    packed->data = (const char *)out->data;
    packed->len = out->len;
    return BNC_OK;
}

bnc_status
bnc_tally_unpack(bnc_states *states, const bnc_allocator *memory, bnc_slice packed, bnc_tally **tally, bnc_error *error)
{
    const unsigned char *bytes = (const unsigned char *)packed.data;
    bnc_slice policy, history;
    size_t length = 0;
    bnc_tally *t;
    bnc_status status;

    if (packed.len >= LENGTH_BYTES)
        length = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
    policy.data = packed.data + LENGTH_BYTES;
    policy.len = length > 0 ? length - 1 : 0;
    if (packed.len < LENGTH_BYTES || policy.len > packed.len - LENGTH_BYTES) {
        snprintf(error->message, sizeof(error->message), "not a partial aggregate of mailbounce");
        return BNC_BAD_ARGUMENT;
    }
    history.data = policy.data + policy.len;
    history.len = packed.len - LENGTH_BYTES - policy.len;
    status = bnc_tally_create(memory, false, &t);
    if (status != BNC_OK)
        return status;
    if (length > 0)
        status = bnc_tally_policy(states, t, &policy, error);
    if (status == BNC_OK)
        status = bnc_tally_add_history(states, memory, &t, history, error);
    if (status != BNC_OK) {
        bnc_tally_release(memory, t);
        return status;
    }
    *tally = t;
    return BNC_OK;
}
