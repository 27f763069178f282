/*
 * memory.h - an allocator for tests: it can refuse, and counts what is not given back.
 */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include <stdlib.h>

#include "mailbounce.h"

/* Successful allocations still to come; negative: no end. */
static int memory_left = -1;
static int memory_blocks;

static void *
memory_resize(void *context, void *block, size_t size)
{
    void *fresh;

    (void)context;
    if (memory_left == 0)
        return NULL;
    if (memory_left > 0)
        memory_left--;
    fresh = realloc(block, size);
    if (fresh != NULL && block == NULL)
        memory_blocks++;
    return fresh;
}

static void
memory_release(void *context, void *block)
{
    (void)context;
    memory_blocks--;
    free(block);
}

static const bnc_allocator memory = {memory_resize, memory_release, NULL};

static inline bnc_slice
text_of(const char *text)
{
    bnc_slice slice = {text, strlen(text)};

    return slice;
}

#endif
