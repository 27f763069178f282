/*
 * event.h - events inside the core: what a stored code means; users' side is in state.h.
 *
 * The tables come from core/rules/event_codes.tsv at build time. What it must not know: times, histories,
 * keys of policies.
 */
#ifndef BNC_EVENT_H
#define BNC_EVENT_H

#include "event_hash.h"
#include "event_tables.h"
#include "state.h"
#include "vocabulary.h"

typedef enum bnc_event_what {
    BNC_EVENT_IS_NOTHING = 0,
    BNC_EVENT_IS_KIND,
    BNC_EVENT_IS_TYPE,
    BNC_EVENT_IS_CATEGORY
} bnc_event_what;

/* An event that exists. Facts stand in the order of their canonical texts. */
typedef struct bnc_event_fact {
    uint16_t code;
    uint16_t text; /* in bnc_event_pool */
    uint8_t len;
    uint8_t what;
    uint8_t number;    /* bnc_type of a type, category of a category */
    uint8_t came_with; /* bnc_class of a category */
} bnc_event_fact;

extern const bnc_event_fact bnc_event_facts[BNC_N_EVENTS];
extern const uint16_t bnc_event_slots[BNC_EVENT_SLOTS]; /* by hash: place in the facts, BNC_N_EVENTS for none */
extern const uint16_t bnc_event_ranks[BNC_EVENT_CODES]; /* by code: the same */
extern const uint16_t bnc_event_of_category[BNC_N_CATEGORIES];
extern const char bnc_event_pool[];

/* Offset and length in bnc_event_pool: preset, policy, source, description. */
extern const uint32_t bnc_preset_cells[BNC_N_PRESETS][4][2];

/* What a code means; NULL if this version knows no such code. */
static inline const bnc_event_fact *
bnc_event_fact_of(bnc_event event)
{
    if (event >= BNC_EVENT_CODES || bnc_event_ranks[event] == BNC_N_EVENTS)
        return NULL;
    return &bnc_event_facts[bnc_event_ranks[event]];
}

#endif
