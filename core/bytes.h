/*
 * bytes.h - eight bytes at a time, in plain C.
 *
 * What is found is marked by the top bits of bytes, whatever the byte order.
 */
#ifndef BNC_BYTES_H
#define BNC_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BNC_EACH8(c) (0x0101010101010101u * (c))
#define BNC_TOPS8 BNC_EACH8(0x80)

static inline uint64_t
bnc_load8(const unsigned char *s)
{
    uint64_t w;

    memcpy(&w, s, sizeof(w));
    return w;
}

/* Marks each byte that is c, and no other. */
static inline uint64_t
bnc_equal8(uint64_t w, unsigned char c)
{
    uint64_t x = w ^ BNC_EACH8(c);

    return ~(((x & ~BNC_TOPS8) + ~BNC_TOPS8) | x | ~BNC_TOPS8);
}

/* Of ASCII bytes: marks each that lies in [low, high]. */
static inline uint64_t
bnc_between8(uint64_t w, unsigned char low, unsigned char high)
{
    return (w + BNC_EACH8(0x80 - low)) & ~(w + BNC_EACH8(0x7f - high)) & BNC_TOPS8;
}

/* How many bytes lie before the first one that is marked, 8 if none is. */
static inline size_t
bnc_before8(uint64_t marks)
{
    if (marks == 0)
        return 8;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (size_t)__builtin_clzll(marks) / 8;
#else
    return (size_t)__builtin_ctzll(marks) / 8;
#endif
}

#endif
