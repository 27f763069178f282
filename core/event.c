/*
 * event.c - from the text of an event to its code and back; see event.h.
 *
 * Kind comes before type, type before category. What is none of these and has not the form of a word
 * is a diagnostic, and is classified. What it must not know: times, policies.
 */
#include "event.h"

#include "message.h"
#include "states.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

bnc_slice
bnc_event_text(bnc_event event)
{
    const bnc_event_fact *fact = bnc_event_fact_of(event);
    bnc_slice text = {"", 0};

    if (fact != NULL) {
        text.data = bnc_event_pool + fact->text;
        text.len = fact->len;
    }
    return text;
}

/*
 * What a category is as an event. The categories delivered and complaint are also names of kinds: a report of
 * a complaint is that kind, a text that reports a delivery does nothing, whatever came with them.
 */
static bnc_event
event_of_category(int category, bnc_class came_with)
{
    static const uint8_t suffixes[BNC_CLASSES] = BNC_EVENT_SUFFIXES;

    if (category == BNC_CATEGORY_COMPLAINT)
        return BNC_EVENT_COMPLAINT;
    if (category == BNC_CATEGORY_DELIVERED)
        came_with = BNC_CLASS_NOT;
    return (bnc_event)(bnc_event_of_category[category] + suffixes[came_with]);
}

/* The event that is this word, in any letter case; 0 if none is. */
static bnc_event
find_word(bnc_slice text)
{
    uint32_t slot = bnc_event_slot(bnc_event_hash(text.data, text.len));
    const bnc_event_fact *fact;
    bnc_slice word;

    for (; bnc_event_slots[slot] != BNC_N_EVENTS; slot = (slot + 1) % BNC_EVENT_SLOTS) {
        fact = &bnc_event_facts[bnc_event_slots[slot]];
        if (fact->len != text.len)
            continue;
        word.data = bnc_event_pool + fact->text;
        word.len = fact->len;
        if (memcmp(word.data, text.data, text.len) != 0 && !bnc_slice_equal_caseless(word, text))
            continue;
        if (fact->what == BNC_EVENT_IS_CATEGORY)
            return event_of_category(fact->number, (bnc_class)fact->came_with);
        return fact->code;
    }
    return 0;
}

/* Letters and "_", perhaps a "/" and a suffix: people meant a word, not a diagnostic. */
static bool
has_form_of_word(bnc_slice text)
{
    bool suffix = false;
    size_t i;
    unsigned char c;

    for (i = 0; i < text.len; i++) {
        c = (unsigned char)text.data[i];
        if (c == '/' && !suffix)
            suffix = true;
        else if (!bnc_is_alpha(c) && c != '_' && !(suffix && bnc_is_digit(c)))
            return false;
    }
    return true;
}

static bnc_status
unknown_word(bnc_slice text, bnc_error *error)
{
    char given[48];
    char legal[160] = "";
    bnc_event event;
    const bnc_event_fact *fact;

    bnc_quote(text, given, sizeof(given));
    for (event = 1; event < BNC_EVENT_CODES; event++) {
        fact = bnc_event_fact_of(event);
        if (fact != NULL && fact->what != BNC_EVENT_IS_CATEGORY)
            bnc_list_add(legal, sizeof(legal), bnc_event_text(event));
    }
    snprintf(error->message, sizeof(error->message),
             "unknown event \"%s\"; legal: %s, a category of bounce_categories, alone or with /4, /5, /pending, "
             "/hard, /soft, /block or /none, or a diagnostic (put \"smtp;\" before one of a single word)",
             given, legal);
    return BNC_BAD_ARGUMENT;
}

bnc_status
bnc_event_of(bnc_states *states, bnc_slice text, bnc_event *event, bnc_error *error)
{
    bnc_slice trimmed = text;
    bnc_verdict verdict;
    bnc_status status;
    bnc_event found;

    found = text.len < BNC_EVENT_MAX ? find_word(text) : 0;
    if (found == 0) {
        trimmed = bnc_slice_trim(text);
        if (trimmed.len < text.len && trimmed.len < BNC_EVENT_MAX)
            found = find_word(trimmed);
    }
    if (found == 0) {
        if (has_form_of_word(trimmed))
            return unknown_word(trimmed, error);
        status = bnc_classify(states->engine, text, NULL, &verdict, error);
        if (status != BNC_OK)
            return status;
        found = event_of_category(verdict.category, verdict.came_with);
    }
    *event = found;
    return BNC_OK;
}
