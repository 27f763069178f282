/*
 * counting.h - an allocator for tests: it counts its blocks, and can be told to fail.
 */
#ifndef COUNTING_H
#define COUNTING_H

#include <stdio.h>
#include <stdlib.h>

#include "mailbounce.h"

typedef struct counting {
    size_t blocks; /* not yet released */
    size_t asked;  /* allocations so far */
    size_t fail;   /* the allocation that fails, counted from 1; 0: none */
    bool forever;  /* and all after it */
} counting;

static void *
counting_resize(void *context, void *block, size_t size)
{
    counting *c = context;
    void *result;

    if (size == 0) {
        fprintf(stderr, "size 0 asked of the allocator\n");
        abort();
    }
    c->asked++;
    if (c->fail != 0 && (c->asked == c->fail || (c->forever && c->asked > c->fail)))
        return NULL;
    result = realloc(block, size);
    if (result == NULL)
        abort();
    /* what a careless reader finds in new memory must not be zero by luck */
    if (block == NULL) {
        unsigned char *bytes = result;

        for (size_t i = 0; i < size && i < 4096; i++)
            bytes[i] = 0xa5;
        c->blocks++;
    }
    return result;
}

static void
counting_release(void *context, void *block)
{
    counting *c = context;

    if (block == NULL) {
        fprintf(stderr, "NULL released\n");
        abort();
    }
    c->blocks--;
    free(block);
}

static inline bnc_allocator
counting_allocator(counting *c)
{
    bnc_allocator allocator = {counting_resize, counting_release, c};

    return allocator;
}

#endif
