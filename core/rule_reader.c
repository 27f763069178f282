/*
 * rule_reader.c - reads rules as people write them (doc/rules.md, "The format").
 *
 * What it does: checks every line and keeps what it says; a line that can't be read is reported with
 * its number, what is wrong, and what would be legal. What it must not know: ranks, tables, texts to classify.
 */
#include "rule_compiler.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PHRASE_MAX 512  /* bytes of one alternative of a rule */
#define PIECES_MAX 16   /* of one alternative */
#define GAP 0x01        /* stands for `*` while a phrase is read */

typedef struct reader {
    bnc_compiler *c;
    const unsigned char *s, *end; /* what is left of the line */
    int line;
    bool reported; /* of this line */
    int kind;      /* bnc_rule_kind of the section, -1 before the first */
    uint32_t target;
    int64_t rule;  /* the rule that examples belong to, -1 for none */
    bool bad_rule; /* that rule could not be read: its examples are passed over */
} reader;

/* One alternative of a rule while it is read: folded pieces are made of it at the end. */
typedef struct draft {
    unsigned char text[PHRASE_MAX];
    size_t len;
} draft;

typedef struct draft_list {
    draft *items;
    size_t n;
} draft_list;

static void problem(reader *r, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

static void
problem(reader *r, const char *format, ...)
{
    char text[256];
    va_list args;

    if (r->reported)
        return;
    r->reported = true;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    r->c->report(r->c->context, r->line, text);
}

/* ---- characters ---- */

static void
skip_blanks(reader *r)
{
    while (r->s < r->end && (*r->s == ' ' || *r->s == '\t'))
        r->s++;
}

static bool
at_end(const reader *r)
{
    return r->s >= r->end || *r->s == '#';
}

static bool
at_blank(const reader *r)
{
    return r->s >= r->end || *r->s == ' ' || *r->s == '\t';
}

static bool
is_id_char(unsigned char c)
{
    return bnc_is_lower(c) || bnc_is_digit(c) || c == '_' || c == '.';
}

static int
hex_digit(unsigned char c)
{
    if (bnc_is_digit(c))
        return c - '0';
    c = bnc_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A word of the line for a message: printable ASCII, cut short. */
static const char *
quote(const unsigned char *s, const unsigned char *end, char out[48])
{
    size_t n = 0;

    for (; s < end && n < 40; s++) {
        if (*s == ' ' || *s == '\t')
            break;
        if (*s > ' ' && *s < 0x7f)
            out[n++] = (char)*s;
        else
            out[n++] = '?';
    }
    out[n] = '\0';
    return out;
}

static uint32_t
keep(bnc_compiler *c, const void *data, size_t len)
{
    uint32_t at = (uint32_t)c->bytes.len;

    bnc_buffer_add(&c->bytes, data, len);
    return at;
}

/* ---- phrases ---- */

static bool
draft_put(reader *r, draft_list *list, size_t from, size_t to, unsigned char byte)
{
    size_t i;

    for (i = from; i < to; i++) {
        if (list->items[i].len >= PHRASE_MAX) {
            problem(r, "phrases longer than %d bytes", PHRASE_MAX);
            return false;
        }
        list->items[i].text[list->items[i].len++] = byte;
    }
    return true;
}

/* Reads one character of a phrase, escapes included. False at its closing quote or an error. */
static bool
phrase_byte(reader *r, unsigned char *byte, bool *escaped)
{
    int high, low;

    *escaped = false;
    if (r->s >= r->end) {
        problem(r, "phrase without closing quote");
        return false;
    }
    if (*r->s == '"')
        return false;
    if (*r->s != '\\') {
        *byte = *r->s++;
        return true;
    }
    if (r->s + 1 >= r->end) {
        problem(r, "phrase without closing quote");
        return false;
    }
    *escaped = true;
    if (r->s[1] == 'x') {
        high = r->s + 2 < r->end ? hex_digit(r->s[2]) : -1;
        low = r->s + 3 < r->end ? hex_digit(r->s[3]) : -1;
        if (high < 0 || low < 0) {
            problem(r, "\\x needs two hexadecimal digits");
            return false;
        }
        *byte = (unsigned char)(high * 16 + low);
        r->s += 4;
        return true;
    }
    if (strchr("\"\\*()|", r->s[1]) == NULL) {
        problem(r, "unknown escape \\%c in a phrase; legal: \\\" \\\\ \\* \\( \\) \\| \\xHH", r->s[1] > ' ' && r->s[1] < 0x7f ? r->s[1] : '?');
        return false;
    }
    *byte = r->s[1];
    r->s += 2;
    return true;
}

/* The ) that closes the group at r->s if it holds a |, NULL if these parentheses are themselves. */
static const unsigned char *
group_end(const reader *r)
{
    const unsigned char *p;
    bool bar = false;

    for (p = r->s + 1; p < r->end && *p != '"' && *p != '('; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '|')
            bar = true;
        else if (*p == ')')
            return bar ? p : NULL;
    }
    return NULL;
}

/* "(a|b)": every draft so far continues with a, and with b. */
static bool
read_group(reader *r, draft_list *list, const unsigned char *close)
{
    size_t base = list->n;
    size_t variants = 1;
    const unsigned char *p;
    size_t v, from, to;
    unsigned char byte;
    bool escaped;

    for (p = r->s + 1; p < close; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '|')
            variants++;
    }
    if (base * variants > BNC_ALTERNATIVES_MAX) {
        problem(r, "more than %d alternatives in one rule", BNC_ALTERNATIVES_MAX);
        return false;
    }
    for (v = 1; v < variants; v++)
        memcpy(list->items + v * base, list->items, base * sizeof(draft));
    list->n = base * variants;
    r->s++;
    for (v = 0; v < variants; v++) {
        from = v * base;
        to = from + base;
        while (r->s < close && *r->s != '|') {
            if (!phrase_byte(r, &byte, &escaped))
                return false;
            if (!draft_put(r, list, from, to, !escaped && byte == '*' ? GAP : byte))
                return false;
        }
        r->s++;
    }
    return true;
}

/* Reads a phrase after its opening quote and adds it to every draft. */
static bool
read_phrase(reader *r, draft_list *list)
{
    const unsigned char *close;
    unsigned char byte;
    bool escaped;

    for (;;) {
        if (r->s < r->end && *r->s == '(' && (close = group_end(r)) != NULL) {
            if (!read_group(r, list, close))
                return false;
            continue;
        }
        if (!phrase_byte(r, &byte, &escaped))
            break;
        if (!draft_put(r, list, 0, list->n, !escaped && byte == '*' ? GAP : byte))
            return false;
    }
    if (r->reported)
        return false;
    r->s++;
    if (!at_blank(r)) {
        problem(r, "a blank must follow a phrase");
        return false;
    }
    return true;
}

/* ---- drafts to alternatives ---- */

typedef struct variant {
    unsigned char text[PIECES_MAX][PHRASE_MAX];
    size_t len[PIECES_MAX];
    bool given[PIECES_MAX];
    size_t n;
} variant;

typedef struct transcode_sink {
    variant *charsets; /* one for each charset */
    size_t piece;
} transcode_sink;

static void
keep_piece(bnc_compiler *c, const unsigned char *text, size_t len, bnc_lane lane)
{
    bnc_piece piece;

    piece.text = keep(c, text, len);
    piece.len = (uint32_t)len;
    piece.lane = lane;
    bnc_buffer_add(&c->pieces, &piece, sizeof(piece));
}

static void
keep_alternative(bnc_compiler *c, uint32_t rule, size_t n_pieces, bool anchored)
{
    bnc_alternative alternative;

    alternative.rule = rule;
    alternative.n_pieces = (uint32_t)n_pieces;
    alternative.pieces = (uint32_t)(c->pieces.len / sizeof(bnc_piece) - n_pieces);
    alternative.anchored = anchored;
    bnc_buffer_add(&c->alternatives, &alternative, sizeof(alternative));
}

static void
take_transcoded(void *sink, size_t charset, bnc_slice bytes)
{
    transcode_sink *t = sink;
    variant *v = &t->charsets[charset];

    if (bytes.len == 0 || bytes.len > PHRASE_MAX)
        return;
    v->len[t->piece] = bnc_fold(bytes, v->text[t->piece], PHRASE_MAX, NULL, NULL);
    v->given[t->piece] = true;
}

/* The same words in legacy charsets, where all pieces have one. */
static bool
keep_transcoded(reader *r, const variant *plain, uint32_t rule, bool anchored)
{
    bnc_compiler *c = r->c;
    const bnc_transcoder *transcoder = c->transcoder;
    transcode_sink sink;
    size_t i, k;
    bnc_slice piece;

    sink.charsets = c->allocator->resize(c->allocator->context, NULL, transcoder->n_charsets * sizeof(variant));
    if (sink.charsets == NULL) {
        c->bytes.failed = true;
        return false;
    }
    memset(sink.charsets, 0, transcoder->n_charsets * sizeof(variant));
    for (i = 0; i < plain->n; i++) {
        sink.piece = i;
        piece.data = (const char *)plain->text[i];
        piece.len = plain->len[i];
        transcoder->each(transcoder->context, piece, take_transcoded, &sink);
    }
    for (k = 0; k < transcoder->n_charsets; k++) {
        for (i = 0; i < plain->n && sink.charsets[k].given[i]; i++)
            ;
        if (i < plain->n)
            continue;
        for (i = 0; i < plain->n; i++)
            keep_piece(c, sink.charsets[k].text[i], sink.charsets[k].len[i], BNC_LANE_BYTES);
        keep_alternative(c, rule, plain->n, anchored);
    }
    c->allocator->release(c->allocator->context, sink.charsets);
    return true;
}

/* Cuts a draft at its gaps, folds the pieces and keeps them as an alternative of the rule. */
static bool
keep_draft(reader *r, const draft *d, uint32_t rule, bool anchored)
{
    variant v;
    unsigned char masked[PHRASE_MAX];
    size_t from = 0;
    size_t i, to, cut;
    bool wide = false;
    bnc_slice piece;

    v.n = 0;
    for (i = 0; i <= d->len; i++) {
        if (i < d->len && d->text[i] != GAP)
            continue;
        to = i;
        /* blanks beside a gap are part of it */
        if (from > 0)
            while (from < to && d->text[from] == ' ')
                from++;
        if (i < d->len)
            while (to > from && d->text[to - 1] == ' ')
                to--;
        if (to > from) {
            if (v.n >= PIECES_MAX) {
                problem(r, "more than %d gaps in a phrase", PIECES_MAX - 1);
                return false;
            }
            piece.data = (const char *)d->text + from;
            piece.len = to - from;
            v.len[v.n] = bnc_fold(piece, v.text[v.n], PHRASE_MAX, NULL, NULL);
            for (cut = 0; cut < v.len[v.n]; cut++)
                wide = wide || v.text[v.n][cut] >= 0x80;
            if (v.len[v.n] > 0)
                v.n++;
        }
        from = i + 1;
    }
    if (v.n == 0 || (v.n == 1 && v.len[0] == 1 && v.text[0][0] == ' ')) {
        problem(r, "empty phrase");
        return false;
    }
    for (i = 0; i < v.n; i++)
        keep_piece(r->c, v.text[i], v.len[i],
                   bnc_mask(v.text[i], v.len[i], masked) ? BNC_LANE_LABELS : BNC_LANE_WORDS);
    /* a piece that holds a name looks into names, and so do its neighbours in the same alternative */
    {
        bnc_piece *pieces = (bnc_piece *)r->c->pieces.data;
        size_t first = r->c->pieces.len / sizeof(bnc_piece) - v.n;
        bool labels = false;

        if (bnc_compiler_failed(r->c))
            return false;
        for (i = 0; i < v.n; i++)
            labels = labels || pieces[first + i].lane == BNC_LANE_LABELS;
        for (i = 0; i < v.n && labels; i++)
            pieces[first + i].lane = BNC_LANE_LABELS;
    }
    keep_alternative(r->c, rule, v.n, anchored);
    if (wide && r->c->transcoder != NULL)
        return keep_transcoded(r, &v, rule, anchored);
    return true;
}

/* ---- conditions ---- */

static bool
read_number(reader *r, unsigned *number, int max_digits)
{
    int digits;

    *number = 0;
    for (digits = 0; r->s < r->end && bnc_is_digit(*r->s) && digits <= max_digits; digits++)
        *number = *number * 10 + (unsigned)(*r->s++ - '0');
    return digits > 0 && digits <= max_digits;
}

/* x.1.1, 5.7.*, 4.7.28, 5.7.606-649 */
static bool
read_enhanced_condition(reader *r, bnc_rule *rule)
{
    unsigned subject, low, high;

    if (rule->enhanced_class != 0)
        return false;
    if (*r->s == 'x' || *r->s == 'X')
        rule->enhanced_class = 1u << 2 | 1u << 4 | 1u << 5;
    else if (*r->s == '2' || *r->s == '4' || *r->s == '5')
        rule->enhanced_class = 1u << (*r->s - '0');
    else
        return false;
    r->s += 2;
    if (!read_number(r, &subject, 3) || r->s >= r->end || *r->s++ != '.')
        return false;
    if (r->s < r->end && *r->s == '*') {
        r->s++;
        low = 0;
        high = 999;
    } else {
        if (!read_number(r, &low, 3))
            return false;
        high = low;
        if (r->s < r->end && *r->s == '-') {
            r->s++;
            if (!read_number(r, &high, 3) || high < low)
                return false;
        }
    }
    rule->subject = subject;
    rule->detail_low = low;
    rule->detail_high = high;
    return at_blank(r);
}

/* 550, 5xx */
static bool
read_code_condition(reader *r, bnc_rule *rule)
{
    unsigned code;

    if (rule->code_low != 0 || r->end - r->s < 3)
        return false;
    if (bnc_lower(r->s[1]) == 'x' && bnc_lower(r->s[2]) == 'x' && *r->s >= '2' && *r->s <= '6') {
        rule->code_low = (uint32_t)(*r->s - '0') * 100;
        rule->code_high = rule->code_low + 99;
        r->s += 3;
        return at_blank(r);
    }
    if (!read_number(r, &code, 3) || code < 200 || code > 699)
        return false;
    rule->code_low = rule->code_high = code;
    return at_blank(r);
}

/* The number of a provider, added if it is new and may be; UINT32_MAX if there is none. */
static uint32_t
provider_number(reader *r, bnc_slice name, bool add)
{
    bnc_compiler *c = r->c;
    uint32_t base = 0;
    uint32_t i, n;
    const bnc_tables_head *head;
    bnc_name known;

    if (c->base != NULL) {
        head = bnc_tables(c->base);
        base = head->n_providers;
        for (i = 0; i < base; i++)
            if (bnc_slice_equal(bnc_provider_name(c->base, NULL, i), name))
                return i;
    }
    n = (uint32_t)(c->providers.len / sizeof(bnc_name));
    for (i = 0; i < n; i++) {
        known = ((const bnc_name *)c->providers.data)[i];
        if (bnc_slice_equal(bnc_compiler_text(c, known.text, known.len), name))
            return base + i;
    }
    if (!add || base + n >= BNC_PROVIDERS_MAX)
        return UINT32_MAX;
    known.text = keep(c, name.data, name.len);
    known.len = (uint32_t)name.len;
    bnc_buffer_add(&c->providers, &known, sizeof(known));
    return base + n;
}

static bnc_slice
read_name(reader *r)
{
    bnc_slice name = {(const char *)r->s, 0};

    while (r->s < r->end && is_id_char(*r->s)) {
        r->s++;
        name.len++;
    }
    return name;
}

/* @gmail: may name a provider whose section comes later */
static bool
read_provider_condition(reader *r, uint32_t *provider)
{
    bnc_slice name;
    uint32_t number;

    r->s++;
    name = read_name(r);
    if (name.len == 0 || !at_blank(r) || *provider != 0)
        return false;
    number = provider_number(r, name, true);
    if (number == UINT32_MAX) {
        problem(r, "too many providers");
        return false;
    }
    *provider = number + 1;
    return true;
}

static bool
read_type(reader *r, bnc_rule *rule)
{
    static const struct {
        const char *name;
        bnc_class came_with;
    } types[] = {{"hard", BNC_CLASS_HARD},       {"soft", BNC_CLASS_SOFT}, {"block", BNC_CLASS_BLOCK},
                 {"pending", BNC_CLASS_PENDING}, {"none", BNC_CLASS_NOT}};
    char word[48];
    bnc_slice name;
    size_t i;

    r->s += 5;
    name = read_name(r);
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (bnc_slice_equal(name, bnc_slice_of(types[i].name)) && at_blank(r)) {
            rule->type = (uint32_t)types[i].came_with + 1;
            return true;
        }
    problem(r, "unknown type \"%s\"; legal: hard, soft, block, pending, none",
            quote((const unsigned char *)name.data, r->end, word));
    return false;
}

/* /regular expression/ up to the / before a blank or the end */
static bool
read_pattern(reader *r, bnc_rule *rule)
{
    const unsigned char *from = ++r->s;

    while (r->s < r->end && !(*r->s == '/' && (r->s + 1 >= r->end || r->s[1] == ' ' || r->s[1] == '\t'))) {
        if (*r->s == '\\' && r->s + 1 < r->end)
            r->s++;
        r->s++;
    }
    if (r->s >= r->end) {
        problem(r, "regular expression without closing /");
        return false;
    }
    if (rule->pattern_len != 0 || r->s == from) {
        problem(r, r->s == from ? "empty regular expression" : "more than one regular expression in a rule");
        return false;
    }
    rule->pattern = keep(r->c, from, (size_t)(r->s - from));
    rule->pattern_len = (uint32_t)(r->s - from);
    r->s++;
    return true;
}

static bool
is_word(const reader *r, const char *word)
{
    size_t n = strlen(word);

    return (size_t)(r->end - r->s) >= n && memcmp(r->s, word, n) == 0 &&
           (r->s + n >= r->end || r->s[n] == ' ' || r->s[n] == '\t');
}

/* Drafts of the wanted phrases and of one refused phrase, kept off the stack. */
typedef struct workshop {
    draft wanted[BNC_ALTERNATIVES_MAX];
    draft refused[BNC_ALTERNATIVES_MAX];
} workshop;

static void
draft_start(draft_list *list, draft *items)
{
    list->items = items;
    list->n = 1;
    items[0].len = 0;
}

/* Refused phrases are kept at once, before the wanted ones, so that both lie together. */
static bool
read_refusal(reader *r, workshop *w, bnc_rule *rule, uint32_t number)
{
    draft_list list;
    size_t i;

    draft_start(&list, w->refused);
    if (!read_phrase(r, &list))
        return false;
    if (rule->n_refusals == 0)
        rule->refusals = (uint32_t)(r->c->alternatives.len / sizeof(bnc_alternative));
    for (i = 0; i < list.n; i++)
        if (!keep_draft(r, &list.items[i], number, false))
            return false;
    rule->n_refusals = (uint32_t)(r->c->alternatives.len / sizeof(bnc_alternative)) - rule->refusals;
    return true;
}

static bool
read_condition(reader *r, workshop *w, draft_list *wanted, bnc_rule *rule, uint32_t number, bool *anchored)
{
    const unsigned char *start = r->s;
    char word[48];
    bool good;

    if (*r->s == '"' || (*r->s == '^' && r->s + 1 < r->end && r->s[1] == '"')) {
        if (*r->s == '^') {
            if (wanted->items[0].len > 0) {
                problem(r, "^\"phrase\" must be the first phrase");
                return false;
            }
            *anchored = true;
            r->s++;
        }
        r->s++;
        if (wanted->items[0].len > 0 && !draft_put(r, wanted, 0, wanted->n, GAP))
            return false;
        return read_phrase(r, wanted);
    }
    if (*r->s == '!' && r->s + 1 < r->end && r->s[1] == '"') {
        r->s += 2;
        return read_refusal(r, w, rule, number);
    }
    if (*r->s == '!' && r->s + 1 < r->end && r->s[1] == '@') {
        r->s++;
        if (read_provider_condition(r, &rule->not_provider))
            return true;
    } else if (*r->s == '@') {
        if (read_provider_condition(r, &rule->provider))
            return true;
    } else if (*r->s == '/') {
        return read_pattern(r, rule);
    } else if (r->end - r->s > 5 && memcmp(r->s, "type=", 5) == 0) {
        return read_type(r, rule);
    } else if (is_word(r, "alone")) {
        rule->flags |= BNC_RULE_ALONE;
        r->s += 5;
        return true;
    } else if (is_word(r, "weak")) {
        rule->flags |= BNC_RULE_WEAK;
        r->s += 4;
        return true;
    } else {
        good = r->end - r->s > 2 && r->s[1] == '.' ? read_enhanced_condition(r, rule) : read_code_condition(r, rule);
        if (good)
            return true;
    }
    problem(r,
            "can't read \"%s\"; legal: \"phrase\", ^\"phrase\", !\"phrase\", 550, 5xx, x.1.1, 5.7.*, 5.7.606-649, "
            "@provider, !@provider, /regular expression/, type=, alone, weak; codes and providers once",
            quote(start, r->end, word));
    return false;
}

static bool
id_is_taken(const bnc_compiler *c, const unsigned char *id, size_t len)
{
    const bnc_rule *rules = (const bnc_rule *)c->rules.data;
    size_t i;

    for (i = 0; i < bnc_rules_read(c); i++)
        if (rules[i].id_len == len && memcmp(c->bytes.data + rules[i].id, id, len) == 0)
            return true;
    return false;
}

static bool
has_condition(const bnc_rule *rule)
{
    return rule->n_alternatives > 0 || rule->code_low != 0 || rule->enhanced_class != 0 || rule->pattern_len > 0 ||
           rule->provider != 0;
}

/* id: conditions */
static void
read_rule(reader *r, workshop *w)
{
    bnc_compiler *c = r->c;
    bnc_slice id = read_name(r);
    uint32_t number = (uint32_t)bnc_rules_read(c);
    size_t alternatives = c->alternatives.len;
    size_t pieces = c->pieces.len;
    bool anchored = false;
    bool good = true;
    draft_list wanted;
    bnc_rule rule;
    char word[48];
    size_t i;

    r->rule = -1;
    r->bad_rule = true;
    if (id.len == 0 || r->s >= r->end || *r->s != ':') {
        problem(r, "can't read \"%s\"; legal: [category], id: conditions, > example, # comment",
                quote((const unsigned char *)id.data, r->end, word));
        return;
    }
    if (r->kind < 0) {
        problem(r, "rule before the first [category]");
        return;
    }
    if (id_is_taken(c, (const unsigned char *)id.data, id.len)) {
        problem(r, "rule \"%s\" is defined twice", quote((const unsigned char *)id.data, r->s, word));
        return;
    }
    if (number >= BNC_RULES_MAX) {
        problem(r, "more than %d rules", BNC_RULES_MAX);
        return;
    }
    r->s++;
    memset(&rule, 0, sizeof(rule));
    rule.kind = (uint32_t)r->kind;
    rule.target = r->target;
    rule.line = (uint32_t)r->line;
    draft_start(&wanted, w->wanted);
    for (skip_blanks(r); good && !at_end(r); skip_blanks(r))
        good = read_condition(r, w, &wanted, &rule, number, &anchored);
    if (good && wanted.items[0].len > 0) {
        rule.alternatives = (uint32_t)(c->alternatives.len / sizeof(bnc_alternative));
        for (i = 0; good && i < wanted.n; i++)
            good = keep_draft(r, &wanted.items[i], number, anchored);
        rule.n_alternatives = (uint32_t)(c->alternatives.len / sizeof(bnc_alternative)) - rule.alternatives;
    }
    if (good && !has_condition(&rule)) {
        problem(r, "rule \"%s\" has no condition", quote((const unsigned char *)id.data, r->end, word));
        good = false;
    }
    if (!good || r->reported) {
        c->alternatives.len = alternatives;
        c->pieces.len = pieces;
        return;
    }
    rule.id = keep(c, id.data, id.len);
    rule.id_len = (uint32_t)id.len;
    bnc_buffer_add(&c->rules, &rule, sizeof(rule));
    r->rule = number;
}

/* [category], [@provider], [pending], [aftermath] */
static void
read_section(reader *r)
{
    bnc_slice name;
    char word[48];
    bool provider;
    int category;

    r->rule = -1;
    r->bad_rule = false;
    r->s++;
    provider = r->s < r->end && *r->s == '@';
    if (provider)
        r->s++;
    name = read_name(r);
    if (name.len == 0 || r->s >= r->end || *r->s != ']') {
        problem(r, "can't read this section; legal: [category], [@provider], [pending], [aftermath]");
        return;
    }
    r->s++;
    skip_blanks(r);
    if (!at_end(r)) {
        problem(r, "nothing may follow a section's name");
        return;
    }
    if (provider) {
        r->kind = BNC_RULE_PROVIDER;
        r->target = provider_number(r, name, true);
        if (r->target == UINT32_MAX)
            problem(r, "too many providers");
        return;
    }
    category = bnc_category_find(name);
    if (category >= 0) {
        r->kind = BNC_RULE_CATEGORY;
        r->target = (uint32_t)category;
    } else if (bnc_slice_equal(name, bnc_slice_of("pending"))) {
        r->kind = BNC_RULE_PENDING;
    } else if (bnc_slice_equal(name, bnc_slice_of("aftermath"))) {
        r->kind = BNC_RULE_AFTERMATH;
    } else {
        problem(r, "unknown category \"%s\"; legal: those of bounce_categories, @provider, pending, aftermath",
                quote((const unsigned char *)name.data, (const unsigned char *)name.data + name.len, word));
    }
}

/* > a server's words; escapes: \n \t \r \\ \xHH */
static void
read_example(reader *r)
{
    bnc_compiler *c = r->c;
    bnc_example example;
    unsigned char byte;
    int high, low;

    r->s++;
    skip_blanks(r);
    if (r->rule < 0) {
        if (!r->bad_rule)
            problem(r, "example without a rule above it");
        return;
    }
    example.rule = (uint32_t)r->rule;
    example.line = (uint32_t)r->line;
    example.text = (uint32_t)c->bytes.len;
    while (r->s < r->end) {
        byte = *r->s++;
        if (byte == '\\' && r->s < r->end) {
            if (*r->s == 'n' || *r->s == 't' || *r->s == 'r' || *r->s == '\\') {
                byte = *r->s == 'n' ? '\n' : *r->s == 't' ? '\t' : *r->s == 'r' ? '\r' : '\\';
                r->s++;
            } else if (*r->s == 'x' && r->end - r->s > 2 && (high = hex_digit(r->s[1])) >= 0 &&
                       (low = hex_digit(r->s[2])) >= 0) {
                byte = (unsigned char)(high * 16 + low);
                r->s += 3;
            }
        }
        bnc_buffer_add(&c->bytes, &byte, 1);
    }
    example.len = (uint32_t)c->bytes.len - example.text;
    bnc_buffer_add(&c->examples, &example, sizeof(example));
}

static void
read_line(reader *r, workshop *w)
{
    skip_blanks(r);
    if (at_end(r))
        return;
    if (*r->s == '[')
        read_section(r);
    else if (*r->s == '>')
        read_example(r);
    else
        read_rule(r, w);
}

bnc_status
bnc_compiler_read(bnc_compiler *compiler, bnc_slice text)
{
    const unsigned char *s = (const unsigned char *)text.data;
    const unsigned char *end = s + text.len;
    const unsigned char *stop;
    workshop *w = compiler->allocator->resize(compiler->allocator->context, NULL, sizeof(*w));
    reader r = {compiler, NULL, NULL, 0, false, -1, 0, -1, false};

    if (w == NULL)
        return BNC_NO_MEMORY;
    while (s < end && !bnc_compiler_failed(compiler)) {
        stop = memchr(s, '\n', (size_t)(end - s));
        if (stop == NULL)
            stop = end;
        r.s = s;
        r.end = stop > s && stop[-1] == '\r' ? stop - 1 : stop;
        r.line++;
        r.reported = false;
        read_line(&r, w);
        s = stop < end ? stop + 1 : end;
    }
    compiler->allocator->release(compiler->allocator->context, w);
    return bnc_compiler_failed(compiler) ? BNC_NO_MEMORY : BNC_OK;
}
