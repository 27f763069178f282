/*
 * event_hash.h - where a word is looked up; the build tool that makes the table and the core share it.
 */
#ifndef BNC_EVENT_HASH_H
#define BNC_EVENT_HASH_H

#include <stddef.h>
#include <stdint.h>

#define BNC_EVENT_SLOT_BITS 11
#define BNC_EVENT_SLOTS (1 << BNC_EVENT_SLOT_BITS)

/* Of a word in lower case; the letters may also be in upper case, for bit 5 is set in all of them. */
static inline uint32_t
bnc_event_hash(const char *text, size_t len)
{
    uint32_t hash = (uint32_t)len;
    size_t i;

    for (i = 0; i < len; i++)
        hash = (hash << 5 | hash >> 27) ^ ((unsigned char)text[i] | 0x20u);
    return hash * 2654435761u;
}

static inline uint32_t
bnc_event_slot(uint32_t hash)
{
    return hash >> (32 - BNC_EVENT_SLOT_BITS);
}

#endif
