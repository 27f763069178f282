/*
 * policy.c - the policy language: a preset and key=value pairs, to what the replay asks; see policy.h.
 *
 * A text is read into a draft, the last word on each key; then the draft is made a policy: what holds for one
 * category beats the perspective, what holds for one counter beats the general key, wherever they stand.
 */
#include "policy.h"

#include "message.h"
#include "text.h"
#include "times.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX 4096
#define COUNT_MAX 1000000
#define DAY INT64_C(86400000000)
#define DURATION_MAX (4000000 * DAY) /* longer than all years there are; sums with times fit */

/* Keys that each counter may have for itself. */
enum { WINDOW, STALE, SPAN, DEDUPE, HOLD, COUNTER_KEYS };

/* Counters that may have keys of their own: the three types, then the categories. */
enum { GENERAL = 0, OF_TYPE = 1, OF_CATEGORY = OF_TYPE + 3, SCOPES = OF_CATEGORY + BNC_N_CATEGORIES };

typedef struct duration {
    bool given;
    bool by_day;
    int64_t micros;
    size_t place; /* in the text */
} duration;

typedef struct draft {
    int perspective;
    uint8_t exceptions[BNC_N_CATEGORIES]; /* a type + 1, CLASS_TYPE, or 0 */
    uint32_t limits[4];                   /* hard, soft, block, any */
    uint32_t complaint, engaged;
    bool engaged_given;
    bool limited[BNC_N_CATEGORIES];
    uint32_t category_limits[BNC_N_CATEGORIES];
    duration keys[SCOPES][COUNTER_KEYS];
    uint32_t reset, lift;
    int64_t settle, pending;
    int64_t score, weights[3], erode;
    int64_t asof;
} draft;

#define CLASS_TYPE (BNC_TYPES + 1)

/* What is being read, for messages. */
typedef struct reader {
    bnc_slice text;
    size_t place; /* of the token in hand */
    draft *draft;
    bnc_error *error;
} reader;

/* ---- errors ---- */

static bnc_status
complain(const reader *r, const char *what, bnc_slice culprit, const char *legal)
{
    char given[48];

    bnc_quote(culprit, given, sizeof(given));
    snprintf(r->error->message, sizeof(r->error->message), "policy, at character %zu: %s \"%s\"; legal: %s",
             r->place + 1, what, given, legal);
    return BNC_BAD_ARGUMENT;
}

static bnc_status
bad_value(const reader *r, bnc_slice key, bnc_slice value, const char *legal)
{
    char name[48];
    char what[80];

    bnc_quote(key, name, sizeof(name));
    snprintf(what, sizeof(what), "%s can't be", name);
    return complain(r, what, value, legal);
}

/* ---- values ---- */

static bool
is_word(bnc_slice text, const char *word)
{
    return bnc_slice_equal_caseless(text, bnc_slice_of(word));
}

/* Digits with at most six after the point, in millionths; *rest is what follows. */
static bool
read_decimal(bnc_slice text, int64_t *millionths, bnc_slice *rest)
{
    int64_t value = 0;
    size_t i = 0;
    int places;

    for (; i < text.len && bnc_is_digit((unsigned char)text.data[i]); i++) {
        if (value > INT64_C(100000000000))
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    if (i == 0)
        return false;
    value *= BNC_MILLION;
    if (i < text.len && text.data[i] == '.') {
        int64_t unit = BNC_MILLION / 10;

        i++;
        for (places = 0; i < text.len && bnc_is_digit((unsigned char)text.data[i]); i++, places++) {
            if (places == 6)
                return false;
            value += (text.data[i] - '0') * unit;
            unit /= 10;
        }
        if (places == 0)
            return false;
    }
    *millionths = value;
    rest->data = text.data + i;
    rest->len = text.len - i;
    return true;
}

static bnc_status
read_count(const reader *r, bnc_slice key, bnc_slice value, uint32_t *count)
{
    int64_t number;
    bnc_slice rest;

    if (memchr(value.data, '.', value.len) != NULL || !read_decimal(value, &number, &rest) || rest.len > 0 ||
        number > (int64_t)COUNT_MAX * BNC_MILLION)
        return bad_value(r, key, value, "a whole number from 0 to 1000000, 0 for never");
    *count = (uint32_t)(number / BNC_MILLION);
    return BNC_OK;
}

static bnc_status
read_amount(const reader *r, bnc_slice key, bnc_slice value, int64_t *amount)
{
    int64_t number;
    bnc_slice rest;

    if (!read_decimal(value, &number, &rest) || rest.len > 0 || number > (int64_t)COUNT_MAX * BNC_MILLION)
        return bad_value(r, key, value, "a number from 0 to 1000000 with at most six decimals");
    *amount = number;
    return BNC_OK;
}

/* A number with its unit, in microseconds. */
static bool
read_duration(bnc_slice value, int64_t *micros)
{
    static const struct {
        char letter;
        int32_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    int64_t number;
    bnc_slice rest;
    size_t i;

    if (!read_decimal(value, &number, &rest) || rest.len != 1)
        return false;
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (bnc_lower((unsigned char)rest.data[0]) == (unsigned char)units[i].letter) {
            /* microseconds are millionths of seconds */
            if (number > DURATION_MAX / units[i].seconds)
                return false;
            *micros = number * units[i].seconds;
            return true;
        }
    return false;
}

#define DURATION_LEGAL "a number with s, m, h, d or w, e.g. 90m, 36h, 7d; at most 4000000d"

/* A list of kinds, or none. */
static bnc_status
read_kinds(const reader *r, bnc_slice key, bnc_slice value, uint32_t *kinds)
{
    static const uint8_t legal[] = {BNC_EVENT_SENT,      BNC_EVENT_DELIVERED, BNC_EVENT_OPEN,
                                    BNC_EVENT_CLICK,     BNC_EVENT_COMPLAINT, BNC_EVENT_UNSUBSCRIBE,
                                    BNC_EVENT_SUBSCRIBE, BNC_EVENT_REACTIVATE};
    const char *comma;
    bnc_slice kind;
    uint32_t set = 0;
    size_t i;

    if (is_word(value, "none")) {
        *kinds = 0;
        return BNC_OK;
    }
    do {
        comma = memchr(value.data, ',', value.len);
        kind.data = value.data;
        kind.len = comma != NULL ? (size_t)(comma - value.data) : value.len;
        for (i = 0; i < sizeof(legal); i++)
            if (bnc_slice_equal_caseless(kind, bnc_event_text(legal[i])))
                break;
        if (i == sizeof(legal))
            return bad_value(r, key, kind,
                             "none, or kinds with commas between: sent, delivered, open, click, complaint, "
                             "unsubscribe, subscribe, reactivate");
        set |= 1u << legal[i];
        value.data += kind.len + (comma != NULL ? 1 : 0);
        value.len -= kind.len + (comma != NULL ? 1 : 0);
    } while (comma != NULL);
    *kinds = set;
    return BNC_OK;
}

/* ---- keys ---- */

/* Keys with one value. The first four and their numbers are those of the counters. */
enum {
    HARD = BNC_COUNTER_HARD,
    SOFT = BNC_COUNTER_SOFT,
    BLOCK = BNC_COUNTER_BLOCK,
    ANY = BNC_COUNTER_ANY,
    PERSPECTIVE,
    COMPLAINT,
    ENGAGED,
    RESET,
    LIFT,
    SETTLE,
    PENDING,
    SCORE,
    ERODE,
    ASOF,
    PLAIN_KEYS
};

static const char plain_keys[PLAIN_KEYS][12] = {"hard",      "soft",    "block", "any",  "perspective",
                                                "complaint", "engaged", "reset", "lift", "settle",
                                                "pending",   "score",   "erode", "asof"};

static bnc_status
set_plain(reader *r, int which, bnc_slice key, bnc_slice value)
{
    draft *d = r->draft;
    bnc_error problem;
    char legal[256];
    int found;

    switch (which) {
    case HARD:
    case SOFT:
    case BLOCK:
    case ANY:
        return read_count(r, key, value, &d->limits[which]);
    case PERSPECTIVE:
        found = bnc_perspective_find(value);
        bnc_perspective_names(legal, sizeof(legal));
        if (found < 0)
            return bad_value(r, key, value, legal);
        d->perspective = found;
        return BNC_OK;
    case COMPLAINT:
        return read_count(r, key, value, &d->complaint);
    case ENGAGED:
        d->engaged_given = true;
        return read_count(r, key, value, &d->engaged);
    case RESET:
        return read_kinds(r, key, value, &d->reset);
    case LIFT:
        return read_kinds(r, key, value, &d->lift);
    case SETTLE:
        if (!read_duration(value, &d->settle))
            return bad_value(r, key, value, DURATION_LEGAL "; 0s switches it off");
        return BNC_OK;
    case PENDING:
        if (is_word(value, "never"))
            d->pending = BNC_FOREVER;
        else if (!read_duration(value, &d->pending))
            return bad_value(r, key, value, "never, or " DURATION_LEGAL);
        return BNC_OK;
    case SCORE:
        return read_amount(r, key, value, &d->score);
    case ERODE:
        return read_amount(r, key, value, &d->erode);
    default:
        if (bnc_time_read_seconds(value, &d->asof, &problem) != BNC_OK)
            return bad_value(r, key, value, "2026-01-02T03:04:05Z, or Unix seconds; of the years 0001 to 9999");
        return BNC_OK;
    }
}

static const char counter_keys[COUNTER_KEYS][8] = {"window", "stale", "span", "dedupe", "hold"};

static bnc_status
unknown_key(const reader *r, bnc_slice key)
{
    return complain(
        r, "unknown key", key,
        "perspective, hard, soft, block, any, complaint, limit.CATEGORY, reset, lift, settle, window, "
        "stale, span, dedupe, hold (each of the five also with .hard, .soft, .block or .CATEGORY), score, w.hard, "
        "w.soft, w.block, erode, pending, engaged, asof, or a category of bounce_categories");
}

static bnc_status
set_counter_key(reader *r, int scope, int which, bnc_slice key, bnc_slice value)
{
    duration d = {true, false, 0, r->place};

    if (is_word(value, "none"))
        d.micros = which == SPAN || which == DEDUPE ? 0 : BNC_FOREVER;
    else if (which == DEDUPE && is_word(value, "day"))
        d.by_day = true;
    else if (!read_duration(value, &d.micros))
        return bad_value(r, key, value, which == DEDUPE ? "day, none, or " DURATION_LEGAL : "none, or " DURATION_LEGAL);
    r->draft->keys[scope][which] = d;
    return BNC_OK;
}

/* hard, soft, block: the number of the counter; else -1. */
static int
counter_of_type(bnc_slice name)
{
    int i;

    for (i = 0; i < 3; i++)
        if (bnc_slice_equal_caseless(name, bnc_type_name((bnc_type)(BNC_TYPE_HARD + i))))
            return i;
    return -1;
}

/* Keys with a point: KEY.T, limit.CATEGORY, w.TYPE. */
static bnc_status
set_pointed(reader *r, bnc_slice key, bnc_slice head, bnc_slice tail, bnc_slice value)
{
    int type = counter_of_type(tail);
    int category = bnc_category_find(tail);
    int which;

    if (is_word(head, "w"))
        return type < 0 ? unknown_key(r, key) : read_amount(r, key, value, &r->draft->weights[type]);
    if (is_word(head, "limit")) {
        if (category < 0)
            return complain(r, "unknown category", tail, "a category of bounce_categories");
        r->draft->limited[category] = true;
        return read_count(r, key, value, &r->draft->category_limits[category]);
    }
    for (which = 0; which < COUNTER_KEYS; which++)
        if (is_word(head, counter_keys[which]))
            break;
    if (which == COUNTER_KEYS)
        return unknown_key(r, key);
    if (type < 0 && category < 0)
        return complain(r, "unknown counter", tail, "hard, soft, block, or a category that has a limit");
    return set_counter_key(r, type >= 0 ? OF_TYPE + type : OF_CATEGORY + category, which, key, value);
}

/* CATEGORY=TYPE */
static bnc_status
set_exception(reader *r, int category, bnc_slice key, bnc_slice value)
{
    int i;

    for (i = 0; i < BNC_TYPES; i++)
        if (bnc_slice_equal_caseless(value, bnc_type_name((bnc_type)i)))
            break;
    if (i == BNC_TYPES && !is_word(value, "class"))
        return bad_value(r, key, value, "hard, soft, block, pending, none, unknown, or class (5xx hard, 4xx soft)");
    r->draft->exceptions[category] = i == BNC_TYPES ? CLASS_TYPE : (uint8_t)(i + 1);
    return BNC_OK;
}

static bnc_status
set_key(reader *r, bnc_slice key, bnc_slice value)
{
    const char *point = memchr(key.data, '.', key.len);
    bnc_slice head, tail;
    int category;
    int i;

    for (i = 0; i < PLAIN_KEYS; i++)
        if (is_word(key, plain_keys[i]))
            return set_plain(r, i, key, value);
    for (i = 0; i < COUNTER_KEYS; i++)
        if (is_word(key, counter_keys[i]))
            return set_counter_key(r, GENERAL, i, key, value);
    if (point != NULL) {
        head.data = key.data;
        head.len = (size_t)(point - key.data);
        tail.data = point + 1;
        tail.len = key.len - head.len - 1;
        return set_pointed(r, key, head, tail, value);
    }
    category = bnc_category_find(key);
    return category < 0 ? unknown_key(r, key) : set_exception(r, category, key, value);
}

/* ---- the text ---- */

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next token from r->place on, which moves to its start; empty at the end. */
static bnc_slice
next_token(reader *r)
{
    bnc_slice token;

    while (r->place < r->text.len && is_blank(r->text.data[r->place]))
        r->place++;
    token.data = r->text.data + r->place;
    token.len = 0;
    while (r->place + token.len < r->text.len && !is_blank(token.data[token.len]))
        token.len++;
    return token;
}

/* SQL writes times with a blank, as in 'asof=' || now(): a clock after an asof belongs to it. */
static bnc_slice
with_clock(const reader *r, bnc_slice token, bnc_slice key)
{
    const char *end = r->text.data + r->text.len;
    const char *at = token.data + token.len;

    if (!is_word(key, "asof") || end - at < 4 || *at != ' ' || !bnc_is_digit((unsigned char)at[1]) ||
        !bnc_is_digit((unsigned char)at[2]) || at[3] != ':')
        return token;
    for (at++; at < end && !is_blank(*at); at++)
        ;
    token.len = (size_t)(at - token.data);
    return token;
}

static bnc_status
read_pairs(reader *r)
{
    bnc_slice token, key, value;
    const char *sign;
    bnc_status status;

    for (token = next_token(r); token.len > 0; token = next_token(r)) {
        sign = memchr(token.data, '=', token.len);
        if (sign == NULL)
            return complain(r, "not key=value:", token,
                            "a preset first, then pairs such as hard=1, with blanks between");
        key.data = token.data;
        key.len = (size_t)(sign - token.data);
        token = with_clock(r, token, key);
        value.data = sign + 1;
        value.len = token.len - key.len - 1;
        status = set_key(r, key, value);
        if (status != BNC_OK)
            return status;
        r->place += token.len;
    }
    return BNC_OK;
}

int
bnc_preset_count(void)
{
    return BNC_N_PRESETS;
}

static bnc_slice
cell(int preset, int column)
{
    bnc_slice slice = {bnc_event_pool + bnc_preset_cells[preset][column][0], bnc_preset_cells[preset][column][1]};

    return slice;
}

bnc_preset_info
bnc_preset(int preset)
{
    bnc_preset_info info;

    info.name = cell(preset, 0);
    info.definition = cell(preset, 1);
    info.source = cell(preset, 2);
    info.description = cell(preset, 3);
    return info;
}

/* The preset that a text starts with; r->place moves behind it. The first one when there is none. */
static bnc_status
read_preset(reader *r, int *preset)
{
    bnc_slice token = next_token(r);
    char legal[320] = "";
    int i;

    *preset = 0;
    if (token.len == 0 || memchr(token.data, '=', token.len) != NULL)
        return BNC_OK;
    for (i = 0; i < BNC_N_PRESETS; i++) {
        if (bnc_slice_equal_caseless(token, cell(i, 0))) {
            *preset = i;
            r->place += token.len;
            return BNC_OK;
        }
        bnc_list_add(legal, sizeof(legal), cell(i, 0));
    }
    return complain(r, "unknown preset", token, legal);
}

/* What holds where neither preset nor text say anything. */
static void
start_draft(draft *d)
{
    memset(d, 0, sizeof(*d));
    d->perspective = bnc_perspective_default();
    d->limits[BNC_COUNTER_HARD] = 1;
    d->limits[BNC_COUNTER_SOFT] = 3;
    d->complaint = 1;
    d->limited[BNC_CATEGORY_SUPPRESSED] = true;
    d->category_limits[BNC_CATEGORY_SUPPRESSED] = 1;
    d->reset = 1u << BNC_EVENT_DELIVERED | 1u << BNC_EVENT_OPEN | 1u << BNC_EVENT_CLICK | 1u << BNC_EVENT_REACTIVATE;
    d->lift = 1u << BNC_EVENT_REACTIVATE;
    d->settle = DAY / 4;
    d->pending = BNC_FOREVER;
    d->asof = BNC_TIME_NONE;
    d->keys[GENERAL][WINDOW].micros = d->keys[GENERAL][STALE].micros = d->keys[GENERAL][HOLD].micros = BNC_FOREVER;
}

/* KEY.CATEGORY needs limit.CATEGORY, wherever that stands. */
static bnc_status
check_scopes(reader *r)
{
    const draft *d = r->draft;
    bnc_slice name;
    char legal[128];
    int category, which;

    for (category = 0; category < BNC_N_CATEGORIES; category++)
        for (which = 0; which < COUNTER_KEYS; which++) {
            if (d->limited[category] || !d->keys[OF_CATEGORY + category][which].given)
                continue;
            name = bnc_category(category).name;
            r->place = d->keys[OF_CATEGORY + category][which].place;
            snprintf(legal, sizeof(legal), "hard, soft, block, or a category that has a limit: add limit.%.*s=N",
                     (int)name.len, name.data);
            return complain(r, "no counter for", name, legal);
        }
    return BNC_OK;
}

/* ---- from the draft to the policy ---- */

static const duration *
key_for(const draft *d, int scope, int which)
{
    return d->keys[scope][which].given ? &d->keys[scope][which] : &d->keys[GENERAL][which];
}

static void
fill_counter(const draft *d, int scope, uint32_t limit, int category, bnc_counter *c)
{
    c->limit = limit;
    c->category = category;
    c->window = key_for(d, scope, WINDOW)->micros;
    c->stale = key_for(d, scope, STALE)->micros;
    c->span = key_for(d, scope, SPAN)->micros;
    c->dedupe = key_for(d, scope, DEDUPE)->micros;
    c->by_day = key_for(d, scope, DEDUPE)->by_day;
    c->hold = key_for(d, scope, HOLD)->micros;
}

static void
fill_counters(const draft *d, bnc_policy *p)
{
    int i;

    /* a score replaces the three: of their keys only the window is looked at then, for what is shown */
    for (i = BNC_COUNTER_HARD; i <= BNC_COUNTER_BLOCK; i++)
        fill_counter(d, OF_TYPE + i, d->limits[i], -1, &p->counters[i]);
    fill_counter(d, GENERAL, d->limits[BNC_COUNTER_ANY], -1, &p->counters[BNC_COUNTER_ANY]);
    fill_counter(d, GENERAL, 0, -1, &p->counters[BNC_COUNTER_SCORE]);
    p->n_counters = BNC_COUNTER_CATEGORY;
    for (i = 0; i < BNC_N_CATEGORIES; i++) {
        if (!d->limited[i])
            continue;
        p->counter_of[i] = (uint8_t)p->n_counters;
        fill_counter(d, OF_CATEGORY + i, d->category_limits[i], i, &p->counters[p->n_counters++]);
    }
}

static bnc_type
type_under(const draft *d, int category, bnc_class came_with)
{
    bnc_type type;

    /* these keep their type under every policy */
    if (d->exceptions[category] == 0 || came_with >= BNC_CLASS_HARD)
        return bnc_type_under(d->perspective, category, came_with);
    if (d->exceptions[category] == CLASS_TYPE)
        type = came_with == BNC_CLASS_4 || came_with == BNC_CLASS_PENDING ? BNC_TYPE_SOFT : BNC_TYPE_HARD;
    else
        type = (bnc_type)(d->exceptions[category] - 1);
    if (came_with == BNC_CLASS_PENDING && (type == BNC_TYPE_SOFT || type == BNC_TYPE_UNKNOWN))
        return BNC_TYPE_PENDING;
    return type;
}

static bnc_role
role_of_type(bnc_type type)
{
    switch (type) {
    case BNC_TYPE_HARD:
        return BNC_ROLE_STRIKE_HARD;
    case BNC_TYPE_SOFT:
    case BNC_TYPE_UNKNOWN:
        return BNC_ROLE_STRIKE_SOFT;
    case BNC_TYPE_BLOCK:
        return BNC_ROLE_STRIKE_BLOCK;
    case BNC_TYPE_PENDING:
        return BNC_ROLE_PENDING;
    default:
        return BNC_ROLE_NOTHING;
    }
}

static bnc_role
role_of_kind(bnc_event kind)
{
    switch (kind) {
    case BNC_EVENT_DELIVERED:
        return BNC_ROLE_DELIVERED;
    case BNC_EVENT_OPEN:
    case BNC_EVENT_CLICK:
        return BNC_ROLE_ENGAGED;
    case BNC_EVENT_COMPLAINT:
        return BNC_ROLE_COMPLAINT;
    case BNC_EVENT_UNSUBSCRIBE:
        return BNC_ROLE_UNSUBSCRIBE;
    case BNC_EVENT_SUBSCRIBE:
        return BNC_ROLE_SUBSCRIBE;
    default:
        return BNC_ROLE_PLAIN;
    }
}

/* Reports of a complaint and of a delivery do the same under every policy, whatever came with them. */
static bnc_role
role_of_category(const draft *d, int category, bnc_class came_with)
{
    if (category == BNC_CATEGORY_COMPLAINT)
        return BNC_ROLE_COMPLAINT;
    if (category == BNC_CATEGORY_DELIVERED)
        return BNC_ROLE_NOTHING;
    return role_of_type(type_under(d, category, came_with));
}

static void
fill_roles(const draft *d, bnc_policy *p)
{
    const bnc_event_fact *fact;
    int i;

    for (i = 0; i < BNC_N_EVENTS; i++) {
        fact = &bnc_event_facts[i];
        if (fact->what == BNC_EVENT_IS_KIND)
            p->roles[fact->code] = (uint8_t)role_of_kind(fact->code);
        else if (fact->what == BNC_EVENT_IS_TYPE)
            p->roles[fact->code] = (uint8_t)role_of_type((bnc_type)fact->number);
        else
            p->roles[fact->code] = (uint8_t)role_of_category(d, fact->number, (bnc_class)fact->came_with);
    }
}

static void
fill_policy(const draft *d, bnc_policy *p)
{
    int i;

    p->scored = d->score > 0;
    p->score = d->score;
    p->erode = d->erode;
    for (i = 0; i < 3; i++)
        p->weights[i] = d->weights[i];
    p->complaint = d->complaint;
    p->engaged = d->engaged_given ? d->engaged : d->limits[BNC_COUNTER_SOFT];
    p->reset = d->reset;
    p->lift = d->lift;
    p->settle = d->settle;
    p->pending = d->pending;
    p->asof = d->asof;
    fill_counters(d, p);
    fill_roles(d, p);
}

static bnc_status
read_policy(bnc_slice text, draft *d, bnc_error *error)
{
    reader r = {text, 0, d, error};
    reader of_preset = {text, 0, d, error};
    int preset;
    bnc_status status;

    if (text.len > TEXT_MAX) {
        snprintf(error->message, sizeof(error->message), "policy of %zu bytes; legal: at most %d", text.len, TEXT_MAX);
        return BNC_BAD_ARGUMENT;
    }
    start_draft(d);
    status = read_preset(&r, &preset);
    if (status == BNC_OK) {
        of_preset.text = cell(preset, 1);
        status = read_pairs(&of_preset);
    }
    if (status == BNC_OK)
        status = read_pairs(&r);
    if (status == BNC_OK)
        status = check_scopes(&r);
    return status;
}

bnc_status
bnc_policy_compile(const bnc_allocator *allocator, bnc_slice text, bnc_policy **policy, bnc_error *error)
{
    draft d;
    bnc_policy *p;
    bnc_status status;

    status = read_policy(text, &d, error);
    if (status != BNC_OK)
        return status;
    p = allocator->resize(allocator->context, NULL, sizeof(*p));
    if (p == NULL)
        return BNC_NO_MEMORY;
    memset(p, 0, sizeof(*p));
    p->allocator = *allocator;
    p->text = allocator->resize(allocator->context, NULL, text.len + 1);
    if (p->text == NULL) {
        allocator->release(allocator->context, p);
        return BNC_NO_MEMORY;
    }
    if (text.len > 0)
        memcpy(p->text, text.data, text.len);
    p->text_len = text.len;
    p->users = 1;
    fill_policy(&d, p);
    *policy = p;
    return BNC_OK;
}

void
bnc_policy_leave(bnc_policy *policy)
{
    bnc_allocator allocator;

    if (--policy->users > 0)
        return;
    allocator = policy->allocator;
    allocator.release(allocator.context, policy->text);
    allocator.release(allocator.context, policy);
}

bnc_slice
bnc_counter_name(const bnc_policy *policy, int counter)
{
    static const char names[BNC_COUNTER_CATEGORY][8] = {"hard", "soft", "block", "any", "score"};

    if (counter >= BNC_COUNTER_CATEGORY)
        return bnc_category(policy->counters[counter].category).name;
    return bnc_slice_of(names[counter]);
}
