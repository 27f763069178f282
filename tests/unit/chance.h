/*
 * chance.h - random numbers for the unit tests: the same ones in each run.
 */
#ifndef TEST_CHANCE_H
#define TEST_CHANCE_H

#include <stdint.h>

static uint64_t chance_seed = 1;

/* 0 to n - 1 (an LCG with Knuth's MMIX constants). */
static inline uint32_t
chance(size_t n)
{
    chance_seed = chance_seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((chance_seed >> 33) % n);
}

#endif
