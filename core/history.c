/*
 * history.c - a set of events, and its bytes; see history.h.
 *
 * The bytes. All numbers are big-endian.
 *
 *     1  version, 1
 *     1  flags: bit 0, events were dropped; the others are 0
 *     4  check over all other bytes: any changed byte is found, other damage but once in 2^32
 *     8  only with flag bit 0: the time of the newest dropped event
 *     then for each event, by time and code, each once
 *     8  time: microseconds since 0001-01-01 00:00 UTC
 *     2  code, see rules/event_codes.tsv
 *
 * Equal sets have equal bytes. What can't have been written by bnc_history_write is not read.
 *
 * The bound. Events have one order of worth: failures and whatever else is not named here, before delivered, open
 * and click, before sent; within each the newer before the older, at one time the higher code. Let
 * top(S) be the first BNC_HISTORY_EVENTS events of a set S in that order, last(S) the newest
 * complaint, the newest subscribe or unsubscribe, and the newest reactivate. A history of S keeps
 *
 *     kept(S) = top(S) + last(S)        dropped(S) = the greatest time in S - kept(S)
 *
 * That this is the same for every order, partition and repetition of the adding, follows from two facts.
 *
 * 1. kept(kept(A) + kept(B)) = kept(A + B). An event in top(A + B) has fewer than N events before it
 *    in A + B, so fewer in A or B, whichever it is from: it is in kept(A) + kept(B). Taking top of a part
 *    of A + B that contains top(A + B) gives top(A + B). For last the same holds, as for any maximum.
 * 2. dropped(A + B) = the greatest of dropped(A), dropped(B), and of the times that kept loses when it
 *    is applied to kept(A) + kept(B). What A drops, A + B drops too: N events of A stand before it, and it
 *    is no maximum of A. What A + B drops was dropped from A, or from B, or else is in kept(A) + kept(B).
 *
 * So both are functions of the set of all events ever added, and adding an event is merging the history that
 * holds it alone. An event that comes again after it was dropped is dropped again, and its time is not
 * later than dropped.
 */
#include "history.h"

#include "states.h"

#include <stdio.h>
#include <string.h>

#define VERSION 1
#define FLAG_DROPPED 1
#define HEAD_BYTES 6
#define TIME_BYTES 8
#define EVENT_BYTES 10

/* ---- lists ---- */

void
bnc_stamps_init(bnc_stamps *stamps, const bnc_allocator *allocator)
{
    memset(stamps, 0, sizeof(*stamps));
    stamps->allocator = allocator;
    stamps->dropped = BNC_TIME_NONE;
}

void
bnc_stamps_release(bnc_stamps *stamps)
{
    if (stamps->item != NULL)
        stamps->allocator->release(stamps->allocator->context, stamps->item);
    bnc_stamps_init(stamps, stamps->allocator);
}

bool
bnc_stamps_clear(bnc_stamps *stamps, size_t room)
{
    bnc_stamp *item;

    stamps->n = 0;
    stamps->dropped = BNC_TIME_NONE;
    if (room <= stamps->room)
        return true;
    if (room > SIZE_MAX / 2 / sizeof(bnc_stamp))
        return false;
    room += room / 2;
    item = stamps->allocator->resize(stamps->allocator->context, NULL, room * sizeof(bnc_stamp));
    if (item == NULL)
        return false;
    if (stamps->item != NULL)
        stamps->allocator->release(stamps->allocator->context, stamps->item);
    stamps->item = item;
    stamps->room = room;
    return true;
}

void
bnc_stamps_add(bnc_stamps *stamps, bnc_event event, int64_t at)
{
    stamps->item[stamps->n].at = at;
    stamps->item[stamps->n].event = event;
    stamps->n++;
}

static int
compare(const bnc_stamp *a, const bnc_stamp *b)
{
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->event > b->event) - (a->event < b->event);
}

static void
sort_by_insertion(bnc_stamp *item, size_t n)
{
    bnc_stamp moving;
    size_t i, k;

    for (i = 1; i < n; i++) {
        moving = item[i];
        for (k = i; k > 0 && compare(&item[k - 1], &moving) > 0; k--)
            item[k] = item[k - 1];
        item[k] = moving;
    }
}

static void
merge_runs(const bnc_stamp *a, size_t n_a, const bnc_stamp *b, size_t n_b, bnc_stamp *out)
{
    while (n_a > 0 && n_b > 0) {
        if (compare(a, b) <= 0) {
            *out++ = *a++;
            n_a--;
        } else {
            *out++ = *b++;
            n_b--;
        }
    }
    memcpy(out, n_a > 0 ? a : b, (n_a + n_b) * sizeof(*out));
}

#define RUN 16

/* Merge sort; the C library's qsort may allocate, and is quadratic in some. */
static bool
sort(bnc_stamps *stamps, bnc_stamps *scratch)
{
    bnc_stamp *from = stamps->item;
    bnc_stamp *to, *other;
    size_t n = stamps->n;
    size_t i, width;

    for (i = 1; i < n && compare(&from[i - 1], &from[i]) <= 0; i++)
        ;
    if (i >= n)
        return true;
    if (!bnc_stamps_clear(scratch, n > RUN ? n : 0))
        return false;
    for (i = 0; i < n; i += RUN)
        sort_by_insertion(from + i, n - i < RUN ? n - i : RUN);
    to = scratch->item;
    for (width = RUN; width < n; width *= 2) {
        for (i = 0; i < n; i += 2 * width) {
            size_t n_a = n - i < width ? n - i : width;
            size_t n_b = n - i - n_a < width ? n - i - n_a : width;

            merge_runs(from + i, n_a, from + i + n_a, n_b, to + i);
        }
        other = from;
        from = to;
        to = other;
    }
    if (from != stamps->item)
        memcpy(stamps->item, from, n * sizeof(*from));
    return true;
}

static void
remove_repetitions(bnc_stamps *stamps)
{
    size_t i;
    size_t n = 0;

    for (i = 0; i < stamps->n; i++)
        if (n == 0 || compare(&stamps->item[n - 1], &stamps->item[i]) != 0)
            stamps->item[n++] = stamps->item[i];
    stamps->n = n;
}

/* ---- the bound ---- */

/* What an event is worth; failures and the rest first. */
enum { OF_FAILURES, OF_ENGAGEMENT, OF_SENDING, WORTHS };

static int
worth_of(bnc_event event)
{
    switch (event) {
    case BNC_EVENT_SENT:
        return OF_SENDING;
    case BNC_EVENT_DELIVERED:
    case BNC_EVENT_OPEN:
    case BNC_EVENT_CLICK:
        return OF_ENGAGEMENT;
    default:
        return OF_FAILURES;
    }
}

/* Events of which the newest always stays: complaint, consent, reactivation. */
enum { A_COMPLAINT, A_CONSENT, A_REACTIVATION, LASTING };

static int
lasting_of(bnc_event event)
{
    switch (event) {
    case BNC_EVENT_COMPLAINT:
        return A_COMPLAINT;
    case BNC_EVENT_SUBSCRIBE:
    case BNC_EVENT_UNSUBSCRIBE:
        return A_CONSENT;
    case BNC_EVENT_REACTIVATE:
        return A_REACTIVATION;
    default:
        return LASTING;
    }
}

/* kept and dropped, as above; of events in order, from the newest to the oldest. */
static void
drop_beyond_bound(bnc_stamps *stamps)
{
    size_t places[WORTHS] = {0};
    bool seen[LASTING + 1] = {false};
    size_t left = BNC_HISTORY_EVENTS;
    size_t to = stamps->n;
    size_t i;
    int worth, lasting;
    bnc_stamp *stamp;

    if (stamps->n <= BNC_HISTORY_EVENTS)
        return;
    for (i = 0; i < stamps->n; i++)
        places[worth_of(stamps->item[i].event)]++;
    for (worth = 0; worth < WORTHS; worth++) {
        if (places[worth] > left)
            places[worth] = left;
        left -= places[worth];
    }
    seen[LASTING] = true;
    for (i = stamps->n; i-- > 0;) {
        stamp = &stamps->item[i];
        worth = worth_of(stamp->event);
        lasting = lasting_of(stamp->event);
        if (places[worth] > 0 || !seen[lasting]) {
            if (places[worth] > 0)
                places[worth]--;
            seen[lasting] = true;
            stamps->item[--to] = *stamp;
        } else if (stamp->at > stamps->dropped) {
            stamps->dropped = stamp->at;
        }
    }
    stamps->n -= to;
    memmove(stamps->item, stamps->item + to, stamps->n * sizeof(*stamps->item));
}

bool
bnc_stamps_settle(bnc_stamps *stamps, bnc_stamps *scratch)
{
    if (!sort(stamps, scratch))
        return false;
    remove_repetitions(stamps);
    drop_beyond_bound(stamps);
    return true;
}

/* ---- bytes ---- */

/* Written out, so that compilers make single instructions of them. */

static void
put_16(unsigned char *to, uint32_t number)
{
    to[0] = (unsigned char)(number >> 8);
    to[1] = (unsigned char)number;
}

static void
put_32(unsigned char *to, uint32_t number)
{
    put_16(to, number >> 16);
    put_16(to + 2, number & 0xffff);
}

static void
put_64(unsigned char *to, uint64_t number)
{
    put_32(to, (uint32_t)(number >> 32));
    put_32(to + 4, (uint32_t)number);
}

static uint32_t
get_16(const unsigned char *from)
{
    return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t
get_32(const unsigned char *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static uint64_t
get_64(const unsigned char *from)
{
    return (uint64_t)get_32(from) << 32 | get_32(from + 4);
}

static uint32_t
rotate(uint32_t x, int by)
{
    return x << by | x >> (32 - by);
}

/* Each word goes in by steps that can be undone: a change in one word always changes the result. */
static uint32_t
check_word(uint32_t check, uint32_t word)
{
    return rotate(check ^ rotate(word * 0xcc9e2d51u, 15) * 0x1b873593u, 13) * 5 + 0xe6546b64u;
}

/* n is even. */
static uint32_t
check_over(uint32_t check, const unsigned char *bytes, size_t n)
{
    check ^= (uint32_t)n;
    for (; n >= 4; n -= 4, bytes += 4)
        check = check_word(check, get_32(bytes));
    if (n > 0)
        check = check_word(check, get_16(bytes));
    check = (check ^ check >> 16) * 0x85ebca6bu;
    return check ^ check >> 13;
}

static uint32_t
check_of(const unsigned char *bytes, size_t len)
{
    return check_over(get_16(bytes), bytes + HEAD_BYTES, len - HEAD_BYTES);
}

static void
put_time(unsigned char *to, int64_t time)
{
    put_64(to, (uint64_t)(time - BNC_TIME_MIN));
}

/* False: outside the years that there are. */
static bool
get_time(const unsigned char *from, int64_t *time)
{
    uint64_t since = get_64(from);

    if (since > (uint64_t)(BNC_TIME_MAX - BNC_TIME_MIN))
        return false;
    *time = (int64_t)since + BNC_TIME_MIN;
    return true;
}

size_t
bnc_history_write(const bnc_stamps *stamps, unsigned char bytes[BNC_HISTORY_BYTES])
{
    unsigned char *at = bytes + HEAD_BYTES;
    size_t i;

    bytes[0] = VERSION;
    bytes[1] = 0;
    if (stamps->dropped != BNC_TIME_NONE) {
        bytes[1] = FLAG_DROPPED;
        put_time(at, stamps->dropped);
        at += TIME_BYTES;
    }
    for (i = 0; i < stamps->n; i++) {
        put_time(at, stamps->item[i].at);
        put_16(at + TIME_BYTES, stamps->item[i].event);
        at += EVENT_BYTES;
    }
    put_32(bytes + 2, check_of(bytes, (size_t)(at - bytes)));
    return (size_t)(at - bytes);
}

static bnc_status
damaged(bnc_error *error, const char *how)
{
    snprintf(error->message, sizeof(error->message), "not a bounce history: %s", how);
    return BNC_BAD_ARGUMENT;
}

/* Reads one event behind last, which is NULL for the first. */
static bnc_status
read_event(const unsigned char *bytes, const bnc_stamp *last, bnc_stamp *stamp, bnc_error *error)
{
    stamp->event = (bnc_event)get_16(bytes + TIME_BYTES);
    if (!get_time(bytes, &stamp->at))
        return damaged(error, "a time lies outside the years 0001 to 9999");
    if (bnc_event_fact_of(stamp->event) == NULL) {
        snprintf(error->message, sizeof(error->message),
                 "not a bounce history, or one of a newer version of mailbounce: unknown event code %u", stamp->event);
        return BNC_BAD_ARGUMENT;
    }
    if (last != NULL && compare(last, stamp) >= 0)
        return damaged(error, "its events are out of order");
    return BNC_OK;
}

/* What no adding can lead to: more events than the bound keeps, or fewer after some were dropped. */
static bnc_status
check_bound(const bnc_stamp *item, size_t n, bool dropped, bnc_error *error)
{
    size_t places[WORTHS] = {0};
    size_t beyond = 0;
    bool seen[LASTING + 1] = {false};
    size_t i;
    int lasting;

    if (dropped && n < BNC_HISTORY_EVENTS)
        return damaged(error, "events were dropped below the bound");
    if (n <= BNC_HISTORY_EVENTS)
        return BNC_OK;
    /* the surplus: the oldest failures, each the newest of those that never go */
    for (i = 0; i < n; i++)
        places[worth_of(item[i].event)]++;
    if (places[OF_FAILURES] != n)
        return damaged(error, "it exceeds its bound");
    for (i = n; i-- > 0;) {
        lasting = lasting_of(item[i].event);
        if (n - i > BNC_HISTORY_EVENTS && (lasting == LASTING || seen[lasting]))
            beyond++;
        seen[lasting] = true;
    }
    return beyond > 0 ? damaged(error, "it exceeds its bound") : BNC_OK;
}

bnc_status
bnc_history_read(bnc_slice history, bnc_stamps *stamps, bnc_error *error)
{
    const unsigned char *bytes = (const unsigned char *)history.data;
    bnc_stamp *first = stamps->item + stamps->n;
    int64_t dropped = BNC_TIME_NONE;
    size_t head = HEAD_BYTES;
    size_t n, i;
    bnc_status status;

    if (history.len < HEAD_BYTES)
        return damaged(error, "too few bytes");
    if (bytes[0] != VERSION) {
        snprintf(error->message, sizeof(error->message),
                 "not a bounce history, or one of a newer version of mailbounce: it starts with %u", bytes[0]);
        return BNC_BAD_ARGUMENT;
    }
    if ((bytes[1] & ~FLAG_DROPPED) != 0)
        return damaged(error, "unknown flags");
    if (bytes[1] == FLAG_DROPPED)
        head += TIME_BYTES;
    if (history.len < head || (history.len - head) % EVENT_BYTES != 0 || history.len > BNC_HISTORY_BYTES)
        return damaged(error, "a wrong number of bytes");
    if (get_32(bytes + 2) != check_of(bytes, history.len))
        return damaged(error, "its bytes were changed");
    if (head > HEAD_BYTES && !get_time(bytes + HEAD_BYTES, &dropped))
        return damaged(error, "a time lies outside the years 0001 to 9999");
    n = (history.len - head) / EVENT_BYTES;
    for (i = 0; i < n; i++) {
        status = read_event(bytes + head + i * EVENT_BYTES, i > 0 ? &first[i - 1] : NULL, &first[i], error);
        if (status != BNC_OK)
            return status;
    }
    status = check_bound(first, n, dropped != BNC_TIME_NONE, error);
    if (status != BNC_OK)
        return status;
    stamps->n += n;
    if (dropped > stamps->dropped)
        stamps->dropped = dropped;
    return BNC_OK;
}

bnc_status
bnc_history_check(bnc_slice history, bnc_error *error)
{
    bnc_stamp item[BNC_HISTORY_MAX];
    bnc_stamps stamps = {NULL, item, 0, BNC_HISTORY_MAX, BNC_TIME_NONE};

    return bnc_history_read(history, &stamps, error);
}

bnc_status
bnc_history_add(bnc_states *states, const bnc_slice *history, bnc_event event, int64_t at, bnc_slice *result,
                bnc_error *error)
{
    bnc_stamps *list = &states->list;
    bnc_status status;

    if (!bnc_stamps_clear(list, BNC_HISTORY_MAX + 1))
        return BNC_NO_MEMORY;
    status = bnc_time_check(at, error);
    if (status == BNC_OK && bnc_event_fact_of(event) == NULL)
        status = damaged(error, "no such event");
    if (status == BNC_OK && history != NULL)
        status = bnc_history_read(*history, list, error);
    if (status != BNC_OK)
        return status;
    bnc_stamps_add(list, event, at);
    if (!bnc_stamps_settle(list, &states->scratch))
        return BNC_NO_MEMORY;
    result->len = bnc_history_write(list, states->bytes);
    result->data = (const char *)states->bytes;
    return BNC_OK;
}

bnc_status
bnc_history_merge(bnc_states *states, const bnc_slice *a, const bnc_slice *b, bnc_slice *result, bnc_error *error)
{
    bnc_stamps *list = &states->list;
    bnc_status status = BNC_OK;

    if (!bnc_stamps_clear(list, 2 * BNC_HISTORY_MAX))
        return BNC_NO_MEMORY;
    if (a != NULL)
        status = bnc_history_read(*a, list, error);
    if (status == BNC_OK && b != NULL)
        status = bnc_history_read(*b, list, error);
    if (status != BNC_OK)
        return status;
    if (!bnc_stamps_settle(list, &states->scratch))
        return BNC_NO_MEMORY;
    result->len = bnc_history_write(list, states->bytes);
    result->data = (const char *)states->bytes;
    return BNC_OK;
}
