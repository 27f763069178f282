/*
 * match.c - fuzzer: the matcher against a simple one that was written from doc/rules.md alone.
 *
 * The input is read as choices: a few rules over a small alphabet, and a text. The simple matcher puts every
 * choice of a group in its place, which leaves bytes, gaps and edges of words, and tries all places for them.
 */
#include <stdint.h>
#include <string.h>

#include "counting.h"
#include "match.h"

enum {
    RULES = 8,
    QUOTES = 3,   /* phrases of a rule */
    PARTS = 8,    /* of a phrase */
    OPTIONS = 44, /* of a group */
    WORD = 48,    /* bytes of a part or an option */
    SPELT = 1024, /* symbols of a rule with every group decided */
    CHOICES = 3000,
    TEXT = 120,
    LONG_TEXT = 900 /* of one that repeats itself */
};

/* Symbols that are no bytes. */
enum { GAP = 256, EDGE, END, NUMBER, ANY_WORD, NAME };

static void
fault(const char *what)
{
    fprintf(stderr, "FAULT: %s\n", what);
    abort();
}

/* ---- choices ---- */

static const uint8_t *input;
static size_t input_left;

static unsigned
choose(unsigned n)
{
    if (input_left == 0)
        return 0;
    input_left--;
    return *input++ % n;
}

typedef struct word {
    char text[WORD];
    size_t len;
} word;

static void
add_piece(word *w)
{
    static const char *const pieces[] = {"a", "b", " ", "ab",   "aa", ".",  "com", "@",        "-", "1",
                                         "c", "(", "d", "abab", "cd", "b ", " a",  "\xc3\xa9", "*", "x.com"};
    const char *piece = pieces[choose(sizeof(pieces) / sizeof(pieces[0]))];
    size_t n = strlen(piece);

    if (w->len + n > WORD)
        return;
    memcpy(w->text + w->len, piece, n);
    w->len += n;
}

/* ---- rules ---- */

typedef enum part_kind { PART_WORD, PART_GAP, PART_EDGE, PART_RUN, PART_GROUP } part_kind;

typedef struct part {
    part_kind kind;
    word word;
    word option[OPTIONS]; /* a GAP is the byte 0x01 in it, a NUMBER 0x02 */
    unsigned run;         /* NUMBER, ANY_WORD or NAME */
    unsigned n_options;
} part;

typedef struct phrase {
    part part[PARTS];
    unsigned n_parts;
} phrase;

typedef struct rule {
    phrase quote[QUOTES];
    unsigned n_quotes;
    bool anchored;
    bool ends;
    bool refusal; /* the first quote is written as !"phrase", beside a code */
    bool unreadable;
} rule;

#define GAP_BYTE '\x01'
#define NUMBER_BYTE '\x02'

static unsigned
make_group(part *p, unsigned choices)
{
    unsigned i, k;

    p->kind = PART_GROUP;
    if (choose(24) == 0) {
        /* options of many lengths */
        p->n_options = 2 + choose(OPTIONS - 2);
        for (i = 0; i < p->n_options; i++) {
            p->option[i].len = i;
            memset(p->option[i].text, 'a', i);
        }
    } else {
        p->n_options = 2 + choose(3);
        for (i = 0; i < p->n_options; i++) {
            p->option[i].len = 0;
            for (k = choose(4); k > 0; k--)
                add_piece(&p->option[i]);
            if (choose(16) == 0 && p->option[i].len < WORD)
                p->option[i].text[p->option[i].len++] = GAP_BYTE;
            if (choose(16) == 0 && p->option[i].len < WORD)
                p->option[i].text[p->option[i].len++] = NUMBER_BYTE;
            if (choose(16) == 0)
                add_piece(&p->option[i]);
        }
    }
    return choices * p->n_options;
}

/* A gap or a number in one option: each makes a phrase of its own. */
static bool
has_gap(const part *p)
{
    unsigned i;

    for (i = 0; i < p->n_options; i++)
        if (memchr(p->option[i].text, GAP_BYTE, p->option[i].len) != NULL ||
            memchr(p->option[i].text, NUMBER_BYTE, p->option[i].len) != NULL)
            return true;
    return false;
}

static bool
is_blank(const word *w)
{
    size_t i;

    for (i = 0; i < w->len; i++)
        if (w->text[i] != ' ')
            return false;
    return true;
}

static bool
is_solid(const part *p)
{
    return p->kind == PART_WORD && !is_blank(&p->word);
}

/*
 * Where a choice of nothing meets a gap, or a gap ends a choice, doc/rules.md does not say which blanks belong to the
 * gap: no such groups.
 */
static void
avoid_doubt(phrase *q)
{
    unsigned k, i;
    bool beside_gap, gaps;
    part *p;
    word *o;

    for (k = 0; k < q->n_parts; k++) {
        p = &q->part[k];
        beside_gap = k == 0 || k + 1 == q->n_parts || !is_solid(&q->part[k - 1]) || !is_solid(&q->part[k + 1]);
        if (p->kind != PART_GROUP)
            continue;
        gaps = has_gap(p);
        for (i = 0; i < p->n_options; i++) {
            o = &p->option[i];
            if (beside_gap && is_blank(o)) {
                o->text[0] = 'a';
                o->len = 1;
            }
            if (o->len > 0 && (o->text[0] == GAP_BYTE || (beside_gap && gaps && o->text[0] == ' ')))
                o->text[0] = 'b';
            if (o->len > 0 && (o->text[o->len - 1] == GAP_BYTE || (beside_gap && gaps && o->text[o->len - 1] == ' ')))
                o->text[o->len - 1] = 'b';
        }
    }
}

static void
make_rule(rule *r)
{
    unsigned choices = 1;
    unsigned i, k;
    part *p;

    memset(r, 0, sizeof(*r));
    r->anchored = choose(6) == 0;
    r->ends = choose(6) == 0;
    r->refusal = !r->anchored && choose(6) == 0;
    r->n_quotes = r->refusal ? 1 : 1 + choose(8) / 6;
    r->ends = r->ends && !r->refusal;
    for (i = 0; i < r->n_quotes; i++) {
        r->quote[i].n_parts = 1 + choose(6);
        for (k = 0; k < r->quote[i].n_parts; k++) {
            p = &r->quote[i].part[k];
            switch (choose(8)) {
            case 0:
                p->kind = r->anchored && k == 0 ? PART_WORD : PART_GAP;
                break;
            case 1:
                p->kind = PART_EDGE;
                if (choose(2) == 0) {
                    p->kind = PART_RUN;
                    p->run = NUMBER + choose(3);
                }
                break;
            case 2:
            case 3:
                if (choices <= CHOICES / OPTIONS / 4) {
                    choices = make_group(p, choices);
                    break;
                }
                /* fall through */
            default:
                p->kind = PART_WORD;
                add_piece(&p->word);
                if (choose(2) == 0)
                    add_piece(&p->word);
            }
        }
        avoid_doubt(&r->quote[i]);
    }
}

static char rules_text[1 << 16];
static size_t rules_len;

static void
print_byte(char c)
{
    if (rules_len + 4 >= sizeof(rules_text))
        fault("rules too long");
    if (c == GAP_BYTE) {
        rules_text[rules_len++] = '*';
        return;
    }
    if (c == NUMBER_BYTE) {
        rules_text[rules_len++] = '\\';
        rules_text[rules_len++] = 'd';
        return;
    }
    if (c != '\0' && strchr("()|*\"\\", c) != NULL)
        rules_text[rules_len++] = '\\';
    rules_text[rules_len++] = c;
}

static void
print_word(const word *w)
{
    size_t i;

    for (i = 0; i < w->len; i++)
        print_byte(w->text[i]);
}

static void
print(const char *text)
{
    if (rules_len + strlen(text) + 1 >= sizeof(rules_text))
        fault("rules too long");
    memcpy(rules_text + rules_len, text, strlen(text) + 1);
    rules_len += strlen(text);
}

static void
print_rule(const rule *r, unsigned number)
{
    char id[16];
    unsigned i, k, o;
    const part *p;

    snprintf(id, sizeof(id), "r%u:", number);
    print(id);
    if (r->refusal)
        print(" 550");
    for (i = 0; i < r->n_quotes; i++) {
        print(r->refusal ? " !\"" : r->anchored && i == 0 ? " ^\"" : " \"");
        for (k = 0; k < r->quote[i].n_parts; k++) {
            p = &r->quote[i].part[k];
            switch (p->kind) {
            case PART_WORD:
                print_word(&p->word);
                break;
            case PART_GAP:
                print("*");
                break;
            case PART_EDGE:
                print("\\b");
                break;
            case PART_RUN:
                print(p->run == NUMBER ? "\\d" : p->run == NAME ? "\\@" : "\\w");
                break;
            case PART_GROUP:
                for (o = 0; o < p->n_options; o++) {
                    print(o == 0 ? "(" : "|");
                    print_word(&p->option[o]);
                }
                print(")");
            }
        }
        print(r->ends && i + 1 == r->n_quotes ? "\"$" : "\"");
    }
    print("\n");
}

/* ---- the simple matcher ---- */

/* A rule's phrases with every group decided: bytes and other symbols. */
typedef struct spelling {
    uint16_t symbol[SPELT];
    size_t n;
    bool joint[SPELT]; /* a gap between two phrases: it takes no blanks */
} spelling;

static void
spell_symbol(spelling *s, uint16_t symbol)
{
    s->joint[s->n] = false;
    s->symbol[s->n++] = symbol;
    if (s->n >= SPELT)
        fault("spelling too long");
}

static void
spell_word(spelling *s, const word *w)
{
    size_t i;

    for (i = 0; i < w->len; i++)
        spell_symbol(s, w->text[i] == GAP_BYTE ? GAP : w->text[i] == NUMBER_BYTE ? NUMBER : (unsigned char)w->text[i]);
}

static void
drop_symbol(spelling *s, size_t at)
{
    memmove(s->symbol + at, s->symbol + at + 1, (s->n - at - 1) * sizeof(s->symbol[0]));
    memmove(s->joint + at, s->joint + at + 1, (s->n - at - 1) * sizeof(s->joint[0]));
    s->n--;
}

/* Runs of blanks are one; blanks beside a written gap are a part of it. */
static void
squeeze(spelling *s)
{
    size_t i = 0;
    size_t before;

    while (i < s->n) {
        /* the edge of a word beside a blank always holds: it does not part two blanks */
        for (before = i; before > 0 && s->symbol[before - 1] == EDGE; before--)
            ;
        if (s->symbol[i] == ' ' &&
            ((before > 0 && s->symbol[before - 1] == ' ') || (i > 0 && s->symbol[i - 1] == GAP && !s->joint[i - 1]) ||
             (i + 1 < s->n && s->symbol[i + 1] == GAP && !s->joint[i + 1]))) {
            drop_symbol(s, i);
            i = i > 0 ? i - 1 : 0;
        } else {
            i++;
        }
    }
}

/* Options of one decision: number, by the groups with gaps first and then by the others. */
static void
spell_rule(const rule *r, unsigned with_gaps, unsigned without, spelling *s)
{
    unsigned i, k;
    unsigned *number;
    const part *p;

    s->n = 0;
    for (i = 0; i < r->n_quotes; i++) {
        if (i > 0) {
            spell_symbol(s, GAP);
            s->joint[s->n - 1] = true;
        }
        for (k = 0; k < r->quote[i].n_parts; k++) {
            p = &r->quote[i].part[k];
            switch (p->kind) {
            case PART_WORD:
                spell_word(s, &p->word);
                break;
            case PART_GAP:
                spell_symbol(s, GAP);
                break;
            case PART_EDGE:
                spell_symbol(s, EDGE);
                break;
            case PART_RUN:
                spell_symbol(s, (uint16_t)p->run);
                break;
            case PART_GROUP:
                number = has_gap(p) ? &with_gaps : &without;
                spell_word(s, &p->option[*number % p->n_options]);
                *number /= p->n_options;
            }
        }
    }
    if (r->ends)
        spell_symbol(s, END);
    squeeze(s);
}

static unsigned
count_spellings(const rule *r, bool gaps)
{
    unsigned n = 1;
    unsigned i, k;
    const part *p;

    for (i = 0; i < r->n_quotes; i++)
        for (k = 0; k < r->quote[i].n_parts; k++) {
            p = &r->quote[i].part[k];
            if (p->kind == PART_GROUP && has_gap(p) == gaps)
                n *= p->n_options;
        }
    return n;
}

/* Whether the words between two gaps hold a name. */
static bool
holds_name(const spelling *s)
{
    static bnc_text text;
    size_t i;

    text.len = 0;
    for (i = 0; i <= s->n; i++) {
        if (i < s->n && s->symbol[i] < GAP) {
            text.raw[text.len++] = (unsigned char)s->symbol[i];
        } else if (i == s->n || s->symbol[i] == GAP) {
            if (bnc_names_in(text.raw, text.len))
                return true;
            text.len = 0;
        }
    }
    return false;
}

/* What the simple matcher sees: a view's bytes, and nothing around them. */
typedef struct plain {
    unsigned char raw[LONG_TEXT + BNC_PADDING], words[LONG_TEXT + BNC_PADDING];
    size_t len, anchor;
} plain;

static bool
is_edge(const unsigned char *text, size_t len, size_t at)
{
    return at == 0 || at == len || !bnc_is_alnum(text[at - 1]) || !bnc_is_alnum(text[at]);
}

static bool
in_label(unsigned char c)
{
    return bnc_is_alnum(c) || c == '-' || c == BNC_MASK;
}

static bool
cuts_label(const plain *view, size_t at)
{
    return at > 0 && at < view->len && in_label(view->raw[at - 1]) && in_label(view->raw[at]);
}

static bool
in_run(uint16_t symbol, unsigned char c)
{
    return symbol == NUMBER ? c >= '0' && c <= '9' : symbol == NAME ? c == BNC_MASK : c != ' ';
}

/* The end of a whole run that starts at a place; the place itself if none does. */
static size_t
run_end(uint16_t symbol, const plain *view, size_t at)
{
    if (at > 0 && in_run(symbol, view->words[at - 1]))
        return at;
    while (at < view->len && in_run(symbol, view->words[at]))
        at++;
    return at;
}

static bool
no_word_from(const unsigned char *text, size_t len, size_t at)
{
    for (; at < len; at++)
        if (bnc_is_alnum(text[at]) || text[at] >= BNC_MASK)
            return false;
    return true;
}

/* What was not found from some place on: not looked for again from there or later. */
static size_t in_vain[SPELT + 1];

static bool
naive_from(const spelling *s, size_t symbol, const plain *view, bool labels, size_t least, size_t most)
{
    const unsigned char *text = labels ? view->raw : view->words;
    size_t start, at, i;

    if (symbol >= s->n)
        return true;
    if (least >= in_vain[symbol])
        return false;
    for (start = least; start <= most && start <= view->len; start++) {
        at = start;
        for (i = symbol; i < s->n && s->symbol[i] != GAP; i++) {
            if (s->symbol[i] == EDGE) {
                if (!is_edge(text, view->len, at))
                    break;
            } else if (s->symbol[i] == END) {
                if (!no_word_from(text, view->len, at))
                    break;
            } else if (s->symbol[i] > END) {
                if (run_end(s->symbol[i], view, at) == at)
                    break;
                at = run_end(s->symbol[i], view, at);
            } else if (at >= view->len || text[at++] != s->symbol[i]) {
                break;
            }
        }
        if (i < s->n && s->symbol[i] != GAP)
            continue;
        if (labels && at > start && (cuts_label(view, start) || cuts_label(view, at)))
            continue;
        if (naive_from(s, i + 1, view, labels, at, view->len))
            return true;
    }
    if (most >= view->len)
        in_vain[symbol] = least;
    return false;
}

static bool
naive(const rule *r, const plain *view, bool anchored)
{
    static spelling s;
    unsigned n_gaps = count_spellings(r, true);
    unsigned n_others = count_spellings(r, false);
    unsigned g, o;
    bool labels;

    for (g = 0; g < n_gaps; g++) {
        /* a phrase of which one spelling holds a name looks into names */
        labels = false;
        for (o = 0; o < n_others && !labels; o++) {
            spell_rule(r, g, o, &s);
            labels = holds_name(&s);
        }
        for (o = 0; o < n_others; o++) {
            spell_rule(r, g, o, &s);
            memset(in_vain, 0xff, sizeof(in_vain));
            if (naive_from(&s, 0, view, labels, anchored ? view->anchor : 0, anchored ? view->anchor : view->len))
                return true;
        }
    }
    return false;
}

/* ---- both ---- */

static rule rules[RULES];
static unsigned n_rules;

static void
note_problem(void *context, int line, const char *problem)
{
    (void)context;
    if (line < 2 || (unsigned)line >= n_rules + 2)
        fault("a problem outside the rules");
    if (strncmp(problem, "empty phrase", 12) != 0 && strncmp(problem, "gaps, ", 6) != 0)
        fault(problem);
    rules[line - 2].unreadable = true;
}

static void
add_byte(unsigned char *text, size_t *len, unsigned char c)
{
    if (*len < TEXT && (c != ' ' || *len == 0 || text[*len - 1] != ' '))
        text[(*len)++] = c;
}

static void
add_pieces(unsigned char *text, size_t *len, unsigned n)
{
    word w;
    size_t i;

    for (; n > 0; n--) {
        w.len = 0;
        add_piece(&w);
        for (i = 0; i < w.len; i++)
            add_byte(text, len, (unsigned char)w.text[i]);
    }
}

/* Words that a rule wants, at times with a byte missing. */
static void
add_wanted(unsigned char *text, size_t *len)
{
    static spelling s;
    const rule *r = &rules[choose(n_rules)];
    size_t missing = choose(4) == 0 ? choose(255) : SIZE_MAX;
    size_t i;

    spell_rule(r, choose(count_spellings(r, true)), choose(count_spellings(r, false)), &s);
    for (i = 0; i < s.n; i++)
        if (s.symbol[i] == GAP)
            add_pieces(text, len, choose(3));
        else if (s.symbol[i] == NUMBER || s.symbol[i] == ANY_WORD)
            add_byte(text, len, '1');
        else if (s.symbol[i] == NAME)
            add_byte(text, len, BNC_MASK);
        else if (s.symbol[i] < GAP && i != missing)
            add_byte(text, len, (unsigned char)s.symbol[i]);
}

static void
make_text(unsigned char *text, size_t *len)
{
    unsigned parts = choose(24);

    for (*len = 0; parts > 0; parts--)
        if (choose(3) == 0)
            add_wanted(text, len);
        else
            add_pieces(text, len, 1 + choose(4));
}

static void
mask_some(unsigned char *text, size_t len)
{
    unsigned stretches = choose(3);
    size_t from, n;

    while (stretches-- > 0 && len > 0) {
        from = choose(255) % len;
        n = choose(8);
        for (; n > 0 && from < len; n--)
            text[from++] = BNC_MASK;
    }
}

/* The text again and again, the last time in part; then other words or none. */
static void
repeat_text(unsigned char *text, size_t *len)
{
    size_t period = *len;
    size_t end = LONG_TEXT - TEXT - choose(255);
    unsigned char tail[TEXT];
    size_t tail_len = 0;

    if (choose(2) == 0)
        add_wanted(tail, &tail_len);
    if (period > 0 && text[period - 1] == ' ')
        period--;
    for (*len = period; period > 0 && *len < end; (*len)++)
        text[*len] = text[*len - period];
    memcpy(text + *len, tail, tail_len);
    *len += tail_len;
}

/* A view may show only parts of a text: others are masked in a copy. */
static void
hide_some(bnc_view *view, plain *copy)
{
    size_t len = view->grams->len;
    size_t from = choose(255) * 3 % (len + 1);
    size_t n = choose(255) % (len - from + 1);

    memcpy(copy->raw, view->raw, len + BNC_PADDING);
    memcpy(copy->words, view->words, len + BNC_PADDING);
    memset(copy->raw + from, BNC_MASK, n);
    memset(copy->words + from, BNC_MASK, n);
    view->raw = copy->raw;
    view->words = copy->words;
}

static void
disagree(const rule *r, const bnc_view *view, bool expected, const char *where)
{
    int len = (int)(view->end - view->start);

    fprintf(stderr,
            "part %zu to %zu of \"%.*s\"\nrules:\n%.*s\nraw   \"%.*s\"\nwords \"%.*s\"\nanchor %zu\nrule r%u: %s "
            "expected (%s)\n",
            view->start, view->end, (int)view->grams->len, view->raw, (int)rules_len, rules_text, len,
            view->raw + view->start, len, view->words + view->start, view->anchor - view->start, (unsigned)(r - rules),
            expected ? "match" : "no match", where);
    fault("matchers disagree");
}

static void
check_stretches(const rule *r, const bnc_view *view, const bnc_stretch *found, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (found[i].start > found[i].end || found[i].start < view->start || found[i].end > view->end ||
            (i > 0 && found[i].start < found[i - 1].end))
            disagree(r, view, true, "stretches out of order");
}

static bool
any_occurs(const rule *r, const bnc_rules *compiled, uint32_t first, uint32_t n, const bnc_view *view)
{
    bnc_stretch found[BNC_STRETCHES_MAX];
    size_t n_found;
    uint32_t i;
    bool occurs;

    for (i = 0; i < n; i++) {
        occurs = bnc_phrase_occurs(compiled, bnc_phrase_at(compiled, first + i), view, found, &n_found);
        if (occurs != bnc_phrase_occurs(compiled, bnc_phrase_at(compiled, first + i), view, NULL, NULL))
            disagree(r, view, occurs, "with and without stretches");
        if (occurs) {
            check_stretches(r, view, found, n_found);
            return true;
        }
    }
    return false;
}

/* Where such a phrase starts, doc/rules.md does not say. */
static bool
starts_with_gap(const rule *r)
{
    static spelling s;

    spell_rule(r, 0, 0, &s);
    return s.n > 0 && s.symbol[0] == GAP;
}

/* Whether a candidate of the rule holds in the view; those of a rule lie together. */
static bool
found_holds(const bnc_rules *compiled, const bnc_candidates *found, const bnc_rule *r, const bnc_view *view)
{
    const bnc_candidate *from = found->item;
    const bnc_candidate *end = found->item + found->n;
    const bnc_candidate *to;

    while (from < end && bnc_candidate_phrase(*from) < r->phrases)
        from++;
    for (to = from; to < end && bnc_candidate_phrase(*to) < r->phrases + r->n_phrases; to++)
        if (to > from && bnc_candidate_phrase(to[0]) < bnc_candidate_phrase(to[-1]))
            fault("candidates out of order");
    return bnc_candidates_hold(compiled, from, to, view);
}

static void
compare(const bnc_rules *compiled, const bnc_candidates *found, const bnc_view *view)
{
    static plain shown;
    uint32_t n = bnc_tables(compiled)->n_rules;
    const bnc_rule *one;
    uint32_t i;
    const rule *r;
    bool expected;

    shown.len = view->end - view->start;
    shown.anchor = view->anchor - view->start;
    memcpy(shown.raw, view->raw + view->start, shown.len);
    memcpy(shown.words, view->words + view->start, shown.len);
    for (i = 0; i < n; i++) {
        one = bnc_rule_at(compiled, i);
        r = &rules[one->line - 2];
        if (r->anchored && starts_with_gap(r))
            continue;
        expected = naive(r, &shown, r->anchored);
        if (r->refusal) {
            if (any_occurs(r, compiled, one->refusals, one->n_refusals, view) != expected)
                disagree(r, view, expected, "refusal");
            continue;
        }
        if (found_holds(compiled, found, one, view) != expected)
            disagree(r, view, expected, "candidates");
        if (any_occurs(r, compiled, one->phrases, one->n_phrases, view) != expected)
            disagree(r, view, expected, "bnc_phrase_occurs");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bnc_text text;
    static bnc_gram_index grams;
    static plain hidden;
    counting memory = {0};
    bnc_allocator allocator = counting_allocator(&memory);
    bnc_candidates found = {NULL, 0, 0, NULL, NULL, NULL, false};
    bnc_compiler *compiler;
    bnc_rules compiled;
    bnc_label_set labels;
    bnc_view view;
    unsigned i;
    int texts;

    input = data;
    input_left = size;
    rules_len = 0;
    n_rules = 1 + choose(RULES);
    print("[user_unknown]\n");
    for (i = 0; i < n_rules; i++) {
        make_rule(&rules[i]);
        print_rule(&rules[i], i);
    }
    if (bnc_compiler_create(&allocator, NULL, true, note_problem, NULL, NULL, &compiler) != BNC_OK ||
        bnc_compiler_read(compiler, (bnc_slice){rules_text, rules_len}) != BNC_OK ||
        bnc_compiler_finish(compiler, &compiled) != BNC_OK)
        fault("rules not compiled");
    for (texts = 0; texts < 3; texts++) {
        /* what follows the text may be read, but must not count */
        memset(text.raw, texts == 0 ? 'a' : texts == 1 ? ' ' : 'b', LONG_TEXT + BNC_PADDING);
        memset(text.words, texts == 0 ? 'a' : texts == 1 ? ' ' : 'b', LONG_TEXT + BNC_PADDING);
        make_text(text.words, &text.len);
        mask_some(text.words, text.len);
        if (choose(8) == 1)
            repeat_text(text.words, &text.len);
        labels = bnc_rules_labels(&compiled);
        bnc_names_hide(&text, &labels, 1);
        bnc_names_mask(&text);
        bnc_grams_start(&grams, &text);
        bnc_candidates_find(&compiled, &text, &grams.repeats, UINT64_MAX, &allocator, &found);
        if (found.failed)
            fault("no candidates");
        view.raw = text.raw;
        view.words = text.words;
        view.grams = &grams;
        /* the whole text, or a part of it */
        view.start = choose(3) == 0 ? choose(255) * 3 % (text.len + 1) : 0;
        view.end = choose(3) == 0 ? view.start + choose(255) * 3 % (text.len - view.start + 1) : text.len;
        view.anchor = view.start + (choose(4) == 0 ? choose(255) % (view.end - view.start + 1) : 0);
        if (choose(4) == 1)
            hide_some(&view, &hidden);
        compare(&compiled, &found, &view);
    }
    bnc_candidates_release(&allocator, &found);
    bnc_compiler_destroy(compiler);
    if (memory.blocks != 0)
        fault("a leak");
    return 0;
}
