/*
 * answer.c - answers in text, as users get them: one function for each question, and the JSON writer.
 *
 * What it must not know: how a verdict is found.
 */
#include "engine.h"

#include "message.h"
#include "vocabulary.h"

#include <stdio.h>
#include <string.h>

static bnc_status
find_perspective(const bnc_slice *name, int *perspective, bnc_error *error)
{
    char names[256];
    char given[48];
    size_t i;

    *perspective = bnc_perspective_default();
    if (name == NULL)
        return BNC_OK;
    *perspective = bnc_perspective_find(*name);
    if (*perspective >= 0)
        return BNC_OK;
    for (i = 0; i < name->len && i < sizeof(given) - 1; i++)
        given[i] = name->data[i] >= ' ' && name->data[i] < 0x7f ? name->data[i] : '?';
    given[i] = '\0';
    bnc_perspective_names(names, sizeof(names));
    snprintf(error->message, sizeof(error->message), "unknown perspective \"%s\"; legal: %s", given, names);
    return BNC_BAD_ARGUMENT;
}

/* ---- JSON: compact, ASCII ---- */

static void
put_text(bnc_buffer *out, const char *text)
{
    bnc_buffer_add(out, text, strlen(text));
}

static void
put_unit(bnc_buffer *out, uint16_t unit)
{
    char text[8];

    snprintf(text, sizeof(text), "\\u%04x", unit);
    put_text(out, text);
}

static void
put_string(bnc_buffer *out, bnc_slice text)
{
    const unsigned char *s = (const unsigned char *)text.data;
    uint32_t code;
    size_t i = 0;

    put_text(out, "\"");
    while (i < text.len) {
        if (s[i] == '"' || s[i] == '\\') {
            bnc_buffer_add(out, "\\", 1);
            bnc_buffer_add(out, s + i++, 1);
        } else if (s[i] >= ' ' && s[i] < 0x7f) {
            bnc_buffer_add(out, s + i++, 1);
        } else if (s[i] <= 0x7f) {
            put_unit(out, s[i++]);
        } else {
            i += bnc_utf8_read(s + i, text.len - i, &code);
            if (code >= 0x10000) {
                put_unit(out, (uint16_t)(0xd800 + ((code - 0x10000) >> 10)));
                put_unit(out, (uint16_t)(0xdc00 + ((code - 0x10000) & 0x3ff)));
            } else {
                put_unit(out, (uint16_t)code);
            }
        }
    }
    put_text(out, "\"");
}

static void
put_member(bnc_buffer *out, const char *key, bnc_slice value)
{
    put_text(out, out->len == 0 ? "{\"" : ",\"");
    put_text(out, key);
    put_text(out, "\":");
    if (value.len == 0)
        put_text(out, "null");
    else
        put_string(out, value);
}

static void
put_explanation(bnc_buffer *out, const bnc_verdict *v, bnc_type type, bnc_slice action, bnc_slice event)
{
    static const char evidence[][16] = {"none", "phrase", "pattern", "enhanced_code", "reply_code"};
    char code[32];
    bnc_slice enhanced = {code, 0};

    out->len = 0;
    put_member(out, "category", bnc_category(v->category).name);
    put_member(out, "type", bnc_type_name(type));
    put_member(out, "action", action);
    put_member(out, "event", event);
    if (v->reply_code != 0) {
        snprintf(code, sizeof(code), ",\"reply_code\":%u", v->reply_code);
        put_text(out, code);
    } else {
        put_text(out, ",\"reply_code\":null");
    }
    if (v->enhanced_code.class_ != 0) {
        snprintf(code, sizeof(code), "%u.%u.%u", v->enhanced_code.class_, v->enhanced_code.subject,
                 v->enhanced_code.detail);
        enhanced.len = strlen(code);
    }
    put_member(out, "enhanced_code", enhanced);
    put_member(out, "provider", v->provider);
    put_member(out, "rule", v->rule);
    put_member(out, "evidence", bnc_slice_of(evidence[v->evidence]));
    put_member(out, "matched", v->matched);
    put_text(out, "}");
}

/* ---- questions ---- */

/* What to do about a verdict: an address that may be alive is never removed. */
static bnc_slice
action_of(const bnc_verdict *v)
{
    bnc_slice action = bnc_category(v->category).action;
    bnc_type type = bnc_type_under(bnc_perspective_default(), v->category, v->came_with);

    if (type != BNC_TYPE_HARD && bnc_slice_equal(action, bnc_slice_of("remove")))
        return bnc_slice_of("retry");
    return action;
}

/* bounce_type also takes what bounce_event_of gives, and a type itself. */
static bool
type_of_event(bnc_slice text, int perspective, bnc_type *type)
{
    bnc_class came_with;
    int category;
    int i;

    /* most texts are diagnostics: words have no blanks */
    text = bnc_slice_trim(text);
    if (text.len == 0 || text.len >= BNC_EVENT_MAX || memchr(text.data, ' ', text.len) != NULL)
        return false;
    if (bnc_event_read(text, &category, &came_with)) {
        *type = bnc_type_under(perspective, category, came_with);
        return true;
    }
    for (i = 0; i < BNC_TYPES; i++)
        if (bnc_slice_equal_caseless(text, bnc_type_name((bnc_type)i))) {
            *type = (bnc_type)i;
            return true;
        }
    return false;
}

bnc_status
bnc_answer(bnc_engine *e, bnc_question question, bnc_slice diagnostic, const bnc_slice *perspective,
           const bnc_slice *rules, bnc_slice *answer, bool *lasting, bnc_error *error)
{
    bnc_slice event = {e->event, 0};
    bnc_verdict v;
    bnc_status status;
    bnc_type type;
    int view;

    status = find_perspective(perspective, &view, error);
    if (status != BNC_OK)
        return status;
    if (diagnostic.len > BNC_HEAD)
        diagnostic.len = BNC_HEAD;
    *lasting = true;
    if (question == BNC_ASK_TYPE && type_of_event(diagnostic, view, &type)) {
        *answer = bnc_type_name(type);
        return BNC_OK;
    }
    status = bnc_decide(e, diagnostic, rules, question == BNC_ASK_EXPLAIN, &v, error);
    if (status != BNC_OK)
        return status;
    switch (question) {
    case BNC_ASK_CATEGORY:
        *answer = bnc_category_name(v.category);
        break;
    case BNC_ASK_TYPE:
        *answer = bnc_type_name(bnc_type_under(view, v.category, v.came_with));
        break;
    case BNC_ASK_ACTION:
        *answer = action_of(&v);
        break;
    case BNC_ASK_EVENT:
        event.len = bnc_event_write(v.category, v.came_with, e->event);
        *answer = event;
        *lasting = false;
        break;
    case BNC_ASK_EXPLAIN:
        event.len = bnc_event_write(v.category, v.came_with, e->event);
        put_explanation(&e->answer, &v, bnc_type_under(view, v.category, v.came_with), action_of(&v), event);
        if (e->answer.failed) {
            e->answer.failed = false;
            return BNC_NO_MEMORY;
        }
        answer->data = (const char *)e->answer.data;
        answer->len = e->answer.len;
        *lasting = false;
        break;
    }
    return BNC_OK;
}
