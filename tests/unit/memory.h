/*
 * memory.h - the allocator of the unit tests, and texts as slices.
 */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include <string.h>

#include "../fuzz/counting.h"

static counting counted;
static const bnc_allocator memory = {counting_resize, counting_release, &counted};

/* Allocations that still succeed from here on; negative: all. */
static inline void
memory_allow(int n)
{
    counted.fail = n < 0 ? 0 : counted.asked + (size_t)n + 1;
    counted.forever = true;
}

static inline bnc_slice
text_of(const char *text)
{
    bnc_slice slice = {text, strlen(text)};

    return slice;
}

#endif
