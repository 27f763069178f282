/*
 * history.h - sets of events inside the core; users' side is in state.h.
 *
 * What it must not know: what an event does, policies.
 */
#ifndef BNC_HISTORY_H
#define BNC_HISTORY_H

#include "event.h"
#include "state.h"

#define BNC_HISTORY_MAX (BNC_HISTORY_EVENTS + 3) /* events that a history may hold */

/* An event at its time. */
typedef struct bnc_stamp {
    int64_t at;
    bnc_event event;
} bnc_stamp;

/* Events, and the time of the newest one that was dropped. The owner releases them. */
typedef struct bnc_stamps {
    const bnc_allocator *allocator;
    bnc_stamp *item;
    size_t n, room;
    int64_t dropped; /* BNC_TIME_NONE: none was */
} bnc_stamps;

void bnc_stamps_init(bnc_stamps *stamps, const bnc_allocator *allocator);
void bnc_stamps_release(bnc_stamps *stamps);
/* No events, room for this many. False: no memory. */
bool bnc_stamps_clear(bnc_stamps *stamps, size_t room);
/* There must be room. */
void bnc_stamps_add(bnc_stamps *stamps, bnc_event event, int64_t at);
/* Makes any list a history: in order, without repetitions, within the bound. False: no memory. */
bool bnc_stamps_settle(bnc_stamps *stamps, bnc_stamps *scratch);

/* The bytes of a settled list; returns their number. */
size_t bnc_history_write(const bnc_stamps *stamps, unsigned char bytes[BNC_HISTORY_BYTES]);
/* Adds the events of a history to a list that has room for BNC_HISTORY_MAX more; checks everything. */
bnc_status bnc_history_read(bnc_slice history, bnc_stamps *stamps, bnc_error *error);

#endif
