/*
 * policy.h - a policy, read from its text (doc/state.md): everything that the replay asks.
 *
 * What it must not know: events of a contact, how they are replayed.
 */
#ifndef BNC_POLICY_H
#define BNC_POLICY_H

#include "event.h"
#include "state.h"

#define BNC_FOREVER INT64_MAX
#define BNC_MILLION 1000000 /* decimals count millionths */

/* What an event does under a policy. */
typedef enum bnc_role {
    BNC_ROLE_NOTHING = 0,
    BNC_ROLE_PLAIN, /* sent, reactivate: nothing unless reset or lift name it, as each kind may be named */
    BNC_ROLE_DELIVERED,
    BNC_ROLE_ENGAGED, /* open, click */
    BNC_ROLE_SUBSCRIBE,
    BNC_ROLE_PENDING,
    BNC_ROLE_STRIKE_HARD, /* these three in the order of the counters */
    BNC_ROLE_STRIKE_SOFT,
    BNC_ROLE_STRIKE_BLOCK,
    BNC_ROLE_COMPLAINT,
    BNC_ROLE_UNSUBSCRIBE
} bnc_role;

/* Counters; a category with a limit has one of its own after these. */
enum {
    BNC_COUNTER_HARD,
    BNC_COUNTER_SOFT,
    BNC_COUNTER_BLOCK,
    BNC_COUNTER_ANY,
    BNC_COUNTER_SCORE,
    BNC_COUNTER_CATEGORY,
    BNC_COUNTERS_MAX = BNC_COUNTER_CATEGORY + BNC_N_CATEGORIES
};

typedef struct bnc_counter {
    uint32_t limit;              /* 0: never */
    int category;                /* whose counter it is, or -1 */
    bool by_day;                 /* dedupe=day */
    int64_t window, stale, hold; /* BNC_FOREVER: off */
    int64_t span, dedupe;        /* 0: off */
} bnc_counter;

typedef struct bnc_policy {
    bnc_allocator allocator;
    char *text;
    size_t text_len;
    uint32_t users; /* tallies that hold it, and the cache */
    unsigned long used;

    uint8_t roles[BNC_EVENT_CODES];
    uint8_t counter_of[BNC_N_CATEGORIES]; /* 0: that of its type */
    bnc_counter counters[BNC_COUNTERS_MAX];
    int n_counters;
    uint32_t engaged; /* soft's limit once engaged */
    uint32_t complaint;
    uint32_t reset, lift; /* sets of kinds: bit of the event's code */
    int64_t settle, pending;
    bool scored;
    int64_t score, weights[3], erode; /* millionths */
    int64_t asof;                     /* BNC_TIME_NONE: the newest event */
} bnc_policy;

bnc_status bnc_policy_compile(const bnc_allocator *allocator, bnc_slice text, bnc_policy **policy, bnc_error *error);

/* Takes a user from a policy, which goes with the last one. */
void bnc_policy_leave(bnc_policy *policy);

/* The name of a counter, as the reason of a state. */
bnc_slice bnc_counter_name(const bnc_policy *policy, int counter);

#endif
