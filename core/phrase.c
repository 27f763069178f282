/*
 * phrase.c - phrases in a view, see phrase.h.
 *
 * A phrase is a row of elements, each a few options or a run, parted by gaps into stretches. A stretch is followed from
 * a place by the set of places where it may have got to after each element; one that is looked for is tried where four
 * bytes that it may start with are.
 */
#include "phrase.h"

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

/* Whether the view shows these bytes of the text. */
static bool
shown(const bnc_view *view, size_t start, size_t end)
{
    if (start < view->start || end > view->end)
        return false;
    return view->raw == view->grams->text || memchr(view->raw + start, BNC_MASK, end - start) == NULL;
}

bnc_standing
bnc_phrase_stands(const bnc_rules *rules, const bnc_phrase *phrase, const bnc_view *view, size_t start, size_t end)
{
    if (!shown(view, start, end))
        return BNC_NOT_HERE;
    if (phrase->whole)
        return phrase->lane != BNC_LANE_LABELS || at_labels(view, start, end - start) ? BNC_OCCURS : BNC_NOT_HERE;
    if (!row_stands(rules, phrase, view, start, end))
        return BNC_NOT_HERE;
    if (!phrase->anchored && phrase->lane != BNC_LANE_LABELS && row_at(rules, phrase, 0).n == phrase->n_elements)
        return BNC_OCCURS;
    return BNC_MAY_OCCUR;
}
