/*
 * generate/heap.h - the core's allocator over malloc, for build tools and test programs.
 *
 * What it must not know: who allocates what. An extension brings its engine's own allocator instead.
 */
#ifndef BNC_HEAP_H
#define BNC_HEAP_H

#include <stdlib.h>

#include "../mailbounce.h"

static void *
heap_resize(void *context, void *block, size_t size)
{
    (void)context;
    return realloc(block, size);
}

static void
heap_release(void *context, void *block)
{
    (void)context;
    free(block);
}

static const bnc_allocator allocator = {heap_resize, heap_release, NULL};

#endif
