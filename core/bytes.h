/*
 * bytes.h - eight bytes at a time, in plain C; sixteen where the machine has vectors.
 *
 * Of eight, what is found is marked by the top bits of bytes, whatever the byte order; of sixteen, by all bits of
 * bytes. Whoever uses vectors has the same in plain C, which BNC_PORTABLE takes for tests.
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

#if defined(__SSE2__) && !defined(BNC_PORTABLE)
#define BNC_VECTORS
#include <emmintrin.h>

static inline __m128i
bnc_load16(const unsigned char *s)
{
    return _mm_loadu_si128((const __m128i *)(const void *)s);
}

static inline __m128i
bnc_equal16(__m128i bytes, char c)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

static inline __m128i
bnc_between16(__m128i bytes, char low, char high)
{
    __m128i over = _mm_sub_epi8(bytes, _mm_set1_epi8(low));

    return _mm_cmpeq_epi8(_mm_min_epu8(over, _mm_set1_epi8((char)(high - low))), over);
}

/* Bit n for byte n. */
static inline uint64_t
bnc_bits16(__m128i marks)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(marks);
}
#endif

#endif
