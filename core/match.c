/*
 * match.c - the matcher, see match.h.
 *
 * Every alternative has a key: four bytes of one of its pieces, chosen rare. The text is read once; at
 * each byte the four bytes there are hashed, and only alternatives whose key hashes alike are compared.
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

    if (at > 0 && is_label_byte(s[at]) && is_label_byte(s[at - 1]))
        return false;
    return at + len >= view->len || !is_label_byte(s[at + len - 1]) || !is_label_byte(s[at + len]);
}

static bool
piece_at(const bnc_rules *rules, const bnc_piece *piece, const bnc_view *view, size_t at)
{
    if (piece->len > view->len || at > view->len - piece->len)
        return false;
    if (memcmp(lane_of(view, piece->lane) + at, rules->bytes + piece->text, piece->len) != 0)
        return false;
    return piece->lane != BNC_LANE_LABELS || at_labels(view, at, piece->len);
}

/* The first place of the piece at or after from, SIZE_MAX if there is none. */
static size_t
find_piece(const bnc_rules *rules, const bnc_piece *piece, const bnc_view *view, size_t from)
{
    const unsigned char *hay = lane_of(view, piece->lane);
    size_t at;

    for (;;) {
        at = bnc_find(hay, view->len, from, rules->bytes + piece->text, piece->len);
        if (at == SIZE_MAX || piece->lane != BNC_LANE_LABELS || at_labels(view, at, piece->len))
            return at;
        from = at + 1;
    }
}

bool
bnc_alternative_occurs(const bnc_rules *rules, const bnc_alternative *alternative, const bnc_view *view, size_t *places)
{
    const bnc_piece *piece = bnc_piece_at(rules, alternative->pieces);
    size_t from = 0;
    size_t at;
    uint32_t i;

    /* the leftmost place of each piece leaves the most room for the next: no backtracking */
    for (i = 0; i < alternative->n_pieces; i++, piece++) {
        if (i == 0 && alternative->anchored)
            at = piece_at(rules, piece, view, view->anchor) ? view->anchor : SIZE_MAX;
        else
            at = find_piece(rules, piece, view, from);
        if (at == SIZE_MAX)
            return false;
        if (places != NULL)
            places[i] = at;
        from = at + piece->len;
    }
    return true;
}

/* Alternatives of several pieces that were looked for in vain: once is enough for a text. */
#define MISSES 64

typedef struct misses {
    uint32_t alternative[MISSES]; /* + 1 */
} misses;

static bool
missed(const misses *m, uint32_t alternative)
{
    return m->alternative[alternative % MISSES] == alternative + 1;
}

static void
try_entry(const bnc_rules *rules, const bnc_view *view, const bnc_entry *entry, size_t at, bnc_hits *hits, misses *m)
{
    const bnc_alternative *alternative = bnc_alternative_at(rules, entry->alternative);
    uint32_t bit = 1u << (alternative->rule % 32);

    if ((hits->bits[alternative->rule / 32] & bit) != 0 || at < entry->offset)
        return;
    if (!piece_at(rules, bnc_piece_at(rules, alternative->pieces + entry->piece), view, at - entry->offset))
        return;
    if (alternative->n_pieces > 1 || alternative->anchored) {
        if (missed(m, entry->alternative))
            return;
        if (!bnc_alternative_occurs(rules, alternative, view, NULL)) {
            m->alternative[entry->alternative % MISSES] = entry->alternative + 1;
            return;
        }
    }
    hits->bits[alternative->rule / 32] |= bit;
}

void
bnc_match(const bnc_rules *rules, const bnc_view *view, bnc_hits *hits)
{
    const bnc_tables_head *head = bnc_tables(rules);
    const uint32_t *filter = rules->words + head->filter;
    const uint32_t *buckets = rules->words + head->buckets;
    const bnc_entry *entries = (const bnc_entry *)(rules->words + head->entries);
    const uint32_t *shorts = rules->words + head->shorts;
    const bnc_alternative *alternative;
    misses m;
    uint32_t hash, e;
    size_t at;

    memcpy(hits->bits, rules->words + head->always, ((size_t)head->n_rules + 31) / 32 * sizeof(uint32_t));
    memset(&m, 0, sizeof(m));
    for (at = 0; at + 4 <= view->len; at++) {
        hash = bnc_gram_hash(view->raw + at, head->hash_bits);
        if ((filter[hash / 32] >> (hash % 32) & 1) == 0)
            continue;
        for (e = buckets[hash]; e < buckets[hash + 1]; e++)
            try_entry(rules, view, &entries[e], at, hits, &m);
    }
    for (e = 0; e < head->n_shorts; e++) {
        alternative = bnc_alternative_at(rules, shorts[e]);
        if (bnc_alternative_occurs(rules, alternative, view, NULL))
            hits->bits[alternative->rule / 32] |= 1u << (alternative->rule % 32);
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
