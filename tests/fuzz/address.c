/*
 * address.c - fuzzer: any bytes as an address.
 *
 * What must hold: a suggestion comes with a typo and with nothing else, keeps the local part, and is itself a good
 * address; blanks around an address make it bad; letter case in the domain changes nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mailbounce.h"
#include "text.h"

static void
expect(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "FAULT: %s\n", what);
        abort();
    }
}

static bool
checks_as(bnc_slice address, const char *check)
{
    return bnc_slice_equal(bnc_email_check(address), bnc_slice_of(check));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bnc_slice address = {(const char *)data, size};
    bnc_slice check = bnc_email_check(address);
    bool typo = checks_as(address, "typo");
    char text[BNC_ADDRESS_MAX];
    bnc_slice meant = {text, bnc_email_suggestion(address, text)};
    char changed[BNC_ADDRESS_MAX + 2];
    size_t local, i;

    expect((meant.len > 0) == typo, "a suggestion without a typo, or a typo without one");
    expect(checks_as(address, "syntax") || size <= BNC_ADDRESS_MAX, "too long");
    if (checks_as(address, "syntax"))
        return 0;
    for (local = size; data[local - 1] != '@'; local--)
        ;
    if (typo) {
        expect(checks_as(meant, "ok"), "a suggestion that is no good address");
        expect(meant.len > local && memcmp(text, data, local) == 0, "another local part");
    }
    memcpy(changed, data, size);
    for (i = local; i < size; i++)
        changed[i] = (char)(bnc_is_alpha(data[i]) ? data[i] ^ 0x20 : data[i]);
    expect(bnc_slice_equal(bnc_email_check((bnc_slice){changed, size}), check), "letter case matters");
    changed[size] = ' ';
    expect(checks_as((bnc_slice){changed, size + 1}, "syntax"), "a blank after it");
    memmove(changed + 1, changed, size);
    changed[0] = ' ';
    expect(checks_as((bnc_slice){changed, size + 1}, "syntax"), "a blank before it");
    return 0;
}
