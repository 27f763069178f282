/*
 * diagnostic.c - fuzzer: any bytes as a diagnostic, every question asked of them.
 *
 * What must hold: every answer exists and is the same again, on a new engine, and on one whose working memory
 * holds something else; an event has the type of the diagnostic that it came from; JSON is
 * ASCII and well formed; only the head of a text counts; the matched words stand in the text.
 */
#include <stdint.h>
#include <string.h>

#include "counting.h"
#include "engine.h"
#include "vocabulary.h"

static bnc_error error;

static void
fault(const char *what)
{
    fprintf(stderr, "FAULT: %s\n", what);
    abort();
}

static void
expect(bool holds, const char *what)
{
    if (!holds)
        fault(what);
}

static bnc_slice
perspective_name(int i)
{
    bnc_slice name = {bnc_vocabulary_text + bnc_perspective_cells[i][0], bnc_perspective_cells[i][1]};

    return name;
}

static bnc_slice
ask(bnc_engine *engine, bnc_question question, bnc_slice diagnostic, const bnc_slice *perspective)
{
    bnc_slice answer = {NULL, 0};
    bool lasting = false;

    expect(bnc_answer(engine, question, diagnostic, perspective, NULL, &answer, &lasting, &error) == BNC_OK,
           "no answer");
    expect(answer.len > 0, "empty answer");
    return answer;
}

/* ---- JSON: one flat object, keys in this order, ASCII ---- */

static const char *const keys[] = {"category",      "type",     "action", "event",    "reply_code",
                                   "enhanced_code", "provider", "rule",   "evidence", "matched"};
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

static bool
is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* The end of the string, number or null at s. */
static size_t
value_end(bnc_slice json, size_t at)
{
    size_t from = at;
    int k;

    if (at + 4 <= json.len && memcmp(json.data + at, "null", 4) == 0)
        return at + 4;
    if (json.data[at] != '"') {
        while (at < json.len && json.data[at] >= '0' && json.data[at] <= '9')
            at++;
        expect(at > from, "JSON: no value");
        return at;
    }
    for (at++; at < json.len && json.data[at] != '"'; at++) {
        expect(json.data[at] >= ' ' && json.data[at] < 0x7f, "JSON: not printable ASCII");
        if (json.data[at] != '\\')
            continue;
        expect(++at < json.len && strchr("\"\\u", json.data[at]) != NULL && json.data[at] != '\0', "JSON: escape");
        if (json.data[at] == 'u')
            for (k = 0; k < 4; k++)
                expect(++at < json.len && is_hex(json.data[at]), "JSON: \\u without four digits");
    }
    expect(at < json.len, "JSON: open string");
    return at + 1;
}

static void
read_json(bnc_slice json, bnc_slice values[N_KEYS])
{
    size_t at = 0;
    size_t n, end;
    int i;

    for (i = 0; i < N_KEYS; i++) {
        n = strlen(keys[i]);
        expect(at + n + 5 < json.len, "JSON: cut off");
        expect(json.data[at] == (i == 0 ? '{' : ','), "JSON: structure");
        expect(json.data[at + 1] == '"' && memcmp(json.data + at + 2, keys[i], n) == 0 &&
                   memcmp(json.data + at + 2 + n, "\":", 2) == 0,
               "JSON: key");
        at += n + 4;
        end = value_end(json, at);
        values[i].data = json.data + at;
        values[i].len = end - at;
        at = end;
    }
    expect(at + 1 == json.len && json.data[at] == '}', "JSON: end");
}

static bool
is_string(bnc_slice value, bnc_slice text)
{
    return value.len == text.len + 2 && memcmp(value.data + 1, text.data, text.len) == 0;
}

static bool
is_null(bnc_slice value)
{
    return value.len == 4 && value.data[0] == 'n';
}

/* ---- verdicts ---- */

/* A verdict, or all answers, as bytes that can be compared. */
typedef struct record {
    char text[1 << 16];
    size_t len;
} record;

static void
note(record *r, bnc_slice text)
{
    expect(r->len + text.len + 1 < sizeof(r->text), "answers too long");
    if (text.len > 0)
        memcpy(r->text + r->len, text.data, text.len);
    r->len += text.len;
    r->text[r->len++] = '\n';
}

/* The words that decided stand in the text, in this order; a * stands for a gap, or for what is hidden. */
static void
check_matched(const bnc_engine *engine, bnc_slice matched)
{
    bnc_slice rest = matched;
    bnc_slice piece;
    size_t from = 0;
    const char *star;

    while (rest.len > 0) {
        star = memchr(rest.data, '*', rest.len);
        /* the last piece may have been cut off */
        if (star == NULL && matched.len == sizeof(engine->matched))
            return;
        piece.data = rest.data;
        piece.len = star != NULL ? (size_t)(star - rest.data) : rest.len;
        rest.data += piece.len + (star != NULL);
        rest.len -= piece.len + (star != NULL);
        piece = bnc_slice_trim(piece);
        if (piece.len == 0)
            continue;
        from = bnc_find(engine->text.raw, engine->text.len, from, (const unsigned char *)piece.data, piece.len);
        expect(from != SIZE_MAX, "matched words that are not in the text");
        from += piece.len;
    }
}

static void
check_verdict(const bnc_engine *engine, const bnc_verdict *v)
{
    expect(v->category >= 0 && v->category < bnc_category_count(), "category");
    expect(v->came_with < BNC_CLASSES, "class");
    expect(v->matched.len <= 512, "matched too long");
    expect(v->reply_code == 0 || (v->reply_code >= 200 && v->reply_code < 700), "reply code");
    expect(v->enhanced_code.class_ == 0 || v->enhanced_code.class_ == 2 || v->enhanced_code.class_ == 4 ||
               v->enhanced_code.class_ == 5,
           "enhanced code");
    expect(v->rule.len > 0 || v->evidence == BNC_EVIDENCE_NONE, "evidence without a rule");
    if (v->evidence == BNC_EVIDENCE_PHRASE) {
        expect(v->matched.len > 0, "a phrase without words");
        check_matched(engine, v->matched);
    }
    if (v->evidence == BNC_EVIDENCE_REPLY_CODE)
        expect(v->reply_code != 0, "no reply code to decide");
    if (v->evidence == BNC_EVIDENCE_ENHANCED_CODE)
        expect(v->enhanced_code.class_ != 0, "no enhanced code to decide");
}

/* Replies lie in order inside the text. */
static void
check_replies(const bnc_engine *engine)
{
    const bnc_replies *r = &engine->replies;
    const bnc_text *text = &engine->text;
    size_t i;
    int k;

    expect(text->len <= BNC_TEXT_MAX && r->count >= 0 && r->count <= BNC_REPLIES_MAX, "replies");
    expect(r->n_spans >= 1 && r->n_spans <= BNC_SPANS_MAX && r->spans[0].start == 0, "spans");
    for (k = 0; k < r->n_spans; k++) {
        expect(r->spans[k].owner >= BNC_PREAMBLE && r->spans[k].owner < r->count, "owner of a span");
        expect(k == 0 || r->spans[k].start >= r->spans[k - 1].start, "order of spans");
        expect(r->spans[k].start <= text->len, "a span behind the text");
    }
    for (k = 0; k < r->count; k++)
        expect(r->item[k].text <= text->len, "a reply's words behind the text");
    for (i = 0; i < text->len; i++) {
        expect(text->raw[i] >= ' ', "a control character in the folded text");
        expect(text->words[i] == text->raw[i] || text->words[i] == BNC_MASK, "words differ from raw");
        expect(i == 0 || text->raw[i] != ' ' || text->raw[i - 1] != ' ', "two blanks in the folded text");
    }
}

/* The verdict and its explanation, as bytes that can be compared. */
static void
ask_twice(bnc_engine *engine, bnc_slice diagnostic, bnc_verdict *v, record *r)
{
    char codes[64];

    /* the verdict is found anew; the explanation is that of a form that is known */
    bnc_memo_forget(&engine->memo);
    expect(bnc_classify(engine, diagnostic, NULL, v, &error) == BNC_OK, "no verdict");
    check_replies(engine);
    check_verdict(engine, v);
    snprintf(codes, sizeof(codes), "%d %d %d %u %u.%u.%u", v->category, (int)v->came_with, (int)v->evidence,
             v->reply_code, v->enhanced_code.class_, v->enhanced_code.subject, v->enhanced_code.detail);
    r->len = 0;
    note(r, bnc_slice_of(codes));
    note(r, v->provider);
    note(r, v->rule);
    note(r, v->matched);
    note(r, ask(engine, BNC_ASK_EXPLAIN, diagnostic, NULL));
}

/* Whether bounce_type takes the text for an event or a type. */
static bool
names_type(bnc_slice text)
{
    int category, i;
    bnc_class came_with;

    if (bnc_event_read(text, &category, &came_with))
        return true;
    for (i = 0; i < BNC_TYPES; i++)
        if (bnc_slice_equal_caseless(bnc_slice_trim(text), bnc_type_name((bnc_type)i)))
            return true;
    return false;
}

/* All questions give answers that belong together. */
static void
ask_all(bnc_engine *engine, bnc_slice diagnostic, record *r)
{
    bnc_slice values[N_KEYS];
    bnc_slice name, event, perspective, type, again, json;
    bnc_verdict v;
    char kept[BNC_EVENT_MAX];
    int given, i;
    bnc_class came_with;
    bool itself = names_type(diagnostic);

    ask_twice(engine, diagnostic, &v, r);
    name = ask(engine, BNC_ASK_CATEGORY, diagnostic, NULL);
    expect(bnc_category_find(name) == v.category, "category and verdict differ");
    event = ask(engine, BNC_ASK_EVENT, diagnostic, NULL);
    expect(event.len <= sizeof(kept), "event too long");
    memcpy(kept, event.data, event.len);
    event.data = kept;
    expect(bnc_event_read(event, &given, &came_with) && given == v.category && came_with == v.came_with,
           "event does not read as it was written");

    for (i = 0; i < BNC_N_PERSPECTIVES; i++) {
        perspective = perspective_name(i);
        type = bnc_type_name(bnc_type_under(i, v.category, v.came_with));
        again = ask(engine, BNC_ASK_TYPE, event, &perspective);
        expect(bnc_slice_equal(type, again), "the event has another type than its diagnostic");
        if (i != 0 && i != (int)(diagnostic.len % BNC_N_PERSPECTIVES))
            continue;
        again = ask(engine, BNC_ASK_TYPE, diagnostic, &perspective);
        expect(itself || bnc_slice_equal(type, again), "the type is not that of the verdict");
        name = ask(engine, BNC_ASK_ACTION, diagnostic, NULL);
        json = ask(engine, BNC_ASK_EXPLAIN, diagnostic, &perspective);
        read_json(json, values);
        expect(is_string(values[0], bnc_category(v.category).name), "JSON: category");
        expect(is_string(values[1], type), "JSON: type");
        expect(is_string(values[2], name), "JSON: action");
        expect(is_string(values[3], event), "JSON: event");
        expect(is_null(values[4]) == (v.reply_code == 0), "JSON: reply_code");
        expect(is_null(values[5]) == (v.enhanced_code.class_ == 0), "JSON: enhanced_code");
        expect(is_null(values[6]) == (v.provider.len == 0), "JSON: provider");
        expect(is_null(values[7]) == (v.rule.len == 0), "JSON: rule");
        expect(is_null(values[9]) == (v.matched.len == 0), "JSON: matched");
    }
}

/* Fills the working memory of one call with what another text may have left there. */
static void
scribble(bnc_engine *e, unsigned char byte)
{
    memset(&e->text, byte, sizeof(e->text));
    memset(&e->replies, byte, sizeof(e->replies));
    memset(e->view_raw, byte, sizeof(e->view_raw));
    memset(e->view_words, byte, sizeof(e->view_words));
    if (e->candidates.item != NULL)
        memset(e->candidates.item, byte, e->candidates.room * sizeof(*e->candidates.item));
    memset(e->event, byte, sizeof(e->event));
    memset(e->matched, byte, sizeof(e->matched));
    memset(e->grams.first, byte, sizeof(e->grams.first));
    memset(e->grams.next, byte, sizeof(e->grams.next));
}

static bnc_engine *
new_engine(const bnc_allocator *allocator)
{
    bnc_engine *engine;

    expect(bnc_engine_create(allocator, bnc_builtin_rules(), &engine) == BNC_OK, "no engine");
    return engine;
}

static void
expect_same(const record *a, const record *b, const char *what)
{
    if (a->len == b->len && memcmp(a->text, b->text, a->len) == 0)
        return;
    fprintf(stderr, "--- first\n%.*s--- then\n%.*s", (int)a->len, a->text, (int)b->len, b->text);
    fault(what);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static record first, then;
    static counting used, fresh;
    static bnc_allocator used_allocator, fresh_allocator;
    static bnc_engine *engine;
    bnc_engine *other;
    bnc_slice diagnostic = {(const char *)data, size};
    bnc_slice type;
    bnc_verdict v;

    if (engine == NULL) {
        used_allocator = counting_allocator(&used);
        fresh_allocator = counting_allocator(&fresh);
        engine = new_engine(&used_allocator);
    }
    ask_all(engine, diagnostic, &first);
    scribble(engine, 'z');
    ask_twice(engine, diagnostic, &v, &then);
    expect_same(&first, &then, "another answer after another text");
    scribble(engine, ' ');
    ask_twice(engine, diagnostic, &v, &then);
    expect_same(&first, &then, "another answer after blanks");

    /* a new engine compiles its regular expressions anew: not for every text */
    if ((size + (size > 0 ? data[0] : 0)) % 64 == 0) {
        other = new_engine(&fresh_allocator);
        ask_twice(other, diagnostic, &v, &then);
        bnc_engine_destroy(other);
        expect_same(&first, &then, "another answer on a new engine");
        expect(fresh.blocks == 0, "a leak");
    }
    if (size > BNC_HEAD) {
        diagnostic.len = BNC_HEAD;
        ask_twice(engine, diagnostic, &v, &then);
        expect_same(&first, &then, "what lies behind the head of the text counts");
        type = bnc_type_name(bnc_type_under(0, v.category, v.came_with));
        diagnostic.len = size;
        expect(names_type((bnc_slice){diagnostic.data, BNC_HEAD}) ||
                   bnc_slice_equal(ask(engine, BNC_ASK_TYPE, diagnostic, NULL), type),
               "what lies behind the head of the text makes the type");
    }
    return 0;
}
