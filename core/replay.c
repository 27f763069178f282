/*
 * replay.c - how a state is found; see replay.h. The numbers in comments are those of the rules
 * in doc/state.md, "How a state is found".
 *
 * What falls due at a moment (a hold that lapses, a pending event that matures) comes before the events
 * of that moment. All that is needed of the unsettled pending events is the oldest: whatever settles
 * one settles all.
 */
#include "replay.h"

#include "text.h"
#include "times.h"

#include <string.h>

/* Where a strike is linked: in the counter of its type or category, and perhaps in "any". */
enum { OWN, ANY };

/* The strikes that a counter counts, oldest first. */
typedef struct run {
    uint16_t first, last;
    uint32_t count;
    int64_t last_at; /* of the last strike counted; BNC_TIME_NONE when zeroed */
} run;

typedef struct replay {
    const bnc_policy *policy;
    bnc_replay_room *room;
    uint16_t n_turns, n_strikes;
    int64_t asof;

    run runs[BNC_COUNTERS_MAX];
    int64_t score;
    bool engaged, unsubscribed;
    uint32_t complaints;

    int64_t pending_at; /* of the oldest unsettled pending event; BNC_TIME_NONE: there is none */
    int pending_category;

    int decided_by; /* the counter that confirmed; -1: not confirmed */
    int64_t confirmed_at;
    int confirmed_category;
    int64_t held_from; /* the last strike while confirmed, from which the hold runs */
    int held_category;
} replay;

/* ---- the order of events ---- */

static uint16_t
order_of(const bnc_policy *policy, bnc_event event)
{
    enum { FIRST, PENDING, FAILURE, LAST };
    int group;

    switch ((bnc_role)policy->roles[event]) {
    case BNC_ROLE_PENDING:
        group = PENDING;
        break;
    case BNC_ROLE_STRIKE_HARD:
    case BNC_ROLE_STRIKE_SOFT:
    case BNC_ROLE_STRIKE_BLOCK:
        group = FAILURE;
        break;
    case BNC_ROLE_COMPLAINT:
    case BNC_ROLE_UNSUBSCRIBE:
        group = LAST;
        break;
    default:
        group = FIRST;
        break;
    }
    return (uint16_t)(group << 12 | bnc_event_ranks[event]);
}

/* The events up to asof: by time, at one time by group, then by canonical text. */
static void
take_turns(replay *r, const bnc_stamps *history)
{
    bnc_turn *turns = r->room->turns;
    bnc_turn turn;
    size_t i, k;

    for (i = 0; i < history->n && history->item[i].at <= r->asof; i++) {
        turn.at = history->item[i].at;
        turn.event = history->item[i].event;
        turn.order = order_of(r->policy, turn.event);
        turn.bounced = false;
        for (k = i; k > 0 && turns[k - 1].at == turn.at && turns[k - 1].order > turn.order; k--)
            turns[k] = turns[k - 1];
        turns[k] = turn;
    }
    r->n_turns = (uint16_t)i;
}

/* 4. A delivery did not happen if a failure has the same time or comes less than "settle" later. */
static void
find_bounced_deliveries(replay *r)
{
    bnc_turn *turn;
    int64_t failed = BNC_TIME_NONE; /* the next failure */
    uint16_t i;

    for (i = r->n_turns; i-- > 0;) {
        turn = &r->room->turns[i];
        switch ((bnc_role)r->policy->roles[turn->event]) {
        case BNC_ROLE_STRIKE_HARD:
        case BNC_ROLE_STRIKE_SOFT:
        case BNC_ROLE_STRIKE_BLOCK:
            failed = turn->at;
            break;
        case BNC_ROLE_DELIVERED:
            turn->bounced = failed != BNC_TIME_NONE && failed - turn->at < r->policy->settle;
            break;
        default:
            break;
        }
    }
}

/* ---- counters ---- */

static void
empty(run *counted)
{
    counted->first = counted->last = BNC_NO_STRIKE;
    counted->count = 0;
    counted->last_at = BNC_TIME_NONE;
}

static void
zero_counters(replay *r)
{
    int i;

    for (i = 0; i < r->policy->n_counters; i++)
        empty(&r->runs[i]);
    r->score = 0;
}

static void
settle_pending(replay *r)
{
    r->pending_at = BNC_TIME_NONE;
}

static void
append(replay *r, int counter, int link, uint16_t strike)
{
    run *counted = &r->runs[counter];

    if (counted->count++ == 0)
        counted->first = strike;
    else
        r->room->strikes[counted->last].next[link] = strike;
    counted->last = strike;
    counted->last_at = r->room->strikes[strike].at;
}

/* Drops the strikes that are not younger than the counter's window at this time. */
static void
look_through_window(replay *r, int counter, int64_t at)
{
    const bnc_strike *strikes = r->room->strikes;
    run *counted = &r->runs[counter];
    int64_t window = r->policy->counters[counter].window;
    int link = counter == BNC_COUNTER_ANY ? ANY : OWN;

    while (counted->count > 0 && at - strikes[counted->first].at >= window) {
        counted->first = strikes[counted->first].next[link];
        counted->count--;
    }
}

static bool
is_stale(const bnc_counter *keys, const run *counted, int64_t at)
{
    return counted->last_at != BNC_TIME_NONE && at - counted->last_at > keys->stale;
}

static bool
is_too_close(const bnc_counter *keys, const run *counted, int64_t at)
{
    if (counted->last_at == BNC_TIME_NONE)
        return false;
    if (keys->by_day)
        return bnc_time_day(at) == bnc_time_day(counted->last_at);
    return at - counted->last_at < keys->dedupe;
}

/* 3., 7. Whether a counter to which a strike was just added reaches its limit, and spans enough. */
static bool
reaches_limit(replay *r, int counter, int64_t at)
{
    const bnc_counter *keys = &r->policy->counters[counter];
    const run *counted = &r->runs[counter];
    uint32_t limit = counter == BNC_COUNTER_SOFT && r->engaged ? r->policy->engaged : keys->limit;

    look_through_window(r, counter, at);
    if (limit == 0 || counted->count < limit)
        return false;
    return at - r->room->strikes[counted->first].at >= keys->span;
}

/* ---- strikes ---- */

static void
confirm(replay *r, int counter, int64_t at, int category)
{
    r->decided_by = counter;
    r->confirmed_at = r->held_from = at;
    r->confirmed_category = r->held_category = category;
}

static uint16_t
new_strike(replay *r, int64_t at, int type, int category)
{
    bnc_strike *strike = &r->room->strikes[r->n_strikes];

    strike->at = at;
    strike->category = (int16_t)category;
    strike->type = (uint8_t)type;
    strike->next[OWN] = strike->next[ANY] = BNC_NO_STRIKE;
    return r->n_strikes++;
}

/* 7. The order of the keys, for a counter of a type or of a category. */
static void
count_strike(replay *r, int counter, int64_t at, int type, int category)
{
    const bnc_counter *keys = &r->policy->counters[counter];
    uint16_t strike;

    if (is_stale(keys, &r->runs[counter], at))
        empty(&r->runs[counter]);
    if (is_too_close(keys, &r->runs[counter], at))
        return;
    strike = new_strike(r, at, type, category);
    append(r, counter, OWN, strike);
    /* 2. "any" takes what a type's counter took */
    if (counter < BNC_COUNTER_ANY)
        append(r, BNC_COUNTER_ANY, ANY, strike);
    if (reaches_limit(r, counter, at))
        confirm(r, counter, at, category);
    else if (counter < BNC_COUNTER_ANY && reaches_limit(r, BNC_COUNTER_ANY, at))
        confirm(r, BNC_COUNTER_ANY, at, category);
}

/* 7. In score mode "stale" and "dedupe" look at the last strike added to the score, of whatever type. */
static void
score_strike(replay *r, int64_t at, int type, int category)
{
    const bnc_counter *keys = &r->policy->counters[BNC_COUNTER_SCORE];
    run *scored = &r->runs[BNC_COUNTER_SCORE];
    int i;

    if (is_stale(keys, scored, at)) {
        r->score = 0;
        empty(scored);
        for (i = BNC_COUNTER_HARD; i <= BNC_COUNTER_BLOCK; i++)
            empty(&r->runs[i]);
    }
    if (is_too_close(keys, scored, at))
        return;
    append(r, type, OWN, new_strike(r, at, type, category));
    scored->last_at = at;
    r->score += r->policy->weights[type];
    if (r->score >= r->policy->score)
        confirm(r, BNC_COUNTER_SCORE, at, category);
}

/* 1. counter: that of the type, or of the category. */
static void
strike(replay *r, int counter, int64_t at, int type, int category)
{
    /* 5. settled even by a strike that is dropped, or comes while confirmed */
    settle_pending(r);
    if (r->decided_by >= 0) {
        /* 3. */
        r->held_from = at;
        r->held_category = category;
    } else if (r->policy->scored && counter < BNC_COUNTER_ANY) {
        score_strike(r, at, type, category);
    } else {
        count_strike(r, counter, at, type, category);
    }
}

/* ---- what falls due ---- */

/* The sum of a time and a duration, or BNC_TIME_NONE if that never comes. */
static int64_t
after(int64_t time, int64_t duration)
{
    return time == BNC_TIME_NONE || duration == BNC_FOREVER ? BNC_TIME_NONE : time + duration;
}

static int64_t
hold_lapses_at(const replay *r)
{
    if (r->decided_by < 0)
        return BNC_TIME_NONE;
    return after(r->held_from, r->policy->counters[r->decided_by].hold);
}

static int64_t
pending_matures_at(const replay *r)
{
    return after(r->pending_at, r->policy->pending);
}

/* All that falls due up to a moment, in the order of time; a lapse comes first, as at any strike. */
static void
let_fall_due(replay *r, int64_t until)
{
    for (;;) {
        int64_t lapse = hold_lapses_at(r);
        int64_t mature = pending_matures_at(r);
        bool lapses = lapse != BNC_TIME_NONE && lapse <= until;
        bool matures = mature != BNC_TIME_NONE && mature <= until;

        if (lapses && (!matures || lapse <= mature)) {
            /* 3. free again; 5. this settles no pending event */
            r->decided_by = -1;
            zero_counters(r);
        } else if (matures) {
            /* 5. one soft strike, which settles the other pending events */
            strike(r, BNC_COUNTER_SOFT, mature, BNC_COUNTER_SOFT, r->pending_category);
        } else {
            return;
        }
    }
}

/* ---- events ---- */

/* 4. The set of kinds is that of "reset" or "lift", whichever applies. */
static void
clear_if_named(replay *r, bnc_event kind)
{
    uint32_t named = r->decided_by >= 0 ? r->policy->lift : r->policy->reset;

    if ((named >> kind & 1) == 0)
        return;
    r->decided_by = -1;
    zero_counters(r);
    settle_pending(r);
}

static void
take_delivery(replay *r, const bnc_turn *turn)
{
    if (turn->bounced)
        return;
    settle_pending(r);
    r->score = r->score > r->policy->erode ? r->score - r->policy->erode : 0;
    clear_if_named(r, turn->event);
}

/* 4. New consent ends everything. */
static void
take_consent(replay *r)
{
    r->complaints = 0;
    r->unsubscribed = false;
    r->decided_by = -1;
    zero_counters(r);
    settle_pending(r);
}

static int
category_of(bnc_event event)
{
    const bnc_event_fact *fact = bnc_event_fact_of(event);

    return fact->what == BNC_EVENT_IS_CATEGORY ? fact->number : -1;
}

static void
take_pending(replay *r, const bnc_turn *turn)
{
    if (r->pending_at != BNC_TIME_NONE)
        return;
    r->pending_at = turn->at;
    r->pending_category = category_of(turn->event);
}

static void
take_failure(replay *r, const bnc_turn *turn, int type)
{
    int category = category_of(turn->event);
    int counter = category >= 0 && r->policy->counter_of[category] != 0 ? r->policy->counter_of[category] : type;

    strike(r, counter, turn->at, type, category);
}

static void
take(replay *r, const bnc_turn *turn)
{
    bnc_role role = (bnc_role)r->policy->roles[turn->event];

    switch (role) {
    case BNC_ROLE_NOTHING:
        break;
    case BNC_ROLE_PLAIN:
        clear_if_named(r, turn->event);
        break;
    case BNC_ROLE_DELIVERED:
        take_delivery(r, turn);
        break;
    case BNC_ROLE_ENGAGED:
        r->engaged = true;
        clear_if_named(r, turn->event);
        break;
    case BNC_ROLE_SUBSCRIBE:
        take_consent(r);
        break;
    case BNC_ROLE_PENDING:
        take_pending(r, turn);
        break;
    case BNC_ROLE_STRIKE_HARD:
    case BNC_ROLE_STRIKE_SOFT:
    case BNC_ROLE_STRIKE_BLOCK:
        take_failure(r, turn, (int)role - BNC_ROLE_STRIKE_HARD);
        break;
    case BNC_ROLE_COMPLAINT:
        r->complaints++;
        clear_if_named(r, turn->event);
        break;
    case BNC_ROLE_UNSUBSCRIBE:
        r->unsubscribed = true;
        clear_if_named(r, turn->event);
        break;
    }
}

/* ---- the answer ---- */

/* 7. The strikes outstanding at asof, in whichever counter. */
static void
sum_strikes(replay *r, bnc_summary *s)
{
    const bnc_strike *strikes = r->room->strikes;
    uint16_t newest = BNC_NO_STRIKE;
    uint16_t i;
    int counter;

    for (counter = 0; counter < r->policy->n_counters; counter++) {
        if (counter == BNC_COUNTER_ANY || counter == BNC_COUNTER_SCORE)
            continue;
        look_through_window(r, counter, r->asof);
        if (r->runs[counter].count == 0)
            continue;
        for (i = r->runs[counter].first; i != BNC_NO_STRIKE; i = strikes[i].next[OWN])
            s->strikes[strikes[i].type]++;
        i = r->runs[counter].first;
        if (s->first_strike_at == BNC_TIME_NONE || strikes[i].at < s->first_strike_at)
            s->first_strike_at = strikes[i].at;
        i = r->runs[counter].last;
        if (newest == BNC_NO_STRIKE || i > newest)
            newest = i;
    }
    if (newest != BNC_NO_STRIKE) {
        s->last_strike_at = strikes[newest].at;
        s->last_category = strikes[newest].category;
    }
}

/* 6. The first that holds. */
static void
name_state(const replay *r, bnc_summary *s)
{
    const bnc_policy *p = r->policy;

    if (p->complaint > 0 && r->complaints >= p->complaint) {
        s->state = BNC_STATE_COMPLAINED;
        s->reason = bnc_event_text(BNC_EVENT_COMPLAINT);
    } else if (r->unsubscribed) {
        s->state = BNC_STATE_UNSUBSCRIBED;
        s->reason = bnc_event_text(BNC_EVENT_UNSUBSCRIBE);
    } else if (r->decided_by >= 0) {
        s->state = BNC_STATE_CONFIRMED;
        s->reason = bnc_counter_name(p, r->decided_by);
    } else if (s->strikes[BNC_COUNTER_HARD] > 0) {
        s->state = BNC_STATE_HARD;
    } else if (s->strikes[BNC_COUNTER_SOFT] > 0) {
        s->state = BNC_STATE_SOFT;
    } else if (s->strikes[BNC_COUNTER_BLOCK] > 0) {
        s->state = BNC_STATE_BLOCK;
    } else if (r->pending_at != BNC_TIME_NONE) {
        s->state = BNC_STATE_PENDING;
    }
    s->sendable = s->state < BNC_STATE_CONFIRMED;
}

static void
start_summary(const replay *r, bnc_summary *s)
{
    memset(s, 0, sizeof(*s));
    s->reason = bnc_event_text(0);
    s->confirmed_at = s->first_strike_at = s->last_strike_at = s->last_event_at = s->next_change_at = BNC_TIME_NONE;
    s->confirmed_category = s->last_category = -1;
    s->scored = r->policy->scored;
}

/* All of the answer that time can change, at asof. */
static void
describe(replay *r, bnc_summary *s)
{
    start_summary(r, s);
    sum_strikes(r, s);
    name_state(r, s);
    s->score = r->score;
    if (r->decided_by >= 0) {
        s->confirmed_at = r->confirmed_at;
        s->confirmed_category = r->confirmed_category;
        s->last_strike_at = r->held_from;
        s->last_category = r->held_category;
    }
}

static bool
same_answer(const bnc_summary *a, const bnc_summary *b)
{
    return a->state == b->state && bnc_slice_equal(a->reason, b->reason) &&
           memcmp(a->strikes, b->strikes, sizeof(a->strikes)) == 0 && a->score == b->score &&
           a->confirmed_at == b->confirmed_at && a->confirmed_category == b->confirmed_category &&
           a->first_strike_at == b->first_strike_at && a->last_strike_at == b->last_strike_at &&
           a->last_category == b->last_category;
}

/* The earlier of two times that may be BNC_TIME_NONE. */
static int64_t
earlier(int64_t a, int64_t b)
{
    if (a == BNC_TIME_NONE)
        return b;
    return b == BNC_TIME_NONE || a < b ? a : b;
}

/* When the first of the strikes that sum_strikes counted leaves its window. */
static int64_t
window_passes_at(const replay *r)
{
    int64_t passes = BNC_TIME_NONE;
    int64_t oldest;
    int counter;

    for (counter = 0; counter < r->policy->n_counters; counter++) {
        if (counter == BNC_COUNTER_ANY || r->runs[counter].count == 0)
            continue;
        oldest = r->room->strikes[r->runs[counter].first].at;
        passes = earlier(passes, after(oldest, r->policy->counters[counter].window));
    }
    return passes;
}

/*
 * When time alone next changes what s says. A strike that leaves its window always does, and so does a hold
 * that lapses; a pending event that matures may not: its strike may be too close to another, or hidden by
 * what was decided. The replay goes on to that moment to see.
 */
static int64_t
next_change(replay *r, const bnc_summary *s)
{
    bnc_summary then;
    int64_t sure, matures;

    for (;;) {
        sure = earlier(window_passes_at(r), hold_lapses_at(r));
        matures = pending_matures_at(r);
        if (matures == BNC_TIME_NONE || (sure != BNC_TIME_NONE && sure <= matures))
            return sure <= BNC_TIME_MAX ? sure : BNC_TIME_NONE;
        if (matures > BNC_TIME_MAX)
            return BNC_TIME_NONE;
        let_fall_due(r, matures);
        r->asof = matures;
        describe(r, &then);
        if (!same_answer(s, &then))
            return matures;
    }
}

void
bnc_replay(const bnc_policy *policy, const bnc_stamps *history, bnc_replay_room *room, bnc_summary *summary)
{
    replay r;
    uint16_t i;

    memset(&r, 0, sizeof(r));
    r.policy = policy;
    r.room = room;
    r.decided_by = -1;
    settle_pending(&r);
    zero_counters(&r);
    r.asof = policy->asof;
    if (r.asof == BNC_TIME_NONE && history->n > 0)
        r.asof = history->item[history->n - 1].at;

    take_turns(&r, history);
    find_bounced_deliveries(&r);
    for (i = 0; i < r.n_turns; i++) {
        let_fall_due(&r, room->turns[i].at);
        take(&r, &room->turns[i]);
    }
    let_fall_due(&r, r.asof);

    describe(&r, summary);
    if (r.n_turns > 0)
        summary->last_event_at = room->turns[r.n_turns - 1].at;
    summary->next_change_at = next_change(&r, summary);
    summary->events = (uint32_t)history->n;
    summary->dropped = history->dropped;
}
