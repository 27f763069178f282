/*
 * memo.c - verdicts that are known, see memo.h.
 *
 * A hash of the text chooses one slot; all that makes a form is compared. A slot that was of use since another form
 * wanted it stays for once, so that forms that come often are not lost to those that never come again.
 */
#include "memo.h"

#include "bytes.h"

#include <string.h>

static uint64_t
hash_of(const bnc_text *text, unsigned long rules)
{
    uint64_t hash = text->len + rules * 0x9e3779b97f4a7c15u;
    size_t i;

    for (i = 0; i + 8 <= text->len; i += 8) {
        hash = (hash ^ bnc_load8(text->raw + i)) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    for (; i < text->len; i++)
        hash = (hash ^ text->raw[i]) * 0xff51afd7ed558ccdu;
    return hash ^ hash >> 29;
}

static size_t
size_of_names(const bnc_text *text)
{
    return text->n_names * sizeof(text->names[0]);
}

static size_t
size_of_lines(const bnc_text *text)
{
    return text->n_lines * sizeof(text->lines[0]);
}

static bool
is_same(const bnc_memo_slot *slot, const bnc_text *text, unsigned long rules, uint64_t hash)
{
    const unsigned char *bytes = slot->bytes;

    if (slot->hash != hash || slot->rules != rules || slot->len != text->len || slot->n_names != text->n_names ||
        slot->n_lines != text->n_lines || slot->wide != text->wide || memcmp(bytes, text->raw, text->len) != 0)
        return false;
    bytes += text->len;
    if (memcmp(bytes, text->names, size_of_names(text)) != 0)
        return false;
    return memcmp(bytes + size_of_names(text), text->lines, size_of_lines(text)) == 0;
}

static void
write_form(bnc_memo_slot *slot, const bnc_text *text, unsigned long rules, uint64_t hash)
{
    slot->hash = hash;
    slot->rules = rules;
    slot->len = (uint16_t)text->len;
    slot->n_names = (uint8_t)text->n_names;
    slot->n_lines = (uint8_t)text->n_lines;
    slot->wide = text->wide;
    slot->again = false;
    slot->form = (uint16_t)(text->len + size_of_names(text) + size_of_lines(text));
    memcpy(slot->bytes, text->raw, text->len);
    memcpy(slot->bytes + text->len, text->names, size_of_names(text));
    memcpy(slot->bytes + text->len + size_of_names(text), text->lines, size_of_lines(text));
}

bool
bnc_memo_find(bnc_memo *memo, const bnc_allocator *allocator, const bnc_text *text, unsigned long rules, bool explain,
              bnc_verdict *verdict, bnc_memo_slot **room)
{
    bnc_memo_slot *slot;
    uint64_t hash, bit;
    size_t number;

    *room = NULL;
    memo->failed = false;
    memo->asked++;
    if (text->len + size_of_names(text) + size_of_lines(text) > BNC_MEMO_BYTES)
        return false;
    if (memo->slots == NULL)
        memo->slots = allocator->resize(allocator->context, NULL, BNC_MEMO_SLOTS * sizeof(*memo->slots));
    if (memo->slots == NULL) {
        memo->failed = true;
        return false;
    }
    hash = hash_of(text, rules);
    number = hash % BNC_MEMO_SLOTS;
    slot = &memo->slots[number];
    bit = (uint64_t)1 << number % 64;
    if ((memo->used[number / 64] & bit) != 0) {
        if (is_same(slot, text, rules, hash)) {
            slot->again = true;
            if (explain && !slot->explained) {
                *room = slot;
                return false;
            }
            *verdict = slot->verdict;
            memo->found++;
            return true;
        }
        if (slot->again) {
            slot->again = false;
            return false;
        }
    }
    /* in use once its verdict is here */
    memo->used[number / 64] &= ~bit;
    write_form(slot, text, rules, hash);
    *room = slot;
    return false;
}

void
bnc_memo_keep(bnc_memo *memo, bnc_memo_slot *room, bool explained, const bnc_verdict *verdict)
{
    size_t number = (size_t)(room - memo->slots);

    if (verdict->matched.len > (size_t)(BNC_MEMO_BYTES - room->form))
        return;
    room->verdict = *verdict;
    room->explained = explained;
    if (verdict->matched.len > 0) {
        memcpy(room->bytes + room->form, verdict->matched.data, verdict->matched.len);
        room->verdict.matched.data = (const char *)room->bytes + room->form;
    }
    memo->used[number / 64] |= (uint64_t)1 << number % 64;
}

void
bnc_memo_forget(bnc_memo *memo)
{
    memset(memo->used, 0, sizeof(memo->used));
}

void
bnc_memo_release(bnc_memo *memo, const bnc_allocator *allocator)
{
    if (memo->slots != NULL)
        allocator->release(allocator->context, memo->slots);
    memset(memo, 0, sizeof(*memo));
}
