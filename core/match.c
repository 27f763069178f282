/*
 * match.c - the matcher, see match.h.
 *
 * A phrase is a row of elements, each a few options, parted by gaps into stretches. One of its elements
 * is its key: four bytes of each of that element's options are in the index. The text is read
 * once; at each byte the four bytes there are hashed, and only phrases with such a key are compared.
 */
#include "match.h"

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
    if (at > 0 && is_label_byte(s[at]) && is_label_byte(s[at - 1]))
        return false;
    return at + len >= view->len || !is_label_byte(s[at + len - 1]) || !is_label_byte(s[at + len]);
}

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

/* Whether text stands at a place. */
static bool
stands_at(const unsigned char *s, size_t len, size_t at, const unsigned char *text, size_t text_len)
{
    if (text_len == 0)
        return at <= len;
    /* most options fail at their first byte */
    return at < len && s[at] == text[0] && text_len <= len - at && memcmp(s + at, text, text_len) == 0;
}

/* Keeps the places at the edge of a word: not between two letters or digits. */
static void
keep_boundaries(places *p, const unsigned char *s, size_t len)
{
    size_t kept = 0;
    size_t i, at;

    for (i = 0; i < p->n; i++) {
        at = p->at[i];
        if (at == 0 || at >= len || !bnc_is_alnum(s[at - 1]) || !bnc_is_alnum(s[at]))
            p->at[kept++] = (uint16_t)at;
    }
    p->n = (uint16_t)kept;
}

/*
 * From places before an element to those after it. Two blanks that meet between elements are one:
 * "(is|) unknown" with nothing for the group.
 */
static places
step_forward(const bnc_rules *rules, const bnc_element *element, const unsigned char *s, size_t len, size_t start,
             places *from)
{
    const bnc_option *option = bnc_option_at(rules, element->options);
    const unsigned char *text;
    places to;
    uint32_t k;
    size_t i, at;

    if (element->boundary)
        keep_boundaries(from, s, len);
    to.n = 0;
    for (k = 0; k < element->n_options; k++, option++) {
        text = rules->bytes + option->text;
        for (i = 0; i < from->n; i++) {
            at = from->at[i];
            if (stands_at(s, len, at, text, option->len))
                add_place(&to, at + option->len);
            if (option->len > 0 && text[0] == ' ' && at > start && s[at - 1] == ' ' &&
                stands_at(s, len, at, text + 1, option->len - 1))
                add_place(&to, at + option->len - 1);
        }
    }
    return to;
}

/* The same from places after an element to those before it. */
static places
step_back(const bnc_rules *rules, const bnc_element *element, const unsigned char *s, size_t len, const places *from)
{
    const bnc_option *option = bnc_option_at(rules, element->options);
    const unsigned char *text;
    places to;
    uint32_t k;
    size_t i, at, n;

    to.n = 0;
    for (k = 0; k < element->n_options; k++, option++) {
        text = rules->bytes + option->text;
        n = option->len;
        for (i = 0; i < from->n; i++) {
            at = from->at[i];
            if (n <= at && stands_at(s, len, at - n, text, n))
                add_place(&to, at - n);
            if (n > 0 && text[n - 1] == ' ' && at < len && s[at] == ' ' && n - 1 <= at &&
                stands_at(s, len, at - (n - 1), text, n - 1))
                add_place(&to, at - (n - 1));
        }
    }
    if (element->boundary)
        keep_boundaries(&to, s, len);
    return to;
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

/* The ends of the row when it starts at a place; least is SIZE_MAX if it does not. */
typedef struct ends {
    size_t least, greatest;
} ends;

static ends
row_ends(const bnc_rules *rules, row r, uint32_t lane, const bnc_view *view, size_t start)
{
    const unsigned char *s = lane_of(view, lane);
    ends found = {SIZE_MAX, 0};
    places p;
    uint32_t i;
    size_t k;

    p.n = 1;
    p.at[0] = (uint16_t)start;
    for (i = 0; i < r.n && p.n > 0; i++)
        p = step_forward(rules, &r.first[i], s, view->len, start, &p);
    for (k = 0; k < p.n; k++) {
        if (lane == BNC_LANE_LABELS && !at_labels(view, start, p.at[k] - start))
            continue;
        if (p.at[k] < found.least)
            found.least = p.at[k];
        if (p.at[k] > found.greatest)
            found.greatest = p.at[k];
    }
    return found;
}

static const bnc_gram_index *
grams_of(const bnc_view *view)
{
    bnc_gram_index *g = view->grams;
    uint32_t hash;
    size_t at;

    if (!g->made) {
        memset(g->first, 0, sizeof(g->first));
        for (at = view->len < 4 ? 0 : view->len - 3; at-- > 0;) {
            hash = bnc_gram_hash(bnc_gram(view->raw + at), BNC_GRAM_BITS);
            g->next[at] = g->first[hash];
            g->first[hash] = (uint16_t)(at + 1);
        }
        g->made = true;
    }
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
} search;

static void
try_start(search *q, size_t start)
{
    ends e = row_ends(q->rules, q->r, q->lane, q->view, start);

    if (e.least < q->best.least) {
        q->at = start;
        q->best = e;
    }
}

/* Tries every place where an option that the row may start with stands. */
static void
try_option(search *q, const bnc_option *option, size_t from)
{
    const unsigned char *s = lane_of(q->view, q->lane);
    const unsigned char *text = q->rules->bytes + option->text;
    const bnc_gram_index *grams;
    size_t start;

    if (option->len >= 4) {
        grams = grams_of(q->view);
        for (start = grams->first[bnc_gram_hash(bnc_gram(text), BNC_GRAM_BITS)]; start != 0 && start - 1 < q->best.least;
             start = grams->next[start - 1])
            if (start > from && stands_at(s, q->view->len, start - 1, text, option->len))
                try_start(q, start - 1);
        return;
    }
    for (start = from; start <= q->view->len && start < q->best.least; start++) {
        if (option->len > 0)
            start = bnc_find(s, q->view->len, start, text, option->len);
        if (start == SIZE_MAX)
            return;
        try_start(q, start);
    }
}

static bool
find_row(const bnc_rules *rules, row r, uint32_t lane, const bnc_view *view, size_t from, size_t *at, ends *found)
{
    search q = {rules, r, lane, view, 0, {SIZE_MAX, 0}};
    uint32_t k;

    for (k = 0; k < r.first->n_options; k++)
        try_option(&q, bnc_option_at(rules, r.first->options + k), from);
    *at = q.at;
    *found = q.best;
    return q.best.least != SIZE_MAX;
}

/* anchored: whether the first row must start where the reply's text does. */
static bool
occurs(const bnc_rules *rules, const bnc_phrase *phrase, const bnc_view *view, bool anchored, bnc_stretch *found,
       size_t *n_found)
{
    size_t from = 0;
    size_t at = 0;
    uint32_t i;
    ends e;
    row r;

    if (n_found != NULL)
        *n_found = 0;
    /* the stretch that ends first leaves the most room for the next: no backtracking */
    for (i = 0; i < phrase->n_elements; i += r.n) {
        r = row_at(rules, phrase, i);
        if (i == 0 && anchored) {
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

bool
bnc_phrase_occurs(const bnc_rules *rules, const bnc_phrase *phrase, const bnc_view *view, bnc_stretch *found,
                  size_t *n_found)
{
    return occurs(rules, phrase, view, phrase->anchored != 0, found, n_found);
}

bool
bnc_rule_occurs(const bnc_rules *rules, const bnc_rule *rule, const bnc_view *view)
{
    uint32_t i;

    for (i = 0; i < rule->n_phrases; i++)
        if (bnc_phrase_occurs(rules, bnc_phrase_at(rules, rule->phrases + i), view, NULL, NULL))
            return true;
    return rule->n_phrases == 0;
}

/* Whether the row around the element occurs, with the element starting at a place. */
static bool
row_stands(const bnc_rules *rules, const bnc_phrase *phrase, uint32_t element, const bnc_view *view, size_t at)
{
    const bnc_element *first = bnc_element_at(rules, phrase->elements);
    const unsigned char *s = lane_of(view, phrase->lane);
    places before, after;
    uint32_t i;

    /* the element's own start is not the row's: a blank before it may be shared */
    after.n = 1;
    after.at[0] = (uint16_t)at;
    for (i = element; i < phrase->n_elements && (i == element || !first[i].gap) && after.n > 0; i++)
        after = step_forward(rules, &first[i], s, view->len, i == element && first[i].gap ? at : 0, &after);
    if (after.n == 0)
        return false;
    before.n = 1;
    before.at[0] = (uint16_t)at;
    for (i = element; !first[i].gap && before.n > 0; i--)
        before = step_back(rules, &first[i - 1], s, view->len, &before);
    return before.n > 0;
}

/* Phrases that were looked for in vain: once is enough for a text. */
#define MISSES 64

typedef struct misses {
    uint32_t phrase[MISSES]; /* + 1 */
} misses;

static void
try_entry(const bnc_rules *rules, const bnc_view *view, const bnc_entry *entry, size_t at, bnc_hits *hits, misses *m)
{
    const bnc_phrase *phrase = bnc_phrase_at(rules, entry->phrase);
    uint32_t bit = 1u << (phrase->rule % 32);
    bool whole;

    if ((hits->bits[phrase->rule / 32] & bit) != 0 || at < entry->offset)
        return;
    if (!row_stands(rules, phrase, entry->element, view, at - entry->offset))
        return;
    whole = phrase->lane != BNC_LANE_LABELS && row_at(rules, phrase, 0).n == phrase->n_elements;
    if (!whole) {
        if (m->phrase[entry->phrase % MISSES] == entry->phrase + 1)
            return;
        if (!occurs(rules, phrase, view, false, NULL, NULL)) {
            m->phrase[entry->phrase % MISSES] = entry->phrase + 1;
            return;
        }
    }
    hits->bits[phrase->rule / 32] |= bit;
}

void
bnc_match(const bnc_rules *rules, const bnc_view *view, bnc_hits *hits)
{
    const bnc_tables_head *head = bnc_tables(rules);
    const uint32_t *filter = rules->words + head->filter;
    const uint32_t *buckets = rules->words + head->buckets;
    const bnc_entry *entries = (const bnc_entry *)(rules->words + head->entries);
    const uint32_t *shorts = rules->words + head->shorts;
    const bnc_phrase *phrase;
    misses m;
    uint32_t gram, tail, hash, e;
    size_t at;

    memcpy(hits->bits, rules->words + head->always, ((size_t)head->n_rules + 31) / 32 * sizeof(uint32_t));
    memset(&m, 0, sizeof(m));
    for (at = 0; at + 4 <= view->len; at++) {
        gram = bnc_gram(view->raw + at);
        hash = bnc_gram_hash(gram, head->hash_bits);
        if ((filter[hash / 32] >> (hash % 32) & 1) == 0)
            continue;
        tail = bnc_gram(view->raw + at + 4);
        for (e = buckets[hash]; e < buckets[hash + 1]; e++)
            if (entries[e].key == gram && (tail & entries[e].tail_mask) == entries[e].tail)
                try_entry(rules, view, &entries[e], at, hits, &m);
    }
    for (e = 0; e < head->n_shorts; e++) {
        phrase = bnc_phrase_at(rules, shorts[e]);
        if (occurs(rules, phrase, view, false, NULL, NULL))
            hits->bits[phrase->rule / 32] |= 1u << (phrase->rule % 32);
    }
}

uint32_t
bnc_hits_next(const bnc_rules *rules, const bnc_hits *hits, uint32_t from)
{
    uint32_t n = bnc_tables(rules)->n_rules;
    uint32_t word;

    while (from < n) {
        word = hits->bits[from / 32] >> (from % 32);
        if (word == 0) {
            from = (from / 32 + 1) * 32;
            continue;
        }
        while ((word & 1) == 0) {
            word >>= 1;
            from++;
        }
        return from < n ? from : n;
    }
    return n;
}
