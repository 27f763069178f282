/*
 * text.c - slices, and the reading of a diagnostic; see text.h. Folding is in fold.c, names are in names.c.
 */
#include "text.h"

#include <string.h>

bnc_slice
bnc_slice_of(const char *text)
{
    bnc_slice slice = {text, strlen(text)};

    return slice;
}

bool
bnc_slice_equal(bnc_slice a, bnc_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool
bnc_slice_equal_caseless(bnc_slice a, bnc_slice b)
{
    size_t i;

    if (a.len != b.len)
        return false;
    for (i = 0; i < a.len; i++)
        if (bnc_lower((unsigned char)a.data[i]) != bnc_lower((unsigned char)b.data[i]))
            return false;
    return true;
}

bnc_slice
bnc_slice_trim(bnc_slice text)
{
    while (text.len > 0 && (unsigned char)text.data[0] <= ' ') {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && (unsigned char)text.data[text.len - 1] <= ' ')
        text.len--;
    return text;
}

size_t
bnc_find(const unsigned char *hay, size_t len, size_t from, const unsigned char *needle, size_t needle_len)
{
    const unsigned char *at;
    size_t last;

    if (needle_len == 0 || needle_len > len)
        return SIZE_MAX;
    last = len - needle_len;
    while (from <= last) {
        at = memchr(hay + from, needle[0], last - from + 1);
        if (at == NULL)
            return SIZE_MAX;
        from = (size_t)(at - hay);
        if (memcmp(at, needle, needle_len) == 0)
            return from;
        from++;
    }
    return SIZE_MAX;
}

/* The type in front of a Diagnostic-Code (RFC 3464 section 2.3.6), and the field's name. */
static size_t
diagnostic_prefix(bnc_slice text)
{
    static const char *const prefixes[] = {"diagnostic-code:", "smtp;",      "lmtp;", "esmtp;",
                                           "x-unix;",          "x-postfix;", "unix;"};
    bnc_slice head;
    size_t i;

    if (text.len == 0)
        return 0;
    switch (bnc_lower((unsigned char)text.data[0])) {
    case 'd':
    case 'e':
    case 'l':
    case 's':
    case 'u':
    case 'x':
        break;
    default:
        return 0;
    }
    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        head = bnc_slice_of(prefixes[i]);
        if (text.len >= head.len && bnc_slice_equal_caseless((bnc_slice){text.data, head.len}, head))
            return head.len;
    }
    return 0;
}

void
bnc_text_read(bnc_text *text, bnc_slice diagnostic)
{
    size_t prefix;

    if (diagnostic.data == NULL)
        diagnostic = bnc_slice_of("");
    if (diagnostic.len > BNC_HEAD)
        diagnostic.len = BNC_HEAD;
    do {
        diagnostic = bnc_slice_trim(diagnostic);
        prefix = diagnostic_prefix(diagnostic);
        diagnostic.data += prefix;
        diagnostic.len -= prefix;
    } while (prefix > 0);
    text->len = bnc_fold(diagnostic, text->words, BNC_TEXT_MAX, text->lines, &text->n_lines);
    if (text->len > 0 && text->words[text->len - 1] == ' ')
        text->len--;
}
