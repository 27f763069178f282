/*
 * state.h - states of contacts: the part of the core's interface for events, histories, policies
 * and summaries. doc/state.md tells what they mean.
 *
 * What it does: reads events and times, keeps sets of events in few bytes, replays them under a policy.
 * What it must not know: any database, locale, clock, file or process-wide state.
 *
 * Conventions are those of mailbounce.h. An event is a code; codes are stored and never used again.
 * A time is in microseconds since 1970-01-01 00:00 UTC, of the years 0001 to 9999. Slices that a
 * function gives live until the next call with the same bnc_states. A text or a history that
 * may be NULL (const bnc_slice *) is not given then. All errors of users are BNC_BAD_ARGUMENT.
 */
#ifndef BNC_STATE_H
#define BNC_STATE_H

#include "mailbounce.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- times ---- */

#define BNC_TIME_MIN INT64_C(-62135596800000000) /* 0001-01-01T00:00:00.000000Z */
#define BNC_TIME_MAX INT64_C(253402300799999999) /* 9999-12-31T23:59:59.999999Z */
#define BNC_TIME_NONE INT64_MIN                  /* where there is no time */
#define BNC_TIME_TEXT 27                         /* bytes of 2026-01-02T03:04:05.000000Z */

/*
 * Reads ISO-8601 (2026-01-02, 2026-01-02 03:04, 2026-01-02T03:04:05.678+02:00; without a zone it is
 * UTC) or, in text, a number as bnc_time_of_real takes it.
 */
bnc_status bnc_time_read(bnc_slice text, int64_t *time, bnc_error *error);
/* A number under SQLite's rule "auto": from 0 to below 5373484.5 a Julian day, else Unix seconds. */
bnc_status bnc_time_of_real(double number, int64_t *time, bnc_error *error);
bnc_status bnc_time_of_integer(int64_t number, int64_t *time, bnc_error *error);
/* Whether microseconds lie in the years 0001 to 9999. */
bnc_status bnc_time_check(int64_t time, bnc_error *error);
void bnc_time_write(int64_t time, char text[BNC_TIME_TEXT]);

/* ---- what a connection or a query keeps between calls: compiled policies, working memory ---- */

typedef struct bnc_states bnc_states;

/* engine classifies diagnostics, and must live as long. Serves one thread at a time. */
bnc_status bnc_states_create(const bnc_allocator *allocator, bnc_engine *engine, bnc_states **states);
void bnc_states_destroy(bnc_states *states);

/* ---- events ---- */

/* The code of an event: what bnc_event_of gave, or a history holds. 0 is no event. */
typedef uint16_t bnc_event;

/*
 * Reads an event: a kind, a bounce type, a category with or without what came with it, or a
 * diagnostic, which is classified. A single word that is none of these is an error.
 */
bnc_status bnc_event_of(bnc_states *states, bnc_slice text, bnc_event *event, bnc_error *error);
/* The canonical text; lives for ever. Empty: no such event. */
bnc_slice bnc_event_text(bnc_event event);

/* ---- histories: sets of events, as bytes ---- */

/*
 * So many events stay at least; three more may (newest complaint, consent and reactivation).
 * See history.c for which go first, and for the bytes.
 */
#define BNC_HISTORY_EVENTS 512
#define BNC_HISTORY_BYTES (14 + 10 * (BNC_HISTORY_EVENTS + 3))

/* Whether these bytes are a history. Every function below that reads one also checks it. */
bnc_status bnc_history_check(bnc_slice history, bnc_error *error);
/* A history that is not given is empty. */
bnc_status bnc_history_add(bnc_states *states, const bnc_slice *history, bnc_event event, int64_t at, bnc_slice *result,
                           bnc_error *error);
bnc_status bnc_history_merge(bnc_states *states, const bnc_slice *a, const bnc_slice *b, bnc_slice *result,
                             bnc_error *error);

/* ---- states ---- */

typedef enum bnc_state {
    BNC_STATE_ACTIVE = 0,
    BNC_STATE_PENDING,
    BNC_STATE_BLOCK,
    BNC_STATE_SOFT,
    BNC_STATE_HARD,
    BNC_STATE_CONFIRMED,
    BNC_STATE_UNSUBSCRIBED,
    BNC_STATE_COMPLAINED,
    BNC_STATES
} bnc_state;

/* Times may be BNC_TIME_NONE, categories -1. */
typedef struct bnc_summary {
    bnc_state state;
    bnc_slice reason; /* what decided; empty: nothing did. Lives for ever */
    bool sendable;
    bool scored;             /* the policy keeps a score */
    uint32_t strikes[3];     /* outstanding: hard, soft, block */
    int64_t score;           /* in millionths */
    int64_t confirmed_at;    /* none: not confirmed */
    int confirmed_category;  /* of the strike that confirmed */
    int64_t first_strike_at; /* of the outstanding strikes */
    int64_t last_strike_at;  /* the same; while confirmed the strike from which a hold runs */
    int last_category;       /* of that last strike */
    int64_t last_event_at;
    int64_t next_change_at; /* when time alone changes any of the above but last_event_at */
    uint32_t events;        /* kept, also those after the moment of evaluation */
    int64_t dropped;        /* the newest event that the bound dropped */
} bnc_summary;

/* A policy text that is not given, or is empty, is the preset "default". */
bnc_status bnc_state_of(bnc_states *states, const bnc_slice *history, const bnc_slice *policy, bnc_summary *summary,
                        bnc_error *error);
/* Compact JSON, ASCII, keys always all and in the order of the documentation. */
bnc_status bnc_summary_write(bnc_states *states, const bnc_summary *summary, bnc_slice *json);
bnc_slice bnc_state_name(bnc_state state); /* lives for ever */

typedef struct bnc_preset_info {
    bnc_slice name, definition, source, description; /* live for ever */
} bnc_preset_info;

int bnc_preset_count(void);
bnc_preset_info bnc_preset(int preset);

/* ---- tallies: what an aggregate keeps for one contact ---- */

/*
 * One block of memory: 16 bytes and 10 for each event, rounded up to a power of two from 64. Its
 * allocator is given with each call, and may forget sizes: a tally is never resized in place, but
 * allocated anew (block NULL), copied, and released. Nothing else is allocated with it.
 *
 * A tally is bounded as histories are. A moving tally, for window frames whose start moves, counts
 * repeated events, lets them be removed again, and is bounded only in what it answers.
 */
typedef struct bnc_tally bnc_tally;

bnc_status bnc_tally_create(const bnc_allocator *memory, bool moving, bnc_tally **tally);
/* May be left out where memory and the tally's states are given back as a whole. */
void bnc_tally_release(const bnc_allocator *memory, bnc_tally *tally);
/*
 * Sets the policy, or checks that it is the same text as before. The tally then needs the compiled
 * policy, which states own: they must live as long as the tally.
 */
bnc_status bnc_tally_policy(bnc_states *states, bnc_tally *tally, const bnc_slice *policy, bnc_error *error);
/* *tally may move. at is checked. */
bnc_status bnc_tally_add(bnc_states *states, const bnc_allocator *memory, bnc_tally **tally, bnc_event event,
                         int64_t at, bnc_error *error);
/* Of a moving tally: takes one such event out again. */
void bnc_tally_remove(bnc_tally *tally, bnc_event event, int64_t at);
bnc_status bnc_tally_add_history(bnc_states *states, const bnc_allocator *memory, bnc_tally **tally, bnc_slice history,
                                 bnc_error *error);
/* Adds all of other, which stays; their policies must agree. */
bnc_status bnc_tally_merge(bnc_states *states, const bnc_allocator *memory, bnc_tally **tally, const bnc_tally *other,
                           bnc_error *error);
/* Answers, and leaves the tally as it is. tally may be NULL: no events, no policy. */
bnc_status bnc_tally_history(bnc_states *states, const bnc_tally *tally, bnc_slice *history);
bnc_status bnc_tally_state(bnc_states *states, const bnc_tally *tally, bnc_summary *summary, bnc_error *error);
/* For partial aggregates: the text of the policy and the history, as bytes of a fixed order. */
bnc_status bnc_tally_pack(bnc_states *states, const bnc_tally *tally, bnc_slice *packed);
bnc_status bnc_tally_unpack(bnc_states *states, const bnc_allocator *memory, bnc_slice packed, bnc_tally **tally,
                            bnc_error *error);

#ifdef __cplusplus
}
#endif
#endif
