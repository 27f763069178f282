/*
 * replay_test.c - states: the rules of doc/state.md, one by one.
 *
 * Times of events are days of January 2026 ("3", "3T12:00"). An answer is written as its state, the
 * reason, the strikes, and what else there is: score=, c= and C= (confirmed at, category), f= l= L= (first and
 * last strike, its category), n= (next change).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "state.h"

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

static bnc_tally *
tally_of(const char *events)
{
    bnc_tally *tally;
    bnc_event event;
    int64_t at;
    char text[64], day[16], clock[32];
    const char *sign, *end;

    assert_int_equal(bnc_tally_create(&memory, false, &tally), BNC_OK);
    for (; *events != '\0'; events = *end != '\0' ? end + 1 : end) {
        end = strchr(events, ',');
        if (end == NULL)
            end = events + strlen(events);
        sign = memchr(events, '@', (size_t)(end - events));
        assert_non_null(sign);
        if (bnc_event_of(states, (bnc_slice){events, (size_t)(sign - events)}, &event, &error) != BNC_OK)
            fail_msg("%s", error.message);
        snprintf(day, sizeof(day), "%.*s", (int)(end - sign - 1), sign + 1);
        clock[0] = '\0';
        if (strchr(day, 'T') != NULL) {
            snprintf(clock, sizeof(clock), "%s", strchr(day, 'T'));
            *strchr(day, 'T') = '\0';
        }
        snprintf(text, sizeof(text), "2026-01-%02d%s", atoi(day), clock);
        assert_int_equal(bnc_time_read(text_of(text), &at, &error), BNC_OK);
        assert_int_equal(bnc_tally_add(states, &memory, &tally, event, at, &error), BNC_OK);
    }
    return tally;
}

/* 3, 3T12:00, or all of a time that is not in January 2026. */
static void
put_time(char *out, const char *key, int64_t time)
{
    char text[BNC_TIME_TEXT + 1];
    char shorter[32];

    if (time == BNC_TIME_NONE)
        return;
    bnc_time_write(time, text);
    text[BNC_TIME_TEXT] = '\0';
    if (memcmp(text, "2026-01-", 8) != 0)
        snprintf(shorter, sizeof(shorter), "%s", text);
    else if (memcmp(text + 10, "T00:00:00.000000Z", 17) == 0)
        snprintf(shorter, sizeof(shorter), "%d", atoi(text + 8));
    else
        snprintf(shorter, sizeof(shorter), "%d%.6s", atoi(text + 8), text + 10);
    sprintf(out + strlen(out), " %s=%s", key, shorter);
}

static void
put_name(char *out, const char *format, bnc_slice name)
{
    char text[64];

    if (name.len == 0)
        return;
    snprintf(text, sizeof(text), "%.*s", (int)name.len, name.data);
    sprintf(out + strlen(out), format, text);
}

static void
expect(const char *policy, const char *events, const char *answer)
{
    char got[512] = "";
    bnc_slice policy_text = text_of(policy);
    bnc_slice none = {"", 0};
    bnc_tally *tally = tally_of(events);
    bnc_summary s;

    if (bnc_tally_policy(states, tally, &policy_text, &error) != BNC_OK)
        fail_msg("%s", error.message);
    assert_int_equal(bnc_tally_state(states, tally, &s, &error), BNC_OK);
    bnc_tally_release(&memory, tally);
    assert_int_equal(s.sendable, s.state < BNC_STATE_CONFIRMED);
    put_name(got, "%s", bnc_state_name(s.state));
    put_name(got, " (%s)", s.reason);
    sprintf(got + strlen(got), " %u/%u/%u", s.strikes[0], s.strikes[1], s.strikes[2]);
    if (s.scored)
        sprintf(got + strlen(got), " score=%g", (double)s.score / 1e6);
    put_time(got, "c", s.confirmed_at);
    put_name(got, " C=%s", s.confirmed_category >= 0 ? bnc_category(s.confirmed_category).name : none);
    put_time(got, "f", s.first_strike_at);
    put_time(got, "l", s.last_strike_at);
    put_name(got, " L=%s", s.last_category >= 0 ? bnc_category(s.last_category).name : none);
    put_time(got, "n", s.next_change_at);
    if (strcmp(got, answer) != 0)
        fail_msg("%s: %s\n gives   %s\n and not %s", policy, events, got, answer);
}

static void
starts_active(void **state)
{
    (void)state;
    expect("", "", "active 0/0/0");
    expect("", "sent@1,delivered@1,open@2", "active 0/0/0");
    expect("asof=2025-01-01", "hard@1,complaint@2", "active 0/0/0");
    expect("asof=1000000000", "hard@1", "active 0/0/0");
}

/* 1. */
static void
makes_strikes(void **state)
{
    (void)state;
    expect("ses", "user_unknown@1", "confirmed (hard) 1/0/0 c=1 C=user_unknown f=1 l=1 L=user_unknown");
    expect("ses", "user_unknown/4@1", "soft 0/1/0 f=1 l=1 L=user_unknown");
    expect("three_strikes", "spam_detected/5@1", "block 0/0/1 f=1 l=1 L=spam_detected");
    expect("three_strikes", "unknown/5@1", "soft 0/1/0 f=1 l=1 L=unknown");
    expect("three_strikes", "auto_reply@1,none@2,sent@3", "active 0/0/0");
    expect("three_strikes", "mailbox_full/hard@1", "confirmed (hard) 1/0/0 c=1 C=mailbox_full f=1 l=1 L=mailbox_full");
    expect("listmonk", "auto_reply@1", "active 0/0/0");
    /* given as a type */
    expect("perspective=listmonk hard=0", "hard@1,block@2", "hard 1/0/1 f=1 l=2");
    /* exceptions */
    expect("three_strikes user_unknown=block", "user_unknown@1,user_unknown/hard@2",
           "confirmed (hard) 1/0/1 c=2 C=user_unknown f=1 l=2 L=user_unknown");
    expect("three_strikes mailbox_full=class hard=2", "mailbox_full/5@1,mailbox_full/4@2,mailbox_full/pending@3",
           "hard 1/1/0 f=1 l=2 L=mailbox_full");
    expect("three_strikes mailbox_full=none", "mailbox_full/pending@1,mailbox_full@2", "active 0/0/0");
    expect("three_strikes auto_reply=pending", "auto_reply@1", "pending 0/0/0");
    /* diagnostics */
    expect("three_strikes", "smtp; 550 5.1.1 user unknown@1",
           "confirmed (hard) 1/0/0 c=1 C=user_unknown f=1 l=1 L=user_unknown");
    expect("three_strikes", "2.0.0 message delivered@1", "active 0/0/0");
    /* what came with them does not matter */
    expect("three_strikes delivered=hard", "soft@1,delivered/5@2,delivered/hard@3", "soft 0/1/0 f=1 l=1");
    expect("three_strikes complaint=2", "complaint/hard@1,complaint@1,complaint/pending@2",
           "complained (complaint) 0/0/0");
}

/* 2. */
static void
keeps_counters_apart(void **state)
{
    (void)state;
    expect("hard=2 soft=2 block=2", "hard@1,soft@2,block@3", "hard 1/1/1 f=1 l=3 n=2026-07-01T00:00:00.000000Z");
    expect("three_strikes hard=2 soft=2 block=2", "hard@1,soft@2,block@3,hard@4", "confirmed (hard) 2/1/1 c=4 f=1 l=4");
    expect("three_strikes hard=0 any=3", "hard@1,soft@2,block@3", "confirmed (any) 1/1/1 c=3 f=1 l=3");
    expect("three_strikes hard=0 any=3", "hard@1,soft@2,open@2T01:00,block@3", "block 0/0/1 f=3 l=3");
    /* a category with a limit feeds no other counter, nor any */
    expect("three_strikes hard=0 any=2 limit.mailbox_full=3", "hard@1,mailbox_full@2,mailbox_full@3",
           "hard 1/2/0 f=1 l=3 L=mailbox_full");
    expect("three_strikes hard=0 any=2 limit.mailbox_full=2", "hard@1,mailbox_full@2,mailbox_full/hard@3",
           "confirmed (mailbox_full) 2/1/0 c=3 C=mailbox_full f=1 l=3 L=mailbox_full");
    expect("three_strikes limit.user_unknown=0", "user_unknown@1,user_unknown@2", "hard 2/0/0 f=1 l=2 L=user_unknown");
    expect("three_strikes", "suppressed@1", "confirmed (suppressed) 1/0/0 c=1 C=suppressed f=1 l=1 L=suppressed");
    /* any takes what the type's counter took */
    expect("three_strikes hard=0 any=2 dedupe.soft=day", "soft@1,soft@1T05:00", "soft 0/1/0 f=1 l=1");
    expect("three_strikes hard=0 any=2 dedupe=day", "soft@1,hard@1T05:00",
           "confirmed (any) 1/1/0 c=1T05:00 f=1 l=1T05:00");
    /* own counter before any */
    expect("three_strikes any=1", "hard@1", "confirmed (hard) 1/0/0 c=1 f=1 l=1");
}

/* 3. */
static void
confirms_and_holds(void **state)
{
    (void)state;
    expect("benchmark", "hard@1,hard@2", "hard 2/0/0 f=1 l=2");
    expect("benchmark", "hard@1,hard@2,hard@3", "confirmed (hard) 3/0/0 c=3 f=1 l=3");
    expect("benchmark", "hard@1,hard@2,open@3,hard@4", "hard 1/0/0 f=4 l=4");
    /* further strikes move the hold only */
    expect("benchmark", "hard@1,hard@2,hard@3,user_unknown@9", "confirmed (hard) 3/0/0 c=3 f=1 l=9 L=user_unknown");
    expect("three_strikes hold=5d", "hard@1,soft@3,sent@7", "confirmed (hard) 1/0/0 c=1 f=1 l=3 n=8");
    expect("three_strikes hold=5d", "hard@1,soft@3,sent@8", "active 0/0/0");
    expect("three_strikes hold=5d", "hard@1,soft@3,hard@8", "confirmed (hard) 1/0/0 c=8 f=8 l=8 n=13");
    expect("three_strikes hold=5d asof=2026-01-06", "hard@1", "active 0/0/0");
    expect("three_strikes hold=5d asof=2026-01-05T23:59:59.999999Z", "hard@1",
           "confirmed (hard) 1/0/0 c=1 f=1 l=1 n=6");
    /* the hold of the counter that decided */
    expect("three_strikes hold=5d hold.hard=2d", "hard@1,sent@2", "confirmed (hard) 1/0/0 c=1 f=1 l=1 n=3");
    expect("three_strikes hold=5d hold.hard=none", "hard@1,sent@9", "confirmed (hard) 1/0/0 c=1 f=1 l=1");
    expect("three_strikes hold.suppressed=2d", "suppressed@1,sent@2",
           "confirmed (suppressed) 1/0/0 c=1 C=suppressed f=1 l=1 L=suppressed n=3");
    expect("three_strikes hard=0 any=1 hold=5d hold.hard=2d", "hard@1", "confirmed (any) 1/0/0 c=1 f=1 l=1 n=6");
}

/* 4. */
static void
resets_and_lifts(void **state)
{
    (void)state;
    expect("benchmark", "hard@1,delivered@2", "active 0/0/0");
    expect("benchmark reset=click", "hard@1,open@2", "hard 1/0/0 f=1 l=1");
    expect("benchmark", "hard@1,hard@2,hard@3,open@4,delivered@5", "confirmed (hard) 3/0/0 c=3 f=1 l=3");
    expect("benchmark", "hard@1,hard@2,hard@3,reactivate@4", "active 0/0/0");
    expect("benchmark lift=none", "hard@1,hard@2,hard@3,reactivate@4", "confirmed (hard) 3/0/0 c=3 f=1 l=3");
    expect("benchmark lift=open", "hard@1,hard@2,hard@3,open@4", "active 0/0/0");
    /* named in lift alone: nothing before confirmation */
    expect("benchmark reset=none lift=open", "hard@1,open@2,reactivate@3", "hard 1/0/0 f=1 l=1");
    /* any kind may be named */
    expect("benchmark reset=sent", "hard@1,open@2,sent@3", "active 0/0/0");
    expect("benchmark hard=1 lift=unsubscribe complaint=0", "hard@1,complaint@2,unsubscribe@3",
           "unsubscribed (unsubscribe) 0/0/0");
    expect("benchmark hard=1 lift=complaint complaint=2", "hard@1,complaint@2", "active 0/0/0");
    /* a zeroed counter has no last strike */
    expect("three_strikes soft=2 dedupe=day", "soft@1,open@1T01:00,soft@1T02:00", "soft 0/1/0 f=1T02:00 l=1T02:00");
    /* consent */
    expect("", "complaint@1", "complained (complaint) 0/0/0");
    expect("", "complaint@1,reactivate@2", "complained (complaint) 0/0/0");
    expect("", "complaint@1,subscribe@2", "active 0/0/0");
    expect("complaint=2", "complaint@1,complaint@2", "complained (complaint) 0/0/0");
    expect("complaint=2", "complaint@1,subscribe@2,complaint@3", "active 0/0/0");
    expect("complaint=0", "complaint@1,unsubscribe@2", "unsubscribed (unsubscribe) 0/0/0");
    expect("", "hard@1,unsubscribe@2", "unsubscribed (unsubscribe) 1/0/0 c=1 f=1 l=1");
    expect("lift=none reset=none", "hard@1,unsubscribe@2,subscribe@3", "active 0/0/0");
    /* at one moment */
    expect("", "subscribe@1,unsubscribe@1", "unsubscribed (unsubscribe) 0/0/0");
    expect("benchmark hard=1", "reactivate@1,hard@1", "confirmed (hard) 1/0/0 c=1 f=1 l=1");
}

/* 4. */
static void
takes_back_deliveries(void **state)
{
    (void)state;
    expect("benchmark", "hard@1,delivered@2,hard@2T05:59", "hard 2/0/0 f=1 l=2T05:59");
    expect("benchmark", "hard@1,delivered@2,hard@2T06:00", "hard 1/0/0 f=2T06:00 l=2T06:00");
    expect("benchmark", "hard@1,delivered@2,hard@2", "hard 2/0/0 f=1 l=2");
    expect("benchmark settle=0s", "hard@1,delivered@2,hard@2", "hard 1/0/0 f=2 l=2");
    expect("benchmark settle=2d", "hard@1,delivered@2,hard@3", "hard 2/0/0 f=1 l=3");
    /* whatever becomes of the failure */
    expect("benchmark dedupe=day", "hard@1,delivered@1T01:00,hard@1T02:00", "hard 1/0/0 f=1 l=1");
    expect("benchmark hard=1 lift=delivered", "hard@1,delivered@2,soft@2T01:00",
           "confirmed (hard) 1/0/0 c=1 f=1 l=2T01:00");
    expect("benchmark", "hard@1,delivered@2,mailbox_full/pending@2T01:00,none@2T01:00", "pending 0/0/0");
    /* not after asof */
    expect("benchmark asof=2026-01-02T03:00", "hard@1,delivered@2,hard@2T05:59", "active 0/0/0");
    /* a pending event that matures is no failure event */
    expect("benchmark pending=25h", "mailbox_full/pending@1,delivered@2,sent@4", "active 0/0/0");
}

/* 5. */
static void
settles_pending(void **state)
{
    (void)state;
    expect("three_strikes", "pending@1,sent@9", "pending 0/0/0");
    expect("three_strikes pending=72h", "pending@1,sent@3", "pending 0/0/0 n=4");
    expect("three_strikes pending=72h", "pending@1,sent@4", "soft 0/1/0 f=4 l=4");
    expect("three_strikes pending=72h", "pending@1,pending@2,greylisted@3,sent@5", "soft 0/1/0 f=4 l=4");
    expect("three_strikes pending=72h", "greylisted@1,pending@2,sent@5", "soft 0/1/0 f=4 l=4 L=greylisted");
    expect("three_strikes pending=72h", "pending@1,pending@4,sent@6", "soft 0/1/0 f=4 l=4 n=7");
    expect("three_strikes pending=72h", "pending@1,delivered@2,sent@5", "active 0/0/0");
    expect("three_strikes pending=72h reset=none", "pending@1,delivered@2,sent@5", "active 0/0/0");
    expect("three_strikes pending=72h", "pending@1,block@2,sent@5", "block 0/0/1 f=2 l=2");
    expect("three_strikes pending=72h", "pending@1,open@2,sent@5", "active 0/0/0");
    expect("three_strikes pending=72h reset=none", "pending@1,open@2,sent@5", "soft 0/1/0 f=4 l=4");
    /* a dropped strike settles too */
    expect("three_strikes pending=72h dedupe=3d reset=none", "soft@1,pending@2,soft@3,sent@9", "soft 0/1/0 f=1 l=1");
    /* at one moment: what is due, then a delivery, then pending, then failures */
    expect("three_strikes pending=72h", "pending@1,delivered@4", "active 0/0/0");
    expect("three_strikes pending=72h reset=none", "pending@1,delivered@4", "soft 0/1/0 f=4 l=4");
    expect("three_strikes", "pending@1,delivered@1", "pending 0/0/0");
    expect("three_strikes", "pending@1,soft@1", "soft 0/1/0 f=1 l=1");
    /* while confirmed */
    expect("three_strikes pending=72h hold=5d", "hard@1,pending@2,sent@5", "confirmed (hard) 1/0/0 c=1 f=1 l=5 n=10");
    expect("three_strikes pending=72h hold=5d", "hard@1,pending@5,sent@6", "pending 0/0/0 n=8");
    expect("three_strikes pending=72h hold=2d", "hard@1,pending@2,pending@3,sent@6", "soft 0/1/0 f=5 l=5");
    /* both due at once: the hold lapses first */
    expect("three_strikes pending=3d hold=4d", "hard@1,pending@2,sent@6", "soft 0/1/0 f=5 l=5");
    /* the soft counter, even of a category with a limit */
    expect("three_strikes soft=1 pending=1d limit.greylisted=5", "greylisted@1,sent@3",
           "confirmed (soft) 0/1/0 c=2 C=greylisted f=2 l=2 L=greylisted");
}

/* 7. */
static void
dedupes(void **state)
{
    (void)state;
    expect("three_strikes hard=3 dedupe=1d", "hard@1,hard@1T23:59,hard@2", "hard 2/0/0 f=1 l=2");
    /* from the last one counted, not from the last one seen */
    expect("three_strikes hard=3 dedupe=1d", "hard@1,hard@1T20:00,hard@2T19:00", "hard 2/0/0 f=1 l=2T19:00");
    expect("three_strikes hard=3 dedupe=day", "hard@1T00:00,hard@1T23:59,hard@2", "hard 2/0/0 f=1 l=2");
    expect("three_strikes hard=3 dedupe=day dedupe.hard=none", "hard@1,hard@1T01:00", "hard 2/0/0 f=1 l=1T01:00");
    expect("three_strikes hard=3 dedupe=day", "hard@1,soft@1", "hard 1/1/0 f=1 l=1");
    expect("three_strikes limit.mailbox_full=3 dedupe.mailbox_full=2d", "mailbox_full@1,mailbox_full@2,mailbox_full@3",
           "soft 0/2/0 f=1 l=3 L=mailbox_full");
}

/* 7. */
static void
forgets(void **state)
{
    (void)state;
    expect("three_strikes hard=3 stale=7d", "hard@1,hard@8", "hard 2/0/0 f=1 l=8");
    expect("three_strikes hard=3 stale=7d", "hard@1,hard@8T00:01", "hard 1/0/0 f=8T00:01 l=8T00:01");
    /* at a strike only */
    expect("three_strikes hard=3 stale=7d", "hard@1,sent@20", "hard 1/0/0 f=1 l=1");
    /* an emptied counter has nothing to be too close to */
    expect("three_strikes hard=3 stale=1h dedupe=day", "hard@1,hard@1T02:00", "hard 1/0/0 f=1T02:00 l=1T02:00");
    /* stale empties that counter, not any */
    expect("three_strikes hard=0 any=3 stale=1d", "hard@1,hard@3,hard@5", "confirmed (any) 1/0/0 c=5 f=5 l=5");

    expect("three_strikes hard=2 window=2d", "hard@1,hard@3", "hard 1/0/0 f=3 l=3 n=5");
    expect("three_strikes hard=2 window=2d", "hard@1,hard@2T23:59",
           "confirmed (hard) 2/0/0 c=2T23:59 f=1 l=2T23:59 n=3");
    expect("three_strikes hard=3 window=2d", "hard@1,hard@2,sent@3", "hard 1/0/0 f=2 l=2 n=4");
    expect("three_strikes hard=3 window=2d", "hard@1,hard@2,sent@4", "active 0/0/0");
    /* confirmed stays when the strikes pass out of sight */
    expect("three_strikes hard=1 window=2d", "hard@1,sent@4", "confirmed (hard) 0/0/0 c=1 l=1");
    expect("three_strikes hard=0 any=2 window.hard=1d", "hard@1,hard@3", "confirmed (any) 1/0/0 c=3 f=3 l=3 n=4");
    expect("three_strikes hard=0 any=2 window=1d", "hard@1,soft@3", "soft 0/1/0 f=3 l=3 n=4");
    expect("default", "rate_limited@1,rate_limited@2,tls_failure@3", "soft 0/3/0 f=1 l=3 L=tls_failure");
}

static void
tells_the_next_change(void **state)
{
    (void)state;
    /* a pending event that matures and changes nothing: its strike is dropped */
    expect("three_strikes pending=1d dedupe=2d", "soft@1,pending@1T12:00", "soft 0/1/0 f=1 l=1");
    expect("three_strikes pending=1d dedupe=2d window=9d", "soft@1,pending@1T12:00", "soft 0/1/0 f=1 l=1 n=10");
    expect("three_strikes pending=1d dedupe=1d", "soft@1,pending@1T12:00", "soft 0/1/0 f=1 l=1 n=2T12:00");
    /* nothing is outstanding any more, so the state changes */
    expect("three_strikes pending=1d dedupe=2d window=1d", "soft@1,pending@2", "pending 0/0/0 n=3");
    /* beneath a complaint */
    expect("three_strikes hold=2d", "hard@1,complaint@2", "complained (complaint) 1/0/0 c=1 f=1 l=1 n=3");
    expect("three_strikes pending=1d window=0s", "pending@1,complaint@1", "complained (complaint) 0/0/0");
    /* past the last year */
    expect("three_strikes hold=4000000d", "hard@1", "confirmed (hard) 1/0/0 c=1 f=1 l=1");
    expect("three_strikes pending=4000000d", "pending@1", "pending 0/0/0");
}

/* 7. */
static void
wants_a_span(void **state)
{
    (void)state;
    expect("default", "soft@1,soft@2,soft@3", "soft 0/3/0 f=1 l=3 n=2026-06-30T00:00:00.000000Z");
    expect("default", "soft@1,soft@2,soft@3,soft@8",
           "confirmed (soft) 0/4/0 c=8 f=1 l=8 n=2026-06-30T00:00:00.000000Z");
    expect("default", "soft@1,soft@1T01:00,soft@8", "soft 0/2/0 f=1 l=8 n=2026-06-30T00:00:00.000000Z");
    expect("sfmc", "hard@1,soft@2,block@15", "hard 1/1/1 f=1 l=15");
    expect("sfmc", "hard@1,soft@2,block@16", "confirmed (any) 1/1/1 c=16 f=1 l=16");
    expect("sfmc", "hard@1,soft@2,block@16,open@17", "active 0/0/0");
    /* any has the general span */
    expect("three_strikes hard=0 any=2 span.hard=9d", "hard@1,hard@2", "confirmed (any) 2/0/0 c=2 f=1 l=2");
}

/* 7. */
static void
spares_the_engaged(void **state)
{
    (void)state;
    expect("three_strikes soft=1 engaged=2 reset=none", "soft@2,open@3", "confirmed (soft) 0/1/0 c=2 f=2 l=2");
    expect("three_strikes soft=1 engaged=2 reset=none", "open@1,soft@2", "soft 0/1/0 f=2 l=2");
    expect("three_strikes soft=1 engaged=2 reset=none", "open@1,soft@2,soft@3", "confirmed (soft) 0/2/0 c=3 f=2 l=3");
    expect("three_strikes soft=1 engaged=0", "click@1,soft@2,soft@3", "soft 0/2/0 f=2 l=3");
    expect("three_strikes hard=1 engaged=2", "click@1,hard@2", "confirmed (hard) 1/0/0 c=2 f=2 l=2");
}

/* 7. */
static void
keeps_a_score(void **state)
{
    (void)state;
    expect("mailman2", "soft@1,hard@2", "hard 1/1/0 score=1.5 f=1 l=2");
    expect("mailman2", "soft@1,hard@1T12:00", "soft 0/1/0 score=0.5 f=1 l=1");
    expect("mailman2", "hard@1,hard@2,hard@3,hard@4,hard@5", "confirmed (score) 5/0/0 score=5 c=5 f=1 l=5");
    expect("mailman2", "hard@1,hard@2,hard@3,hard@4,hard@12", "hard 1/0/0 score=1 f=12 l=12");
    expect("mailman2 stale.hard=1d dedupe.hard=9d", "hard@1,hard@3", "hard 2/0/0 score=2 f=1 l=3");
    expect("mailman2 window=2d", "hard@1,hard@2,hard@3", "hard 2/0/0 score=3 f=2 l=3 n=4");
    expect("mailman2 window.hard=1d", "hard@1,hard@2,hard@3", "hard 1/0/0 score=3 f=3 l=3 n=4");
    expect("mailman2 limit.mailbox_full=2", "mailbox_full@1,mailbox_full@1T01:00",
           "soft 0/1/0 score=0 f=1 l=1 L=mailbox_full");
    expect("mailman2 limit.mailbox_full=2 dedupe.mailbox_full=none", "mailbox_full@1,mailbox_full@1T01:00",
           "confirmed (mailbox_full) 0/2/0 score=0 c=1T01:00 C=mailbox_full f=1 l=1T01:00 L=mailbox_full");
    expect("mailman2 any=1 span=9d engaged=1", "open@1,soft@2", "soft 0/1/0 score=0.5 f=2 l=2");
    expect("three_strikes score=2 w.soft=1", "hard@1,soft@2", "hard 1/1/0 score=1 f=1 l=2");
    expect("discourse", "hard@1,delivered@2,delivered@3", "hard 1/0/0 score=1.8 f=1 l=1");
    expect("discourse erode=1.5", "hard@1,delivered@2,delivered@3", "hard 1/0/0 score=0 f=1 l=1");
    expect("discourse", "hard@1,delivered@2,hard@2T01:00",
           "confirmed (score) 2/0/0 score=4 c=2T01:00 f=1 l=2T01:00 "
           "n=2026-02-01T01:00:00.000000Z");
    expect("discourse", "hard@1,reactivate@2,soft@3", "soft 0/1/0 score=1 f=3 l=3");
    expect("discourse score=0", "hard@1", "confirmed (hard) 1/0/0 c=1 f=1 l=1 n=31");
    expect("three_strikes score=0.3 w.soft=0.1", "soft@1,soft@3,soft@5",
           "confirmed (score) 0/3/0 score=0.3 c=5 f=1 l=5");
}

static void
orders_by_group_and_text(void **state)
{
    (void)state;
    /* the category of the last strike is the last in the order of texts */
    expect("three_strikes hard=0", "user_unknown/5@1,domain_unknown/5@1,user_unknown@1",
           "hard 3/0/0 f=1 l=1 L=user_unknown");
    expect("three_strikes hard=0", "hard@1,domain_unknown/5@1", "hard 2/0/0 f=1 l=1");
    /* the group depends on the policy: greylisted is pending, or a failure after it */
    expect("three_strikes", "greylisted@1,soft@1", "soft 0/1/0 f=1 l=1");
    expect("three_strikes greylisted=hard hard=0", "greylisted@1,pending@1", "hard 1/0/0 f=1 l=1 L=greylisted");
}

static void
writes_json(void **state)
{
    bnc_tally *tally = tally_of("hard@1,soft@2,mailbox_full/4@3");
    bnc_slice policy = text_of("mailman2 score=4 window=30d");
    bnc_slice json;
    bnc_summary summary;
    char text[1024];

    (void)state;
    assert_int_equal(bnc_tally_policy(states, tally, &policy, &error), BNC_OK);
    assert_int_equal(bnc_tally_state(states, tally, &summary, &error), BNC_OK);
    assert_int_equal(bnc_summary_write(states, &summary, &json), BNC_OK);
    snprintf(text, sizeof(text), "%.*s", (int)json.len, json.data);
    assert_string_equal(text, "{\"state\":\"hard\",\"reason\":null,\"sendable\":true,"
                              "\"strikes\":{\"hard\":1,\"soft\":2,\"block\":0},\"score\":2,\"confirmed_at\":null,"
                              "\"confirmed_category\":null,\"first_strike_at\":\"2026-01-01T00:00:00.000000Z\","
                              "\"last_strike_at\":\"2026-01-03T00:00:00.000000Z\",\"last_category\":\"mailbox_full\","
                              "\"last_event_at\":\"2026-01-03T00:00:00.000000Z\","
                              "\"next_change_at\":\"2026-01-31T00:00:00.000000Z\",\"events\":3,\"dropped\":null}");
    bnc_tally_release(&memory, tally);
    assert_int_equal(bnc_tally_state(states, NULL, &summary, &error), BNC_OK);
    assert_int_equal(bnc_summary_write(states, &summary, &json), BNC_OK);
    snprintf(text, sizeof(text), "%.*s", (int)json.len, json.data);
    assert_string_equal(text, "{\"state\":\"active\",\"reason\":null,\"sendable\":true,"
                              "\"strikes\":{\"hard\":0,\"soft\":0,\"block\":0},\"score\":null,\"confirmed_at\":null,"
                              "\"confirmed_category\":null,\"first_strike_at\":null,\"last_strike_at\":null,"
                              "\"last_category\":null,\"last_event_at\":null,\"next_change_at\":null,\"events\":0,"
                              "\"dropped\":null}");
}

static void
reads_events(void **state)
{
    static const char *const same[][2] = {
        {"open", "open"},
        {" OPEN ", "open"},
        {"Hard", "hard"},
        {"pending", "pending"},
        {"unknown", "unknown"},
        {"User_Unknown/PENDING", "user_unknown/pending"},
        {"mailbox_full/hard", "mailbox_full/hard"},
        {"complaint", "complaint"},
        {"complaint/5", "complaint"},
        {"delivered", "delivered"},
        {"delivered/5", "delivered/none"},
        {"550 5.1.1 user unknown", "user_unknown/5"},
        {"smtp; rejected", "unknown"},
        {"552 5.2.2 mailbox full; will be retried", "mailbox_full/pending"},
        {"550", "user_unknown/5"},
    };
    static const char *const bad[] = {"",
                                      " ",
                                      "hardd",
                                      "rejected",
                                      "user_unknown/6",
                                      "hard/5",
                                      "open/4",
                                      "user_unknown/",
                                      "user_unknown/5xx",
                                      "/",
                                      "no_category/5",
                                      "_"};
    bnc_event event;
    bnc_slice text;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_int_equal(bnc_event_of(states, text_of(same[i][0]), &event, &error), BNC_OK);
        text = bnc_event_text(event);
        if (text.len != strlen(same[i][1]) || memcmp(text.data, same[i][1], text.len) != 0)
            fail_msg("%s: %.*s", same[i][0], (int)text.len, text.data);
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (bnc_event_of(states, text_of(bad[i]), &event, &error) == BNC_OK)
            fail_msg("%s is no event", bad[i]);
        assert_non_null(strstr(error.message, "unknown event"));
        assert_non_null(strstr(error.message, "legal: sent, delivered, "));
    }
    /* canonical texts are read as themselves */
    for (i = 1; i < 2000; i++) {
        text = bnc_event_text((bnc_event)i);
        if (text.len == 0 || (text.len > 10 && memcmp(text.data, "complaint/", 10) == 0) ||
            (text.len > 10 && memcmp(text.data, "delivered/", 10) == 0))
            continue;
        assert_int_equal(bnc_event_of(states, text, &event, &error), BNC_OK);
        assert_int_equal(event, i);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(starts_active),
                                       cmocka_unit_test(makes_strikes),
                                       cmocka_unit_test(keeps_counters_apart),
                                       cmocka_unit_test(confirms_and_holds),
                                       cmocka_unit_test(resets_and_lifts),
                                       cmocka_unit_test(takes_back_deliveries),
                                       cmocka_unit_test(settles_pending),
                                       cmocka_unit_test(dedupes),
                                       cmocka_unit_test(forgets),
                                       cmocka_unit_test(tells_the_next_change),
                                       cmocka_unit_test(wants_a_span),
                                       cmocka_unit_test(spares_the_engaged),
                                       cmocka_unit_test(keeps_a_score),
                                       cmocka_unit_test(orders_by_group_and_text),
                                       cmocka_unit_test(writes_json),
                                       cmocka_unit_test(reads_events)};

    return cmocka_run_group_tests(tests, open_states, close_states);
}
