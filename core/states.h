/*
 * states.h - what a connection or a query keeps between calls: compiled policies and working memory.
 *
 * What it does: owns memory. What it must not know: how a state is found.
 */
#ifndef BNC_STATES_H
#define BNC_STATES_H

#include "history.h"
#include "policy.h"
#include "replay.h"
#include "rules.h"
#include "state.h"

#define BNC_KEPT_POLICIES 8 /* that stay compiled; tallies keep theirs longer */

struct bnc_states {
    bnc_allocator allocator;
    bnc_engine *engine;
    bnc_policy *policies[BNC_KEPT_POLICIES];
    bnc_policy *recent;  /* one of them */
    unsigned long clock; /* counts uses of policies */

    /* working memory of one call */
    bnc_stamps list, scratch;
    bnc_replay_room room;
    unsigned char bytes[BNC_HISTORY_BYTES];
    bnc_buffer answer;
};

/* The compiled form of a policy; it lives until the next call, or longer with a user more. */
bnc_status bnc_states_policy(bnc_states *states, const bnc_slice *text, bnc_policy **policy, bnc_error *error);

#endif
