/*
 * random.c - a fuzzer without libFuzzer: its target on random inputs, the same in every run.
 *
 * Usage: NAME_random [N [SEED]]    what it finds is printed by the target, which then aborts
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* xorshift64 (Marsaglia, 2003) */
static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

int
main(int argc, char **argv)
{
    unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    uint64_t state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint8_t input[400];
    unsigned long i;
    size_t size, at;

    state = state * 0x9e3779b97f4a7c15u + 1;
    for (i = 0; i < n; i++) {
        size = (size_t)(next_random(&state) % sizeof(input)) + 1;
        for (at = 0; at < size; at++)
            input[at] = (uint8_t)next_random(&state);
        LLVMFuzzerTestOneInput(input, size);
    }
    printf("%lu inputs, no fault\n", n);
    return 0;
}
