/*
 * replay.h - from the events of a contact to its state, under a policy: section "How a state is found" of
 * doc/state.md.
 *
 * What it must not know: bytes of histories, texts of policies.
 */
#ifndef BNC_REPLAY_H
#define BNC_REPLAY_H

#include "history.h"
#include "policy.h"

/* A failure that counts. Lists of strikes are linked by their places; BNC_NO_STRIKE ends them. */
typedef struct bnc_strike {
    int64_t at;
    int16_t category; /* -1: given as a type */
    uint16_t next[2]; /* in its counter; in the counter "any" */
    uint8_t type;     /* 0 hard, 1 soft, 2 block */
} bnc_strike;

#define BNC_NO_STRIKE UINT16_MAX

/* An event in the order of replay. */
typedef struct bnc_turn {
    int64_t at;
    uint16_t event;
    uint16_t order; /* among those of its moment */
    bool bounced;   /* of a delivery: the message bounced later */
} bnc_turn;

/* Working memory of one replay: every event makes at most one strike. */
typedef struct bnc_replay_room {
    bnc_turn turns[BNC_HISTORY_MAX];
    bnc_strike strikes[BNC_HISTORY_MAX];
} bnc_replay_room;

/* history: settled. */
void bnc_replay(const bnc_policy *policy, const bnc_stamps *history, bnc_replay_room *room, bnc_summary *summary);

#endif
