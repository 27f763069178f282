/*
 * match.c - the matcher, see match.h.
 *
 * A phrase is a row of elements, each a few options, parted by gaps into stretches. The rule compiler
 * has chosen a few neighbouring elements and written down all their spellings, one of which is wherever the phrase is;
 * and of each spelling a key, four to eight bytes that are rare.
 *
 *     text      550 5.1.1 mailbox unavailable: no such user
 *                                              ^^^^^            five bytes at each place: may a key start so?
 *     filters   ...0100000010000...             ^^^^^^^^        if so, eight bytes: may they be a key?
 *     key       "ch user"                                       if so, are they one?
 *     spelling  "no such user", of phrases 812, 1204 ...        if so, all bytes of its spellings are compared
 *     bits      ...1...1...                                     a bit for each phrase: lists them in their rules' order
 *
 * For most phrases that is all; else what is beside the spelling is verified by whoever looks for a winner, one by one,
 * and only until there is one.
 */
#include "match.h"

#include "bytes.h"

#include <string.h>

static const unsigned char *
lane_of(const bnc_view *view, uint32_t lane)
{
    return lane == BNC_LANE_WORDS ? view->words : view->raw;
}

static bool
is_label_byte(unsigned char c)
{
    return bnc_is_alnum(c) || c == '-' || c == BNC_MASK;
}

/* Pieces that look into names match whole labels: "mail.ru" is not in gmail.ru. */
static bool
at_labels(const bnc_view *view, size_t at, size_t len)
{
    const unsigned char *s = view->raw;

    if (len == 0)
        return true;
    if (at > view->start && is_label_byte(s[at]) && is_label_byte(s[at - 1]))
        return false;
    return at + len >= view->end || !is_label_byte(s[at + len - 1]) || !is_label_byte(s[at + len]);
}

/* ---- phrases at a place ---- */

/* Where a stretch may have got to so far: few places, since options differ little in length. */
#define PLACES_MAX 63

typedef struct places {
    uint16_t at[PLACES_MAX];
    uint16_t n;
} places;

static void
add_place(places *p, size_t at)
{
    size_t i;

    for (i = 0; i < p->n; i++)
        if (p->at[i] == at)
            return;
    if (p->n < PLACES_MAX)
        p->at[p->n++] = (uint16_t)at;
}

/* Whether the option stands at a place of s; most fail at their first bytes. */
static inline bool
stands_at(const bnc_rules *rules, const bnc_option *option, const unsigned char *s, size_t end, size_t at)
{
    static const uint32_t masks[] = {0, 0xff, 0xffff, 0xffffff, 0xffffffff};
    uint32_t len = option->len;

    if (((bnc_gram(s + at) ^ option->head) & masks[len < 4 ? len : 4]) != 0 || len > end - at)
        return false;
    return len <= 4 || memcmp(s + at + 4, rules->bytes + option->text + 4, len - 4) == 0;
}

/* The same for the option without its first byte, a blank that the text before it has given. */
static bool
rest_stands_at(const bnc_rules *rules, const bnc_option *option, const unsigned char *s, size_t end, size_t at)
{
    return option->len - 1 <= end - at && memcmp(s + at, rules->bytes + option->text + 1, option->len - 1) == 0;
}

/* Whether the edge of a word, not between two letters or digits, or the end of all words is at a place. */
static bool
boundary_at(uint32_t boundary, const unsigned char *s, const bnc_view *view, size_t at)
{
    if (boundary == BNC_WORD_EDGE)
        return at == view->start || at >= view->end || !bnc_is_alnum(s[at - 1]) || !bnc_is_alnum(s[at]);
    while (at < view->end && !bnc_is_word_byte(s[at]) && !bnc_is_digit(s[at]) && s[at] != BNC_MASK)
        at++;
    return at == view->end;
}

static void
keep_boundaries(places *p, uint32_t boundary, const unsigned char *s, const bnc_view *view)
{
    size_t kept = 0;
    size_t i;

    for (i = 0; i < p->n; i++)
        if (boundary_at(boundary, s, view, p->at[i]))
            p->at[kept++] = p->at[i];
    p->n = (uint16_t)kept;
}

static bool
in_run(uint32_t run, const bnc_view *view, size_t at)
{
    unsigned char c = view->words[at];

    return run == BNC_RUN_NUMBER ? bnc_is_digit(c) : run == BNC_RUN_NAME ? c == BNC_MASK : c != ' ';
}

/* From places before a run to those after it: nothing of it may stand outside. */
static void
run_forward(uint32_t run, const bnc_view *view, const places *from, places *to)
{
    size_t i, at;

    for (i = 0; i < from->n; i++) {
        at = from->at[i];
        if (at > view->start && in_run(run, view, at - 1))
            continue;
        while (at < view->end && in_run(run, view, at))
            at++;
        if (at > from->at[i])
            add_place(to, at);
    }
}

static void
run_back(uint32_t run, const bnc_view *view, const places *from, places *to)
{
    size_t i, at;

    for (i = 0; i < from->n; i++) {
        at = from->at[i];
        if (at < view->end && in_run(run, view, at))
            continue;
        while (at > view->start && in_run(run, view, at - 1))
            at--;
        if (at < from->at[i])
            add_place(to, at);
    }
}

/* Most elements are told not to be at a place by one byte of it: this bit is of the set. */
static inline bool
has_edge(uint32_t edges, unsigned char c)
{
    return (edges >> (c & 31) & 1) != 0;
}

/* The first of the options from which on their first byte is c or more. */
static const bnc_option *
first_from(const bnc_option *option, const bnc_option *end, uint32_t c)
{
    const bnc_option *middle;

    while (end - option > 4) {
        middle = option + (end - option) / 2;
        if ((middle->head & 0xff) < c)
            option = middle + 1;
        else
            end = middle;
    }
    while (option < end && (option->head & 0xff) < c)
        option++;
    return option;
}

/*
 * From places before an element to those after it. Two blanks that meet between elements are one:
 * "(is|) unknown" with nothing for the group.
 */
static void
step_forward(const bnc_rules *rules, const bnc_element *element, const unsigned char *s, const bnc_view *view,
             size_t start, places *from, places *to)
{
    const bnc_option *first = bnc_option_at(rules, element->options);
    const bnc_option *end = first + element->n_options;
    const bnc_option *option;
    size_t i, at;

    if (element->boundary)
        keep_boundaries(from, element->boundary, s, view);
    to->n = 0;
    if (element->run) {
        run_forward(element->run, view, from, to);
        return;
    }
    for (i = 0; i < from->n; i++) {
        at = from->at[i];
        if (first->len == 0)
            add_place(to, at);
        if (has_edge(element->starts, s[at]))
            for (option = first_from(first, end, s[at]); option < end && (option->head & 0xff) == s[at]; option++)
                if (stands_at(rules, option, s, view->end, at))
                    add_place(to, at + option->len);
        if (at == start || s[at - 1] != ' ' || !has_edge(element->starts, ' '))
            continue;
        for (option = first_from(first, end, ' '); option < end && (option->head & 0xff) == ' '; option++)
            if (rest_stands_at(rules, option, s, view->end, at))
                add_place(to, at + option->len - 1);
    }
}

/* The same from places after an element to those before it. */
static void
step_back(const bnc_rules *rules, const bnc_element *element, const unsigned char *s, const bnc_view *view,
          const places *from, places *to)
{
    const bnc_option *first = bnc_option_at(rules, element->options);
    const bnc_option *end = first + element->n_options;
    const bnc_option *option;
    unsigned char before, blank;
    size_t i, at, n;

    to->n = 0;
    if (element->run)
        run_back(element->run, view, from, to);
    for (i = 0; i < from->n && !element->run; i++) {
        at = from->at[i];
        if (first->len > 0 && !(at > view->start && has_edge(element->ends, s[at - 1])) &&
            !(at < view->end && s[at] == ' ' && has_edge(element->ends, ' ')))
            continue;
        before = at > view->start ? s[at - 1] : 0;
        blank = at < view->end && s[at] == ' ' ? ' ' : before;
        for (option = first; option < end; option++) {
            n = option->len;
            /* one branch for most: they end otherwise */
            if (((n == 0) | (option->last == before) | (option->last == blank)) == 0)
                continue;
            if (n == 0)
                add_place(to, at);
            else if (n <= at - view->start && option->last == s[at - 1] &&
                     stands_at(rules, option, s, view->end, at - n))
                add_place(to, at - n);
            if (option->last == ' ' && at < view->end && s[at] == ' ' && n - 1 <= at - view->start &&
                memcmp(s + at - (n - 1), rules->bytes + option->text, n - 1) == 0)
                add_place(to, at - (n - 1));
        }
    }
    if (element->boundary)
        keep_boundaries(to, element->boundary, s, view);
}

/* The elements between two gaps. */
typedef struct row {
    const bnc_element *first;
    uint32_t n;
} row;

static row
row_at(const bnc_rules *rules, const bnc_phrase *phrase, uint32_t from)
{
    row r = {bnc_element_at(rules, phrase->elements + from), 1};

    while (from + r.n < phrase->n_elements && !r.first[r.n].gap)
        r.n++;
    return r;
}

/* Whether the row around the phrase's spelt elements occurs, with these at [start, end). */
static bool
row_stands(const bnc_rules *rules, const bnc_phrase *phrase, const bnc_view *view, size_t start, size_t end)
{
    const bnc_element *first = bnc_element_at(rules, phrase->elements);
    const unsigned char *s = lane_of(view, phrase->lane);
    places p[2];
    uint32_t i;
    int now = 0;

    p[now].n = 1;
    p[now].at[0] = (uint16_t)end;
    for (i = phrase->spelt + phrase->n_spelt; i < phrase->n_elements && !first[i].gap && p[now].n > 0; i++, now = !now)
        step_forward(rules, &first[i], s, view, start, &p[now], &p[!now]);
    if (p[now].n == 0)
        return false;
    p[now].n = 1;
    p[now].at[0] = (uint16_t)start;
    if (first[phrase->spelt].boundary)
        keep_boundaries(&p[now], first[phrase->spelt].boundary, s, view);
    for (i = phrase->spelt; !first[i].gap && p[now].n > 0; i--, now = !now)
        step_back(rules, &first[i - 1], s, view, &p[now], &p[!now]);
    return p[now].n > 0;
}

/* The ends of the row when it starts at a place; least is SIZE_MAX if it does not. */
typedef struct ends {
    size_t least, greatest;
} ends;

static ends
row_ends(const bnc_rules *rules, row r, uint32_t lane, const bnc_view *view, size_t start)
{
    const unsigned char *s = lane_of(view, lane);
    ends found = {SIZE_MAX, 0};
    places p[2];
    int now = 0;
    uint32_t i;
    size_t k;

    p[now].n = 1;
    p[now].at[0] = (uint16_t)start;
    for (i = 0; i < r.n && p[now].n > 0; i++, now = !now)
        step_forward(rules, &r.first[i], s, view, start, &p[now], &p[!now]);
    for (k = 0; k < p[now].n; k++) {
        if (lane == BNC_LANE_LABELS && !at_labels(view, start, p[now].at[k] - start))
            continue;
        if (p[now].at[k] < found.least)
            found.least = p[now].at[k];
        if (p[now].at[k] > found.greatest)
            found.greatest = p[now].at[k];
    }
    return found;
}

/* ---- phrases looked for ---- */

/* The first place of a text's runs of four bytes with this hash at or after a place, SIZE_MAX if there is none. */
static inline size_t
gram_place(const bnc_gram_index *g, uint32_t hash, size_t place, size_t from)
{
    size_t at = place < g->len ? place : g->len;
    uint32_t other = bnc_gram_hash(bnc_gram(g->text + at), BNC_GRAM_BITS) ^ hash;

    /* one branch, since there is none in most cases, but of what is left it can't be foreseen what is wrong */
    return ((place < from) | (place + 4 > g->len) | (other != 0)) != 0 ? SIZE_MAX : place;
}

void
bnc_grams_start(bnc_gram_index *grams, const bnc_text *text)
{
    grams->made = false;
    grams->text = text->raw;
    grams->len = text->len;
    bnc_repeats_find(text, &grams->repeats);
}

static const bnc_gram_index *
grams_of(const bnc_view *view)
{
    bnc_gram_index *g = view->grams;
    const bnc_repeat *repeat;
    int n = g->repeats.n;
    size_t at, stop;
    uint32_t hash;

    /* what is left in first and next from other texts is no place of the same hash: gram_place tells */
    for (at = g->made || g->len < 4 ? 0 : g->len - 3; at > 0;) {
        for (stop = n > 0 ? g->repeats.item[n - 1].to : 0; at > stop;) {
            at--;
            hash = bnc_gram_hash(bnc_gram(g->text + at), BNC_GRAM_BITS);
            g->next[at] = g->first[hash];
            g->first[hash] = (uint16_t)at;
        }
        if (n == 0)
            break;
        repeat = &g->repeats.item[--n];
        if (at > (size_t)repeat->from + repeat->period)
            at = (size_t)repeat->from + repeat->period;
    }
    g->made = true;
    return g;
}

/* The search for the row that ends first, at or after from. */
typedef struct search {
    const bnc_rules *rules;
    row r;
    uint32_t lane;
    const bnc_view *view;
    size_t at;
    ends best;
    const bnc_repeats *repeats;
    size_t same_before; /* in repeats, before this place, the row starts at all places that are alike, or at none */
} search;

/* How many bytes from a place in repeats on may matter for whether the row starts there; SIZE_MAX if any. */
static size_t
reach_of(const bnc_rules *rules, row r, const bnc_repeats *repeats)
{
    const bnc_option *option;
    size_t reach = 1;
    uint32_t i, k;
    size_t most;

    for (i = 0; i < r.n; i++) {
        if (r.first[i].boundary == BNC_TEXT_END)
            return SIZE_MAX;
        option = bnc_option_at(rules, r.first[i].options);
        most = r.first[i].run ? repeats->longest_word : 0;
        for (k = 0; k < r.first[i].n_options; k++)
            if (option[k].len > most)
                most = option[k].len;
        reach += most;
    }
    return reach;
}

static void
try_start(search *q, size_t start)
{
    ends e = row_ends(q->rules, q->r, q->lane, q->view, start);

    if (e.least < q->best.least || (e.least == q->best.least && e.least != SIZE_MAX && start < q->at)) {
        q->at = start;
        q->best = e;
    }
}

/* The places of repeats before which those that are alike need not be tried again. */
static size_t
same_before(const bnc_rules *rules, row r, const bnc_view *view)
{
    size_t reach;

    if (view->grams->repeats.n == 0 || view->raw != view->grams->text)
        return 0;
    reach = reach_of(rules, r, &view->grams->repeats);
    return reach <= BNC_REPEAT_REACH && reach < view->end ? view->end - reach : 0;
}

/* The next places, at or after one, that are like places which were tried before, since from. */
static bnc_stretch
tried_after(const search *q, size_t from, size_t at)
{
    const bnc_repeat *repeat = q->repeats->item;
    const bnc_repeat *end = repeat + q->repeats->n;
    bnc_stretch tried = {BNC_TEXT_MAX + BNC_PADDING, BNC_TEXT_MAX + BNC_PADDING};
    size_t first, last;

    for (; repeat < end; repeat++) {
        first = (from > repeat->from ? from : repeat->from) + repeat->period;
        last = repeat->to < q->same_before ? repeat->to : q->same_before;
        if (at < last && first < last) {
            tried.start = first;
            tried.end = last;
            break;
        }
    }
    return tried;
}

/* A place or, if it need not be tried, the next one that must be; *tried: what tried_after said, kept up to date. */
static inline size_t
to_try(const search *q, size_t from, size_t at, bnc_stretch *tried)
{
    while (at >= tried->start) {
        at = tried->end;
        *tried = tried_after(q, from, at);
    }
    return at;
}

/* Tries every place where an option of less than four bytes, that the row may start with, stands. */
static void
try_short_option(search *q, const bnc_option *option, size_t from)
{
    const unsigned char *s = lane_of(q->view, q->lane);
    bnc_stretch tried = tried_after(q, from, from);
    size_t start, end;

    for (start = to_try(q, from, from, &tried); start <= q->view->end && start < q->best.least;
         start = to_try(q, from, start, &tried)) {
        if (option->len > 0) {
            end = tried.start - 1 + option->len;
            if (end > q->view->end)
                end = q->view->end;
            start = bnc_find(s, end, start, q->rules->bytes + option->text, option->len);
            if (start == SIZE_MAX && end == q->view->end)
                return;
            if (start == SIZE_MAX) {
                start = tried.start;
                continue;
            }
        }
        try_start(q, start++);
    }
}

/*
 * After a place of the index, the next one that it stands for and that may fare otherwise; SIZE_MAX if there is none.
 * Before from none was tried.
 */
static size_t
next_alike(const search *q, size_t place, size_t from, size_t at)
{
    const bnc_repeat *repeat = q->repeats->item;
    const bnc_repeat *end = repeat + q->repeats->n;
    size_t to = at + 1;

    for (; repeat < end && place >= repeat->from + repeat->period; repeat++)
        ;
    if (repeat == end || place < repeat->from)
        return SIZE_MAX;
    if (to < from)
        to = from;
    else if (at >= from && to < q->same_before)
        to = q->same_before;
    at += (to - at + repeat->period - 1) / repeat->period * repeat->period;
    return at < repeat->to ? at : SIZE_MAX;
}

/* Tries every place where an option of the element that is not empty stands. */
static void
try_options(search *q, const bnc_element *element, size_t from)
{
    const unsigned char *s = lane_of(q->view, q->lane);
    const bnc_option *option = bnc_option_at(q->rules, element->options);
    const bnc_option *end = option + element->n_options;
    const bnc_gram_index *grams = grams_of(q->view);
    size_t place, start;
    uint32_t hash;

    for (; option < end; option++) {
        if (option->len < 4) {
            if (option->len > 0)
                try_short_option(q, option, from);
            continue;
        }
        hash = bnc_gram_hash(option->head, BNC_GRAM_BITS);
        for (place = gram_place(grams, hash, grams->first[hash], 0); place < q->best.least && place < q->view->end;
             place = gram_place(grams, hash, grams->next[place], place + 1))
            for (start = place; start < q->best.least && start < q->view->end;
                 start = next_alike(q, place, from, start))
                if (start >= from && stands_at(q->rules, option, s, q->view->end, start))
                    try_start(q, start);
    }
}

/* Over bytes that can be no number or name: most are none. */
static size_t
to_run(uint32_t run, const bnc_view *view, size_t at)
{
    uint64_t w;

    for (; run != BNC_RUN_WORD && at + 8 <= view->end; at += 8) {
        w = bnc_load8(view->words + at);
        if ((run == BNC_RUN_NAME ? bnc_equal8(w, BNC_MASK) : bnc_between8(w & ~BNC_TOPS8, '0', '9')) != 0)
            break;
    }
    return at;
}

/* Tries every place where the run starts. */
static void
try_runs(search *q, uint32_t run, size_t from)
{
    bnc_stretch tried = tried_after(q, from, from);
    size_t start;

    for (start = from;
         (start = to_run(run, q->view, to_try(q, from, start, &tried))) < q->view->end && start < q->best.least;
         start++)
        if (in_run(run, q->view, start) && (start == q->view->start || !in_run(run, q->view, start - 1)))
            try_start(q, start);
}

static bool
find_row(const bnc_rules *rules, row r, uint32_t lane, const bnc_view *view, size_t from, size_t *at, ends *found)
{
    search q = {rules, r, lane, view, 0, {SIZE_MAX, 0}, &view->grams->repeats, same_before(rules, r, view)};
    const bnc_option *first;
    uint32_t i = 0;

    /* where an element may be empty, the row may start with the next one */
    do {
        try_options(&q, &r.first[i], from);
        first = bnc_option_at(rules, r.first[i].options);
    } while (first->len == 0 && !r.first[i].run && ++i < r.n);
    if (i < r.n && r.first[i].run)
        try_runs(&q, r.first[i].run, from);
    else if (first->len == 0)
        try_short_option(&q, first, from);
    *at = q.at;
    *found = q.best;
    return q.best.least != SIZE_MAX;
}

bool
bnc_phrase_occurs(const bnc_rules *rules, const bnc_phrase *phrase, const bnc_view *view, bnc_stretch *found,
                  size_t *n_found)
{
    size_t from = view->start;
    size_t at = 0;
    uint32_t i;
    ends e;
    row r;

    if (n_found != NULL)
        *n_found = 0;
    /* the stretch that ends first leaves the most room for the next: no backtracking */
    for (i = 0; i < phrase->n_elements; i += r.n) {
        r = row_at(rules, phrase, i);
        if (i == 0 && phrase->anchored) {
            at = view->anchor;
            e = row_ends(rules, r, phrase->lane, view, at);
            if (e.least == SIZE_MAX)
                return false;
        } else if (!find_row(rules, r, phrase->lane, view, from, &at, &e)) {
            return false;
        }
        if (found != NULL && *n_found < BNC_STRETCHES_MAX) {
            found[*n_found].start = at;
            found[(*n_found)++].end = i + r.n < phrase->n_elements ? e.least : e.greatest;
        }
        from = e.least;
    }
    return true;
}

/* ---- candidates ---- */

static size_t
end_of(bnc_candidate c)
{
    return (size_t)(c >> 16 & 0xffff);
}

/* Whether the view shows these bytes of the text. */
static bool
shown(const bnc_view *view, size_t start, size_t end)
{
    if (start < view->start || end > view->end)
        return false;
    return view->raw == view->grams->text || memchr(view->raw + start, BNC_MASK, end - start) == NULL;
}

bool
bnc_candidates_hold(const bnc_rules *rules, const bnc_candidate *from, const bnc_candidate *to, const bnc_view *view)
{
    const bnc_phrase *phrase;
    uint32_t number;
    uint32_t vain = UINT32_MAX; /* a phrase that does not occur, here or elsewhere */
    size_t start, end;

    for (; from < to; from++) {
        number = bnc_candidate_phrase(*from);
        if (number == vain)
            continue;
        phrase = bnc_phrase_at(rules, number);
        start = bnc_candidate_start(*from);
        end = end_of(*from);
        if (start != BNC_ANYWHERE) {
            if (!shown(view, start, end))
                continue;
            if (phrase->whole) {
                if (phrase->lane != BNC_LANE_LABELS || at_labels(view, start, end - start))
                    return true;
                continue;
            }
            if (!row_stands(rules, phrase, view, start, end))
                continue;
            if (!phrase->anchored && phrase->lane != BNC_LANE_LABELS &&
                row_at(rules, phrase, 0).n == phrase->n_elements)
                return true;
        }
        if (bnc_phrase_occurs(rules, phrase, view, NULL, NULL))
            return true;
        vain = number;
    }
    return false;
}

/* ---- candidates found ---- */

/* So many places are kept in any case; then, of a phrase that has one, only that there are more. */
#define PLACES_KEPT 100
#define NOTES 64

typedef struct collector {
    const bnc_rules *rules;
    const bnc_text *text;
    const unsigned char *s; /* where keys are looked for */
    bnc_candidates *found;
    uint64_t cues;
    uint64_t *summary; /* a bit for each word of found->bits that is not zero */
    uint32_t n_places;
    uint32_t anywhere; /* BNC_ANYWHERE: places are not noted, only that there are some; else 0 */
    uint32_t n_notes;
    bnc_candidate notes[NOTES]; /* not yet among the places */
} collector;

/* Sets the bits of the phrases noted, and chains the places of each. */
static void
keep_notes(collector *c, uint32_t n)
{
    uint32_t *last = c->found->last;
    bnc_phrase_place *places = c->found->place;
    uint64_t *bits = c->found->bits;
    uint64_t *summary = c->summary;
    uint32_t n_places = c->n_places;
    uint32_t phrase, before, i;
    uint64_t bit, word;

    for (i = 0; i < n; i++) {
        phrase = bnc_candidate_phrase(c->notes[i]);
        bit = (uint64_t)1 << (phrase % 64);
        word = bits[phrase / 64];
        before = word & bit ? last[phrase] : 0;
        if (n_places >= PLACES_KEPT && before != 0) {
            places[before].place = BNC_ANYWHERE;
            continue;
        }
        bits[phrase / 64] = word | bit;
        summary[phrase / 4096] |= (uint64_t)1 << (phrase / 64 % 64);
        last[phrase] = ++n_places;
        places[n_places].place = (uint32_t)c->notes[i];
        places[n_places].before = before;
    }
    c->n_places = n_places;
}

/* Notes a place of phrases, which are BNC_CUED, without branches: cues can't be foreseen. */
static inline void
note_phrases(collector *c, const uint32_t *cued, const uint32_t *end, uint32_t place)
{
    uint64_t cues = c->cues;
    uint32_t n = c->n_notes;

    for (; cued < end; cued++) {
        c->notes[n] = (bnc_candidate)BNC_CUED_PHRASE(*cued) << 32 | place;
        n += (uint32_t)(cues >> BNC_CUED_CUE(*cued)) & 1;
        if (n == NOTES) {
            keep_notes(c, n);
            n = 0;
        }
    }
    c->n_notes = n;
}

static uint32_t
lowest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctzll(bits);
#else
    uint32_t n;

    for (n = 0; (bits >> n & 1) == 0; n++)
        ;
    return n;
#endif
}

/*
 * Lists the phrases noted, in their order, which is that of their bits: nothing is sorted. One loop takes a phrase at a
 * time, whether or not the next one is in the same word.
 */
static void
list_phrases(collector *c, size_t n_summary)
{
    const uint32_t *last = c->found->last;
    const bnc_phrase_place *places = c->found->place;
    bnc_candidate *item = c->found->item;
    uint64_t *bits = c->found->bits;
    uint64_t words, rest;
    uint32_t word, phrase, place;
    size_t i;

    for (i = 0; i < n_summary; i++) {
        words = c->summary[i];
        c->summary[i] = 0;
        while (words != 0) {
            word = (uint32_t)i * 64 + lowest_bit(words);
            phrase = word * 64 + lowest_bit(bits[word]);
            rest = bits[word] & (bits[word] - 1);
            bits[word] = rest;
            words &= words - (uint64_t)(rest == 0);
            for (place = last[phrase]; place != 0; place = places[place].before)
                *item++ = (bnc_candidate)phrase << 32 | places[place].place;
        }
    }
    c->found->n = (size_t)(item - c->found->item);
}

/* As memcmp tells, for a few bytes that are the same in most cases. */
static inline bool
same_bytes(const unsigned char *a, const unsigned char *b, size_t n)
{
    uint64_t differ;
    size_t i;

    if (n < 8)
        return memcmp(a, b, n) == 0;
    differ = bnc_load8(a) ^ bnc_load8(b);
    for (i = 8; i < n - 8; i += 8)
        differ |= bnc_load8(a + i) ^ bnc_load8(b + i);
    return (differ | (bnc_load8(a + n - 8) ^ bnc_load8(b + n - 8))) == 0;
}

/* Notes the phrases of a spelling if all of it is in the text, as its key is: all of one of eight bytes. */
static inline void
verify(collector *c, const bnc_spelling *spelling, size_t at)
{
    const unsigned char *s = BNC_SHAPE_RAW(spelling->shape) ? c->text->raw : c->text->words;
    size_t start = at - BNC_SHAPE_OFFSET(spelling->shape);
    size_t len = BNC_SHAPE_LEN(spelling->shape);

    if (at >= BNC_SHAPE_OFFSET(spelling->shape) && len <= c->text->len - start &&
        ((len <= 8 && s == c->s) || same_bytes(s + start, c->rules->bytes + spelling->text, len)))
        note_phrases(c, c->rules->words + spelling[0].phrases, c->rules->words + spelling[1].phrases,
                     (uint32_t)(start + len) << 16 | (uint32_t)start | c->anywhere);
}

#define PLACES_AT_ONCE 256

/* Adds a place to the hits, which are n: without a branch, since what a filter says can't be foreseen. */
static inline size_t
note_hit(uint16_t *hits, size_t n, size_t at, uint32_t bit)
{
    hits[n] = (uint16_t)at;
    return n + (bit & 1);
}

/* The bit of a filter by five bytes. */
static inline uint32_t
start_bit(const uint32_t *filter, uint32_t hash, const unsigned char *s)
{
    return filter[hash] >> (s[4] & 31);
}

/* A place where a key may be, and the keys of its bucket. */
typedef struct key_place {
    const bnc_key *key;
    uint32_t n, at;
} key_place;

static inline uint32_t
is_at(const bnc_key *key, const unsigned char *s)
{
    return ((key->head ^ bnc_gram(s)) | ((key->tail ^ bnc_gram(s + 4)) & key->tail_mask)) == 0;
}

/* Adds those of the hits at which a key is, and those whose bucket has several keys. */
static inline size_t
find_keys(const collector *c, const bnc_keys *keys, bool full, const uint16_t *hits, size_t n_hits, key_place *out)
{
    const bnc_key *first = (const bnc_key *)(c->rules->words + keys->keys);
    const uint32_t *buckets = c->rules->words + keys->buckets;
    const unsigned char *text = c->s;
    const uint32_t bits = keys->bits;
    const uint32_t shift = keys->shift;
    const unsigned char *s;
    const uint32_t *bucket;
    const bnc_key *key;
    uint32_t hash, n_keys;
    size_t n = 0;
    size_t i;

    for (i = 0; i < n_hits; i++) {
        s = text + hits[i];
        hash = full ? bnc_key_hash(bnc_gram(s), bnc_gram(s + 4), bits) : bnc_gram_hash2(bnc_gram(s), bits);
        bucket = buckets + (hash >> shift);
        key = first + bucket[0];
        n_keys = bucket[1] - bucket[0];
        out[n].key = key;
        out[n].n = n_keys;
        out[n].at = hits[i];
        n += is_at(key, s) | (n_keys > 1);
    }
    return n;
}

static void
collect_spellings(collector *c, const key_place *p)
{
    const bnc_key *end = p->key + p->n;
    const bnc_spelling *spelling, *end_spelling;
    const bnc_key *key;

    for (key = p->key; key < end; key++) {
        if (!is_at(key, c->s + p->at))
            continue;
        spelling = (const bnc_spelling *)(c->rules->words + key[0].spellings);
        end_spelling = (const bnc_spelling *)(c->rules->words + key[1].spellings);
        for (; spelling < end_spelling; spelling++)
            verify(c, spelling, p->at);
    }
}

/* Looks at each place in [from, to) once. */
static void
collect(collector *c, const bnc_index *index, size_t from, size_t to)
{
    const uint32_t *filter = c->rules->words + index->filter;
    const uint32_t *full_filter = c->rules->words + index->full.filter;
    const uint32_t *shorter_filter = c->rules->words + index->shorter.filter;
    const uint32_t bits = index->bits;
    const uint32_t full_bits = index->full.bits;
    const uint32_t shorter_bits = index->shorter.bits;
    const unsigned char *s = c->s;
    uint16_t hits[PLACES_AT_ONCE], full[PLACES_AT_ONCE], shorter[PLACES_AT_ONCE];
    key_place places[2 * PLACES_AT_ONCE];
    size_t n, n_full, n_shorter, i, stop;
    uint32_t hash;

    while (from < to) {
        stop = to - from > PLACES_AT_ONCE ? from + PLACES_AT_ONCE : to;
        for (n = 0; from + 2 <= stop; from += 2) {
            n = note_hit(hits, n, from, start_bit(filter, bnc_gram_hash(bnc_gram(s + from), bits), s + from));
            n = note_hit(hits, n, from + 1,
                         start_bit(filter, bnc_gram_hash(bnc_gram(s + from + 1), bits), s + from + 1));
        }
        for (; from < stop; from++)
            n = note_hit(hits, n, from, start_bit(filter, bnc_gram_hash(bnc_gram(s + from), bits), s + from));
        for (i = n_full = n_shorter = 0; i < n; i++) {
            hash = bnc_key_hash(bnc_gram(s + hits[i]), bnc_gram(s + hits[i] + 4), full_bits);
            n_full = note_hit(full, n_full, hits[i], full_filter[hash / 32] >> (hash % 32));
            n_shorter =
                note_hit(shorter, n_shorter, hits[i],
                         start_bit(shorter_filter, bnc_gram_hash2(bnc_gram(s + hits[i]), shorter_bits), s + hits[i]));
        }
        n = find_keys(c, &index->full, true, full, n_full, places);
        n += find_keys(c, &index->shorter, false, shorter, n_shorter, places + n);
        for (i = 0; i < n; i++)
            collect_spellings(c, &places[i]);
    }
}

static size_t
lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t
greater(size_t a, size_t b)
{
    return a > b ? a : b;
}

/*
 * The same without repetitions: of a spelling whose key is in the last period that is looked at, more may follow.
 */
static void
collect_once(collector *c, const bnc_repeats *repeats, const bnc_index *index, size_t from, size_t to)
{
    const bnc_repeat *repeat = repeats->item;
    const bnc_repeat *end = repeat;
    size_t start, stop;

    if (bnc_tables(c->rules)->longest_spelling <= BNC_REPEAT_REACH)
        end += repeats->n;
    for (; repeat < end; repeat++) {
        /* a spelling that starts before its key lies a period before, too */
        start = repeat->from + BNC_KEY_OFFSETS;
        stop = start + repeat->period;
        if (stop >= repeat->to)
            continue;
        collect(c, index, from, lesser(to, start));
        c->anywhere = BNC_ANYWHERE;
        collect(c, index, greater(from, start), lesser(to, stop));
        c->anywhere = 0;
        collect(c, index, greater(from, start), lesser(to, stop));
        from = greater(from, repeat->to);
    }
    collect(c, index, from, to);
}

static size_t
n_words(size_t n_bits)
{
    return (n_bits + 63) / 64;
}

/* Memory for the candidates of these rules. */
static bool
make_room(const bnc_allocator *allocator, size_t n, bnc_candidates *found)
{
    size_t n_bits = n_words(n) + n_words(n_words(n));

    size_t n_places = n + PLACES_KEPT + 2;

    if (n_places <= found->room)
        return true;
    bnc_candidates_release(allocator, found);
    found->item = allocator->resize(allocator->context, NULL, n_places * sizeof(*found->item));
    found->last = allocator->resize(allocator->context, NULL, n_places * sizeof(*found->last));
    found->place = allocator->resize(allocator->context, NULL, n_places * sizeof(*found->place));
    found->bits = allocator->resize(allocator->context, NULL, (n_bits + 1) * sizeof(*found->bits));
    if (found->item == NULL || found->last == NULL || found->place == NULL || found->bits == NULL) {
        bnc_candidates_release(allocator, found);
        return false;
    }
    memset(found->bits, 0, (n_bits + 1) * sizeof(*found->bits));
    found->room = n_places;
    return true;
}

void
bnc_candidates_find(const bnc_rules *rules, const bnc_text *text, const bnc_repeats *repeats, uint64_t cues,
                    const bnc_allocator *allocator, bnc_candidates *found)
{
    const bnc_tables_head *head = bnc_tables(rules);
    const uint32_t *shorts = rules->words + head->shorts;
    size_t end = text->len < 4 ? 0 : text->len - 3;
    collector c;
    size_t from, to;
    uint32_t i;

    found->n = 0;
    found->failed = !make_room(allocator, head->n_wanted, found);
    if (found->failed)
        return;
    c.rules = rules;
    c.text = text;
    c.s = text->words;
    c.found = found;
    c.cues = cues;
    c.summary = found->bits + n_words(head->n_wanted);
    c.n_places = c.n_notes = c.anywhere = 0;
    collect_once(&c, repeats, &head->index[BNC_INDEX_WORDS], 0, end);
    c.s = text->raw;
    if (text->wide)
        collect_once(&c, repeats, &head->index[BNC_INDEX_WIDE], 0, end);
    for (i = 0; i < text->n_names; i++) {
        /* a key may start before the name and end in it */
        from = text->names[i].start < 7 ? 0 : text->names[i].start - 7u;
        to = lesser(text->names[i].end, end);
        if (from < to)
            collect_once(&c, repeats, &head->index[BNC_INDEX_NAMES], from, to);
    }
    note_phrases(&c, shorts, shorts + (text->wide ? head->n_shorts : head->n_plain_shorts), BNC_ANYWHERE);
    keep_notes(&c, c.n_notes);
    list_phrases(&c, n_words(n_words(head->n_wanted)));
}

void
bnc_candidates_release(const bnc_allocator *allocator, bnc_candidates *found)
{
    void *blocks[] = {found->item, found->last, found->place, found->bits};
    size_t i;

    for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        if (blocks[i] != NULL)
            allocator->release(allocator->context, blocks[i]);
    memset(found, 0, sizeof(*found));
}
