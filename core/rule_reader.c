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

#define WANTED_MAX 16       /* phrases in one rule */
#define ELEMENTS_MAX 64     /* of one rule's phrases together */
#define OPTIONS_MAX 1024    /* likewise */
#define TEXT_MAX 32768      /* bytes of them all */
#define OPTION_MAX 512      /* bytes of one option */
#define SPELLINGS_MAX 16384 /* of a row that are searched for names */
#define VARIANTS_MAX 64     /* that gaps inside (a|b) make of one rule */

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

/* The words of a rule while they are read: elements of options, options in one text. */
typedef struct draft {
    bnc_element element[ELEMENTS_MAX];
    uint32_t n_elements;
    bnc_option option[OPTIONS_MAX];
    uint32_t n_options;
    unsigned char text[TEXT_MAX];
    uint32_t len;
    bnc_boundary boundary; /* of the next element */
} draft;

/* The text between the quotes of a phrase. */
typedef struct quoted {
    const unsigned char *s, *end;
} quoted;

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

/* ---- phrases: from quotes to elements ---- */

/* Reads one character of a phrase, escapes included. False on an error. */
static bool
phrase_byte(reader *r, const unsigned char **s, const unsigned char *end, unsigned char *byte, bool *escaped)
{
    int high, low;

    *escaped = **s == '\\';
    if (!*escaped) {
        *byte = *(*s)++;
        return true;
    }
    if (end - *s >= 2 && (*s)[1] == 'x') {
        high = end - *s >= 3 ? hex_digit((*s)[2]) : -1;
        low = end - *s >= 4 ? hex_digit((*s)[3]) : -1;
        if (high < 0 || low < 0) {
            problem(r, "\\x needs two hexadecimal digits");
            return false;
        }
        *byte = (unsigned char)(high * 16 + low);
        *s += 4;
        return true;
    }
    if (end - *s < 2 || (*s)[1] == '\0' || strchr("\"\\*()|", (*s)[1]) == NULL) {
        problem(r, "unknown escape in a phrase; legal: \\b \\d \\w \\@ \\\" \\\\ \\* \\( \\) \\| \\xHH");
        return false;
    }
    *byte = (*s)[1];
    *s += 2;
    return true;
}

/* Where the quotes opened at r->s close; r->s moves behind them. ends: whether a $ follows; NULL: none may. */
static bool
read_quoted(reader *r, quoted *q, bool *ends)
{
    q->s = r->s;
    for (; r->s < r->end && *r->s != '"'; r->s++)
        if (*r->s == '\\' && r->s + 1 < r->end)
            r->s++;
    if (r->s >= r->end) {
        problem(r, "phrase without closing quote");
        return false;
    }
    q->end = r->s++;
    if (ends != NULL && r->s < r->end && *r->s == '$') {
        *ends = true;
        r->s++;
    }
    if (!at_blank(r)) {
        problem(r, "a blank must follow a phrase");
        return false;
    }
    return true;
}

/* \\b: the edge of a word */
static bool
is_boundary(const unsigned char *s, const unsigned char *end)
{
    return end - s >= 2 && s[0] == '\\' && s[1] == 'b';
}

/* \\d, \\w, \\@: a number, a word, a name */
static bnc_run
run_of(const unsigned char *s, const unsigned char *end)
{
    if (end - s < 2 || s[0] != '\\')
        return BNC_NO_RUN;
    return s[1] == 'd' ? BNC_RUN_NUMBER : s[1] == 'w' ? BNC_RUN_WORD : s[1] == '@' ? BNC_RUN_NAME : BNC_NO_RUN;
}

/* A group "(a|b)": its options lie between the bars. */
typedef struct group {
    const unsigned char *end; /* the closing parenthesis */
    unsigned options;
    bool gaps;   /* an option holds more than characters: each makes a phrase of its own */
    bool nested; /* another group opens inside: not allowed */
} group;

/* False if the parenthesis at s opens no group: parentheses without | are themselves. */
static bool
find_group(const unsigned char *s, const unsigned char *end, group *found)
{
    unsigned depth = 0;

    found->options = 1;
    found->gaps = false;
    found->nested = false;
    for (s++; s < end; s++) {
        if (*s == '\\' && s + 1 < end) {
            found->gaps = found->gaps || run_of(s, end) || is_boundary(s, end);
            s++;
        } else if (*s == '(') {
            depth++;
        } else if (*s == ')' && depth > 0) {
            depth--;
        } else if (*s == ')') {
            found->end = s;
            break;
        } else if (depth == 0 && *s == '*') {
            found->gaps = true;
        } else if (depth == 0 && *s == '|') {
            found->options++;
        }
        found->nested = found->nested || depth > 0;
    }
    found->nested = found->nested && s < end && found->options > 1;
    return s < end && found->options > 1 && !found->nested;
}

static bool
open_element(reader *r, draft *d, bool gap)
{
    if (d->n_elements >= ELEMENTS_MAX) {
        problem(r, "more than %d parts in the phrases of a rule", ELEMENTS_MAX);
        return false;
    }
    d->element[d->n_elements].options = d->n_options;
    d->element[d->n_elements].n_options = 0;
    d->element[d->n_elements].gap = gap;
    d->element[d->n_elements].run = BNC_NO_RUN;
    d->element[d->n_elements++].boundary = d->boundary;
    d->boundary = BNC_NO_BOUNDARY;
    return true;
}

/* Folds the option and gives it to the last element; ends beside a gap lose their blank. */
static bool
close_option(reader *r, draft *d, const unsigned char *text, size_t len, bool gap_before, bool gap_after)
{
    bnc_slice plain = {(const char *)text, len};
    unsigned char folded[OPTION_MAX];
    unsigned char *from = folded;
    size_t n = bnc_fold(plain, folded, sizeof(folded), NULL, NULL);

    if (gap_before && n > 0 && *from == ' ') {
        from++;
        n--;
    }
    if (gap_after && n > 0 && from[n - 1] == ' ')
        n--;
    if (d->n_options >= OPTIONS_MAX || d->len + n > TEXT_MAX) {
        problem(r, "more than %d alternatives, or %d bytes, in the phrases of a rule", OPTIONS_MAX, TEXT_MAX);
        return false;
    }
    memcpy(d->text + d->len, from, n);
    d->option[d->n_options].text = d->len;
    d->option[d->n_options++].len = (uint32_t)n;
    d->element[d->n_elements - 1].n_options++;
    d->len += (uint32_t)n;
    return true;
}

/* Reads characters up to a stop that is not escaped, into text. */
static bool
read_run(reader *r, const unsigned char **s, const unsigned char *end, const char *stops, unsigned char *text,
         size_t *len)
{
    group found;
    bool escaped;

    *len = 0;
    while (*s < end && (**s == '\0' || strchr(stops, **s) == NULL) && !(**s == '(' && find_group(*s, end, &found)) &&
           !is_boundary(*s, end) && !run_of(*s, end)) {
        if (**s == '(' && found.nested) {
            problem(r, "a group inside a group; write parentheses of the text as \\( and \\)");
            return false;
        }
        if (*len >= OPTION_MAX) {
            problem(r, "words longer than %d bytes", OPTION_MAX);
            return false;
        }
        if (!phrase_byte(r, s, end, &text[*len], &escaped))
            return false;
        ++*len;
    }
    return true;
}

static bool
next_is_gap(const unsigned char *s, const unsigned char *end)
{
    while (s < end && *s == ' ')
        s++;
    return s < end && *s == '*';
}

/* All options of a group as one element. */
static bool
read_group(reader *r, draft *d, const unsigned char **s, const group *found, const unsigned char *end, bool gap,
           bool star)
{
    unsigned char text[OPTION_MAX];
    size_t len;
    unsigned i;

    if (!open_element(r, d, gap))
        return false;
    for (i = 0; i < found->options; i++) {
        ++*s;
        if (!read_run(r, s, found->end, "|", text, &len))
            return false;
        if (!close_option(r, d, text, len, star, next_is_gap(found->end + 1, end)))
            return false;
    }
    *s = found->end + 1;
    return true;
}

/*
 * Reads a phrase into elements; the groups that hold gaps give only their option number
 * *variant % options, and *variant is divided by options.
 */
static bool
read_phrase(reader *r, draft *d, const unsigned char *s, const unsigned char *end, unsigned *variant, bool *gap)
{
    unsigned char text[OPTION_MAX];
    size_t len;
    group found;
    unsigned skip;
    const unsigned char *from;
    bool star = false; /* a gap was just written: blanks beside it are part of it */

    while (s < end) {
        if (*s == '*') {
            *gap = star = true;
            s++;
            continue;
        }
        if (is_boundary(s, end)) {
            d->boundary = BNC_WORD_EDGE;
            star = false;
            s += 2;
            /* at the end: an empty element carries it */
            if ((s >= end || *s == '*') && (!open_element(r, d, *gap) || !close_option(r, d, text, 0, false, false)))
                return false;
            continue;
        }
        if (run_of(s, end)) {
            if (!open_element(r, d, *gap) || !close_option(r, d, text, 0, false, false))
                return false;
            d->element[d->n_elements - 1].run = run_of(s, end);
            *gap = star = false;
            s += 2;
            continue;
        }
        if (*s == '(' && find_group(s, end, &found)) {
            if (!found.gaps) {
                if (!read_group(r, d, &s, &found, end, *gap, star))
                    return false;
                *gap = star = false;
                continue;
            }
            /* one option, read as a phrase inside this one */
            for (skip = *variant % found.options, s++; skip > 0; s++) {
                if (*s == '\\')
                    s++;
                else if (*s == '|')
                    skip--;
            }
            *variant /= found.options;
            for (from = s; s < found.end && *s != '|'; s++)
                if (*s == '\\')
                    s++;
            if (!read_phrase(r, d, from, s, variant, gap))
                return false;
            s = found.end + 1;
            star = *gap;
            continue;
        }
        if (!read_run(r, &s, end, "*", text, &len))
            return false;
        /* a blank alone beside a gap is part of it */
        if (len == 1 && text[0] == ' ' && (star || next_is_gap(s, end))) {
            /* the edge of a word before that gap, not after it */
            if (d->boundary) {
                if (!open_element(r, d, *gap) || !close_option(r, d, text, 0, false, false))
                    return false;
                *gap = false;
            }
            continue;
        }
        if (!open_element(r, d, *gap) || !close_option(r, d, text, len, star, s < end && *s == '*'))
            return false;
        *gap = star = false;
    }
    return true;
}

/* How many phrases the groups with gaps make of this one. */
static unsigned
count_variants(const quoted *q)
{
    const unsigned char *s;
    unsigned n = 1;
    group found;

    for (s = q->s; s < q->end && n <= VARIANTS_MAX; s++) {
        if (*s == '\\' && s + 1 < q->end)
            s++;
        else if (*s == '(' && find_group(s, q->end, &found)) {
            if (found.gaps)
                n *= found.options;
            s = found.end;
        }
    }
    return n;
}

/* ---- phrases: from elements to the tables ---- */

/* The elements of a row: up to the next gap. */
static uint32_t
row_length(const draft *d, uint32_t from)
{
    uint32_t n = 1;

    while (from + n < d->n_elements && !d->element[from + n].gap)
        n++;
    return n;
}

/* Whether the row could spell a name at all: each has a sign or a digit. */
static bool
may_spell_name(const draft *d, uint32_t from, uint32_t n)
{
    const bnc_element *e;
    const bnc_option *o;
    uint32_t i, k, at;
    unsigned char c;

    for (i = from; i < from + n; i++) {
        e = &d->element[i];
        for (k = 0; k < e->n_options; k++) {
            o = &d->option[e->options + k];
            for (at = 0; at < o->len; at++) {
                c = d->text[o->text + at];
                if (c == '.' || c == '@' || c == ':' || bnc_is_digit(c))
                    return true;
            }
        }
    }
    return false;
}

/* The row, spelt with the options that the number names. */
static void
spell_row(const draft *d, uint32_t from, uint32_t n, uint32_t number, bnc_text *text)
{
    const bnc_element *e;
    const bnc_option *o;
    uint32_t i;

    text->len = 0;
    for (i = from; i < from + n; i++) {
        e = &d->element[i];
        o = &d->option[e->options + number % e->n_options];
        number /= e->n_options;
        if (text->len + o->len > BNC_TEXT_MAX)
            break;
        memcpy(text->raw + text->len, d->text + o->text, o->len);
        text->len += o->len;
    }
}

/* In how many ways the row is spelt; SPELLINGS_MAX + 1 if in more than that. */
static uint32_t
count_spellings(const draft *d, uint32_t from, uint32_t n)
{
    uint32_t spellings = 1;
    uint32_t i;

    for (i = from; i < from + n && spellings <= SPELLINGS_MAX; i++)
        spellings *= d->element[i].n_options;
    return spellings <= SPELLINGS_MAX ? spellings : SPELLINGS_MAX + 1;
}

static bool
row_spells_name(const draft *d, uint32_t from, uint32_t n, bnc_text *text)
{
    uint32_t spellings = may_spell_name(d, from, n) ? count_spellings(d, from, n) : 0;
    uint32_t number;

    for (number = 0; number < spellings; number++) {
        spell_row(d, from, n, number, text);
        if (bnc_names_in(text->raw, text->len))
            return true;
    }
    return false;
}

static void
keep_label(void *context, uint32_t label, uint32_t hash)
{
    bnc_compiler *c = context;
    bnc_label kept = {hash, label};

    bnc_buffer_add(&c->labels, &kept, sizeof(kept));
}

/* Where the phrase looks. One that looks into names tells which labels it wants to see there. */
static bool
find_lane(reader *r, const draft *d, bnc_text *text, bnc_lane *lane)
{
    uint32_t from, n, number, spellings;

    *lane = BNC_LANE_WORDS;
    for (from = 0; from < d->n_elements && *lane == BNC_LANE_WORDS; from += n) {
        n = row_length(d, from);
        if (row_spells_name(d, from, n, text))
            *lane = BNC_LANE_LABELS;
    }
    for (from = 0; from < d->n_elements && *lane == BNC_LANE_LABELS; from += n) {
        n = row_length(d, from);
        spellings = count_spellings(d, from, n);
        if (spellings > SPELLINGS_MAX) {
            problem(r, "more than %d ways to spell words that stand with a name", SPELLINGS_MAX);
            return false;
        }
        for (number = 0; number < spellings; number++) {
            spell_row(d, from, n, number, text);
            bnc_names_labels(text->raw, text->len, keep_label, r->c);
        }
    }
    return true;
}

/* The first byte of an option, -1 of an empty one. */
static int
first_byte(const draft *d, const bnc_option *o)
{
    return o->len > 0 ? d->text[o->text] : -1;
}

/* Brings the options of each element into the order of their first bytes. */
static void
sort_options(draft *d)
{
    const bnc_element *e;
    bnc_option moved;
    uint32_t i, k, at;

    for (i = 0; i < d->n_elements; i++) {
        e = &d->element[i];
        for (k = 1; k < e->n_options; k++) {
            moved = d->option[e->options + k];
            for (at = e->options + k; at > e->options && first_byte(d, &d->option[at - 1]) > first_byte(d, &moved);
                 at--)
                d->option[at] = d->option[at - 1];
            d->option[at] = moved;
        }
    }
}

/* FNV-1a */
#define FNV_START 2166136261u

static inline uint32_t
fnv(uint32_t hash, uint32_t value)
{
    return (hash ^ value) * 16777619u;
}

static uint32_t
hash_options(const draft *d, const bnc_element *e)
{
    uint32_t hash = FNV_START;
    uint32_t i, k;
    const bnc_option *o;

    for (k = 0; k < e->n_options; k++) {
        o = &d->option[e->options + k];
        hash = fnv(hash, o->len + 256);
        for (i = 0; i < o->len; i++)
            hash = fnv(hash, d->text[o->text + i]);
    }
    return hash >> (32 - BNC_KEPT_BITS);
}

static bool
same_options(const bnc_compiler *c, uint32_t kept, const draft *d, const bnc_element *e)
{
    const bnc_option *a = (const bnc_option *)c->options.data + kept;
    const bnc_option *b = &d->option[e->options];
    uint32_t k;

    for (k = 0; k < e->n_options; k++)
        if (a[k].len != b[k].len ||
            (b[k].len > 0 && memcmp(c->bytes.data + a[k].text, d->text + b[k].text, b[k].len) != 0))
            return false;
    return true;
}

/* The first of these options in the tables: those of an earlier element if they are the same. */
static uint32_t
keep_options(bnc_compiler *c, const draft *d, const bnc_element *e)
{
    uint32_t hash = hash_options(d, e);
    uint32_t n = (uint32_t)(c->options.len / sizeof(bnc_option));
    unsigned char head[4];
    bnc_option option;
    uint32_t k;

    if (c->kept[hash].n_options == e->n_options && c->kept[hash].options + e->n_options <= n &&
        same_options(c, c->kept[hash].options, d, e))
        return c->kept[hash].options;
    for (k = 0; k < e->n_options; k++) {
        option.len = d->option[e->options + k].len;
        option.text = keep(c, d->text + d->option[e->options + k].text, option.len);
        memset(head, 0, sizeof(head));
        memcpy(head, d->text + d->option[e->options + k].text, option.len < 4 ? option.len : 4);
        option.head = bnc_gram(head);
        option.last = option.len > 0 ? d->text[d->option[e->options + k].text + option.len - 1] : 0;
        bnc_buffer_add(&c->options, &option, sizeof(option));
    }
    c->kept[hash].options = n;
    c->kept[hash].n_options = e->n_options;
    return n;
}

static void
keep_draft(bnc_compiler *c, draft *d, uint32_t rule, bool anchored, bnc_lane lane)
{
    bnc_phrase phrase;
    bnc_element element;
    uint32_t i;

    sort_options(d);
    phrase.rule = rule;
    phrase.elements = (uint32_t)(c->elements.len / sizeof(bnc_element));
    phrase.n_elements = d->n_elements;
    phrase.lane = lane;
    phrase.anchored = anchored;
    phrase.spelt = phrase.n_spelt = phrase.whole = 0;
    bnc_buffer_add(&c->phrases, &phrase, sizeof(phrase));
    for (i = 0; i < d->n_elements && !bnc_compiler_failed(c); i++) {
        element = d->element[i];
        element.options = keep_options(c, d, &d->element[i]);
        bnc_buffer_add(&c->elements, &element, sizeof(element));
    }
}

typedef struct transcode_sink {
    size_t charset;
    draft *out;
    bool given;
} transcode_sink;

static void
take_transcoded(void *context, size_t charset, bnc_slice bytes)
{
    transcode_sink *sink = context;
    draft *out = sink->out;
    size_t n;

    if (charset != sink->charset || TEXT_MAX - out->len < bytes.len)
        return;
    /* not bnc_fold: bytes of a legacy charset may look like UTF-8 */
    for (n = 0; n < bytes.len; n++)
        out->text[out->len + n] = bnc_lower((unsigned char)bytes.data[n]);
    out->option[out->n_options].text = out->len;
    out->option[out->n_options].len = (uint32_t)n;
    out->len += (uint32_t)n;
    sink->given = true;
}

static bool
is_ascii(const unsigned char *s, size_t n)
{
    while (n > 0 && *s < 0x80) {
        s++;
        n--;
    }
    return n == 0;
}

static bool
has_wide_option(const draft *d, const bnc_element *e)
{
    uint32_t k;

    for (k = 0; k < e->n_options; k++)
        if (!is_ascii(d->text + d->option[e->options + k].text, d->option[e->options + k].len))
            return true;
    return false;
}

/*
 * The same words in one legacy charset. Options that it lacks are left out, and so are ASCII ones beside wide ones
 * where the phrase will look into names; an element without any option ends it.
 */
static bool
transcode(const bnc_transcoder *transcoder, size_t charset, const draft *from, draft *to)
{
    transcode_sink sink;
    bnc_slice text;
    bool changed = false;
    bool wide_only;
    uint32_t i, k;
    const bnc_option *o;

    sink.charset = charset;
    sink.out = to;
    to->n_elements = from->n_elements;
    to->n_options = 0;
    to->len = 0;
    for (i = 0; i < from->n_elements; i++) {
        to->element[i] = from->element[i];
        to->element[i].options = to->n_options;
        to->element[i].n_options = 0;
        wide_only = (transcoder->with_ascii_bytes >> charset & 1) != 0 && has_wide_option(from, &from->element[i]);
        for (k = 0; k < from->element[i].n_options; k++) {
            o = &from->option[from->element[i].options + k];
            text.data = (const char *)from->text + o->text;
            text.len = o->len;
            sink.given = false;
            if (is_ascii(from->text + o->text, o->len)) {
                if (wide_only && o->len > 0)
                    continue;
                take_transcoded(&sink, charset, text);
            } else {
                transcoder->each(transcoder->context, text, take_transcoded, &sink);
                changed = changed || sink.given;
            }
            if (sink.given) {
                to->n_options++;
                to->element[i].n_options++;
            }
        }
        if (to->element[i].n_options == 0)
            return false;
    }
    return changed;
}

typedef struct workshop {
    draft draft, spare;
    bnc_text text; /* to see which words look like names */
    quoted wanted[WANTED_MAX];
    unsigned n_wanted;
    bool anchored, ends; /* ^"phrase", "phrase"$ */
    quoted other;
    bool has_other;
} workshop;

/* Keeps the phrase, and the same words in the legacy charsets of their script. */
static bool
keep_phrase(reader *r, workshop *w, uint32_t rule, bool anchored)
{
    draft *d = &w->draft;
    const bnc_transcoder *transcoder = r->c->transcoder;
    bnc_lane lane;
    uint32_t i;
    size_t k;
    bool words = false;

    for (i = 0; i < d->n_options; i++)
        words = words || d->option[i].len > 1 || (d->option[i].len == 1 && d->text[d->option[i].text] != ' ');
    if (!words) {
        problem(r, "empty phrase");
        return false;
    }
    /* ^"* x" starts anywhere */
    anchored = anchored && !d->element[0].gap;
    d->element[0].gap = 1;
    if (!find_lane(r, d, &w->text, &lane))
        return false;
    keep_draft(r->c, d, rule, anchored, lane);
    if (transcoder == NULL || is_ascii(d->text, d->len))
        return true;
    for (k = 0; k < transcoder->n_charsets; k++) {
        if (!transcode(transcoder, k, d, &w->spare))
            continue;
        lane = BNC_LANE_BYTES;
        if ((transcoder->with_ascii_bytes >> k & 1) == 0 && !find_lane(r, &w->spare, &w->text, &lane))
            return false;
        keep_draft(r->c, &w->spare, rule, anchored, lane);
    }
    return true;
}

/* Makes phrases of quoted texts that follow each other, one for each variant. */
static bool
keep_quoted(reader *r, workshop *w, const quoted *q, unsigned n, uint32_t rule, bool anchored, bool ends)
{
    unsigned variants = 1;
    unsigned v, i, variant;
    bool gap;

    for (i = 0; i < n; i++) {
        variants *= count_variants(&q[i]);
        if (variants > VARIANTS_MAX) {
            problem(r, "gaps, \\b, \\d, \\w or \\@ inside (a|b) make more than %d phrases", VARIANTS_MAX);
            return false;
        }
    }
    for (v = 0; v < variants; v++) {
        w->draft.n_elements = w->draft.n_options = w->draft.len = 0;
        w->draft.boundary = BNC_NO_BOUNDARY;
        variant = v;
        for (i = 0; i < n; i++) {
            gap = i > 0;
            if (!read_phrase(r, &w->draft, q[i].s, q[i].end, &variant, &gap))
                return false;
        }
        if (w->draft.n_elements == 0) {
            problem(r, "empty phrase");
            return false;
        }
        w->draft.boundary = BNC_TEXT_END;
        if (ends && (!open_element(r, &w->draft, gap) || !close_option(r, &w->draft, NULL, 0, false, false)))
            return false;
        if (!keep_phrase(r, w, rule, anchored))
            return false;
    }
    return true;
}

static uint32_t
phrases_kept(const reader *r)
{
    return (uint32_t)(r->c->phrases.len / sizeof(bnc_phrase));
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
read_enhanced_condition(reader *r, bnc_enhanced_range *range)
{
    unsigned subject, low, high;

    if (range->classes != 0)
        return false;
    if (*r->s == 'x' || *r->s == 'X')
        range->classes = 1u << 2 | 1u << 4 | 1u << 5;
    else if (*r->s == '2' || *r->s == '4' || *r->s == '5')
        range->classes = 1u << (*r->s - '0');
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
    range->subject = subject;
    range->detail_low = low;
    range->detail_high = high;
    return at_blank(r);
}

/* 550, 5xx */
static bool
read_code_condition(reader *r, bnc_code_range *range)
{
    unsigned code;

    if (range->low != 0 || r->end - r->s < 3)
        return false;
    if (bnc_lower(r->s[1]) == 'x' && bnc_lower(r->s[2]) == 'x' && *r->s >= '2' && *r->s <= '6') {
        range->low = (uint32_t)(*r->s - '0') * 100;
        range->high = range->low + 99;
        r->s += 3;
        return at_blank(r);
    }
    if (!read_number(r, &code, 3) || code < 200 || code > 699)
        return false;
    range->low = range->high = code;
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
    } types[] = {{"hard", BNC_CLASS_HARD},
                 {"soft", BNC_CLASS_SOFT},
                 {"block", BNC_CLASS_BLOCK},
                 {"pending", BNC_CLASS_PENDING},
                 {"none", BNC_CLASS_NOT}};
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

/* Refused phrases are kept at once, before the wanted ones, so that both lie together. */
static bool
read_refusal(reader *r, workshop *w, bnc_rule *rule, uint32_t number)
{
    quoted q;

    if (!read_quoted(r, &q, NULL))
        return false;
    if (rule->n_refusals == 0)
        rule->refusals = phrases_kept(r);
    if (!keep_quoted(r, w, &q, 1, number, false, false))
        return false;
    rule->n_refusals = phrases_kept(r) - rule->refusals;
    return true;
}

/* +"phrase" */
static bool
read_other(reader *r, workshop *w)
{
    if (w->has_other) {
        problem(r, "more than one +\"phrase\" in a rule");
        return false;
    }
    w->has_other = true;
    r->s += 2;
    return read_quoted(r, &w->other, NULL);
}

static bool
read_wanted(reader *r, workshop *w)
{
    if (*r->s == '^') {
        if (w->n_wanted > 0) {
            problem(r, "^\"phrase\" must be the first phrase");
            return false;
        }
        w->anchored = true;
        r->s++;
    }
    r->s++;
    if (w->n_wanted >= WANTED_MAX) {
        problem(r, "more than %d phrases in a rule", WANTED_MAX);
        return false;
    }
    if (w->ends) {
        problem(r, "\"phrase\"$ must be the last phrase");
        return false;
    }
    return read_quoted(r, &w->wanted[w->n_wanted++], &w->ends);
}

static bool
read_condition(reader *r, workshop *w, bnc_rule *rule, uint32_t number)
{
    const unsigned char *start = r->s;
    char word[48];
    bool good, negated;

    if (*r->s == '"' || (*r->s == '^' && r->s + 1 < r->end && r->s[1] == '"'))
        return read_wanted(r, w);
    if (*r->s == '!' && r->s + 1 < r->end && r->s[1] == '"') {
        r->s += 2;
        return read_refusal(r, w, rule, number);
    }
    if (*r->s == '+' && r->s + 1 < r->end && r->s[1] == '"')
        return read_other(r, w);
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
    } else if (is_word(r, "uncoded")) {
        rule->flags |= BNC_RULE_UNCODED;
        r->s += 7;
        return true;
    } else {
        negated = *r->s == '!';
        r->s += negated;
        good = r->end - r->s > 2 && r->s[1] == '.'
                   ? read_enhanced_condition(r, negated ? &rule->not_enhanced : &rule->enhanced)
                   : read_code_condition(r, negated ? &rule->not_code : &rule->code);
        if (good)
            return true;
    }
    problem(r,
            "can't read \"%s\"; legal: \"phrase\", ^\"phrase\", !\"phrase\", +\"phrase\", \"phrase\"$, 550, 5xx, !4xx, "
            "x.1.1, "
            "5.7.*, !5.7.*, "
            "5.7.606-649, @provider, !@provider, /regular expression/, type=, alone, uncoded, weak; codes and "
            "providers once",
            quote(start, r->end, word));
    return false;
}

static uint32_t
hash_id(bnc_slice id)
{
    uint32_t hash = FNV_START;
    size_t i;

    for (i = 0; i < id.len; i++)
        hash = fnv(hash, (unsigned char)id.data[i]);
    return hash >> (32 - BNC_KEPT_BITS);
}

static bool
id_is_taken(const bnc_compiler *c, bnc_slice id)
{
    const bnc_rule *rules = (const bnc_rule *)c->rules.data;
    const uint32_t *older = (const uint32_t *)c->older.data;
    uint32_t i;

    for (i = c->newest[hash_id(id)]; i != 0; i = older[i - 1])
        if (bnc_slice_equal(bnc_compiler_text(c, rules[i - 1].id, rules[i - 1].id_len), id))
            return true;
    return false;
}

static void
keep_rule(bnc_compiler *c, const bnc_rule *rule, bnc_slice id)
{
    uint32_t hash = hash_id(id);

    bnc_buffer_add(&c->older, &c->newest[hash], sizeof(uint32_t));
    bnc_buffer_add(&c->rules, rule, sizeof(*rule));
    c->newest[hash] = (uint32_t)bnc_rules_read(c);
}

static bool
has_condition(const bnc_rule *rule)
{
    return rule->n_phrases > 0 || rule->code.low != 0 || rule->enhanced.classes != 0 || rule->pattern_len > 0 ||
           rule->provider != 0;
}

/* id: conditions */
static void
read_rule(reader *r, workshop *w)
{
    bnc_compiler *c = r->c;
    bnc_slice id = read_name(r);
    uint32_t number = (uint32_t)bnc_rules_read(c);
    size_t phrases = c->phrases.len;
    size_t elements = c->elements.len;
    size_t options = c->options.len;
    bool good = true;
    bnc_rule rule;
    char word[48];

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
    if (id_is_taken(c, id)) {
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
    w->n_wanted = 0;
    w->anchored = w->ends = w->has_other = false;
    for (skip_blanks(r); good && !at_end(r); skip_blanks(r))
        good = read_condition(r, w, &rule, number);
    if (good && w->n_wanted > 0) {
        rule.phrases = phrases_kept(r);
        if (w->anchored)
            rule.flags |= BNC_RULE_ANCHORED;
        good = keep_quoted(r, w, w->wanted, w->n_wanted, number, w->anchored, w->ends);
        rule.n_phrases = phrases_kept(r) - rule.phrases;
    }
    if (good && w->has_other) {
        if (w->n_wanted == 0)
            problem(r, "+\"phrase\" without a phrase that it stands beside");
        rule.others = phrases_kept(r);
        good = keep_quoted(r, w, &w->other, 1, number, false, false);
        rule.n_others = phrases_kept(r) - rule.others;
    }
    if (good && !has_condition(&rule) && !bnc_compiler_failed(c)) {
        problem(r, "rule \"%s\" has no condition",
                quote((const unsigned char *)id.data, (const unsigned char *)id.data + id.len, word));
        good = false;
    }
    if (!good || r->reported) {
        c->phrases.len = phrases;
        c->elements.len = elements;
        c->options.len = options;
        return;
    }
    rule.id = keep(c, id.data, id.len);
    rule.id_len = (uint32_t)id.len;
    keep_rule(c, &rule, id);
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
    example.text = (uint32_t)c->samples.len;
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
        bnc_buffer_add(&c->samples, &byte, 1);
    }
    example.len = (uint32_t)c->samples.len - example.text;
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

/* Whether a section of this compiler recognises the provider. */
static bool
has_section(const bnc_compiler *c, uint32_t provider)
{
    const bnc_rule *rules = (const bnc_rule *)c->rules.data;
    size_t i;

    for (i = 0; i < bnc_rules_read(c); i++)
        if (rules[i].kind == BNC_RULE_PROVIDER && rules[i].target == provider)
            return true;
    return false;
}

/* A condition may name a provider before its section; a provider without any is a mistake. */
static void
check_providers(const bnc_compiler *c)
{
    const bnc_rule *rules = (const bnc_rule *)c->rules.data;
    uint32_t base = c->base != NULL ? bnc_tables(c->base)->n_providers : 0;
    const bnc_name *names = (const bnc_name *)c->providers.data;
    uint32_t named[2];
    char text[128];
    size_t i, k;

    for (i = 0; i < bnc_rules_read(c); i++) {
        named[0] = rules[i].provider;
        named[1] = rules[i].not_provider;
        for (k = 0; k < 2; k++) {
            if (named[k] <= base || has_section(c, named[k] - 1))
                continue;
            snprintf(text, sizeof(text), "unknown provider \"@%.*s\": no section [@%.*s] recognises it",
                     (int)names[named[k] - 1 - base].len, (const char *)c->bytes.data + names[named[k] - 1 - base].text,
                     (int)names[named[k] - 1 - base].len,
                     (const char *)c->bytes.data + names[named[k] - 1 - base].text);
            c->report(c->context, (int)rules[i].line, text);
        }
    }
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
    if (bnc_compiler_failed(compiler))
        return BNC_NO_MEMORY;
    check_providers(compiler);
    return BNC_OK;
}
