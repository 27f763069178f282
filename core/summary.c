/*
 * summary.c - a state in words and as JSON: compact, ASCII, keys always all and in one order.
 *
 * What it must not know: how a state is found.
 */
#include "states.h"

#include "policy.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

bnc_slice
bnc_state_name(bnc_state state)
{
    static const char names[BNC_STATES][16] = {"active", "pending",   "block",        "soft",
                                               "hard",   "confirmed", "unsubscribed", "complained"};

    return bnc_slice_of(names[state]);
}

static void
put(bnc_buffer *out, const char *text)
{
    bnc_buffer_add(out, text, strlen(text));
}

/* Names and times need no escapes. */
static void
put_name(bnc_buffer *out, const char *key, bnc_slice name)
{
    put(out, key);
    if (name.len == 0) {
        put(out, "null");
        return;
    }
    put(out, "\"");
    bnc_buffer_add(out, name.data, name.len);
    put(out, "\"");
}

static void
put_category(bnc_buffer *out, const char *key, int category)
{
    bnc_slice none = {"", 0};

    put_name(out, key, category >= 0 ? bnc_category(category).name : none);
}

static void
put_time(bnc_buffer *out, const char *key, int64_t time)
{
    char text[BNC_TIME_TEXT];
    bnc_slice slice = {text, 0};

    if (time != BNC_TIME_NONE) {
        bnc_time_write(time, text);
        slice.len = sizeof(text);
    }
    put_name(out, key, slice);
}

static void
put_count(bnc_buffer *out, const char *key, uint32_t count)
{
    char text[16];

    put(out, key);
    snprintf(text, sizeof(text), "%lu", (unsigned long)count);
    put(out, text);
}

/* The shortest decimal of a number of millionths, not negative. */
static void
put_decimal(bnc_buffer *out, int64_t millionths)
{
    char text[32];
    size_t len;

    if (millionths % BNC_MILLION == 0) {
        snprintf(text, sizeof(text), "%lld", (long long)(millionths / BNC_MILLION));
        put(out, text);
        return;
    }
    snprintf(text, sizeof(text), "%lld.%06d", (long long)(millionths / BNC_MILLION), (int)(millionths % BNC_MILLION));
    for (len = strlen(text); text[len - 1] == '0'; len--)
        ;
    bnc_buffer_add(out, text, len);
}

bnc_status
bnc_summary_write(bnc_states *states, const bnc_summary *s, bnc_slice *json)
{
    bnc_buffer *out = &states->answer;

    out->len = 0;
    put_name(out, "{\"state\":", bnc_state_name(s->state));
    put_name(out, ",\"reason\":", s->reason);
    put(out, s->sendable ? ",\"sendable\":true" : ",\"sendable\":false");
    put_count(out, ",\"strikes\":{\"hard\":", s->strikes[BNC_COUNTER_HARD]);
    put_count(out, ",\"soft\":", s->strikes[BNC_COUNTER_SOFT]);
    put_count(out, ",\"block\":", s->strikes[BNC_COUNTER_BLOCK]);
    put(out, "},\"score\":");
    if (s->scored)
        put_decimal(out, s->score);
    else
        put(out, "null");
    put_time(out, ",\"confirmed_at\":", s->confirmed_at);
    put_category(out, ",\"confirmed_category\":", s->confirmed_category);
    put_time(out, ",\"first_strike_at\":", s->first_strike_at);
    put_time(out, ",\"last_strike_at\":", s->last_strike_at);
    put_category(out, ",\"last_category\":", s->last_category);
    put_time(out, ",\"last_event_at\":", s->last_event_at);
    put_time(out, ",\"next_change_at\":", s->next_change_at);
    put_count(out, ",\"events\":", s->events);
    put_time(out, ",\"dropped\":", s->dropped);
    put(out, "}");
    if (out->failed) {
        out->failed = false;
        return BNC_NO_MEMORY;
    }
    json->data = (const char *)out->data;
    json->len = out->len;
    return BNC_OK;
}
