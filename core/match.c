/*
 * match.c - which phrases may occur, see match.h.
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

/* ---- candidates ---- */

static size_t
end_of(bnc_candidate c)
{
    return (size_t)(c >> 16 & 0xffff);
}

bool
bnc_candidates_hold(const bnc_rules *rules, const bnc_candidate *from, const bnc_candidate *to, const bnc_view *view)
{
    const bnc_phrase *phrase;
    bnc_standing standing;
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
            standing = bnc_phrase_stands(rules, phrase, view, start, end);
            if (standing == BNC_OCCURS)
                return true;
            if (standing == BNC_NOT_HERE)
                continue;
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
            word = (uint32_t)i * 64 + (uint32_t)__builtin_ctzll(words);
            phrase = word * 64 + (uint32_t)__builtin_ctzll(bits[word]);
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
