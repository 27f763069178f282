/*
 * message.c - parts of messages, and characters; see message.h.
 */
#include "message.h"

#include <string.h>

void
bnc_quote(bnc_slice text, char *quoted, size_t room)
{
    size_t i;

    for (i = 0; i < text.len && i < room - 1; i++)
        quoted[i] = text.data[i] >= ' ' && text.data[i] < 0x7f && text.data[i] != '"' ? text.data[i] : '?';
    quoted[i] = '\0';
    if (i < text.len && i > 3)
        memcpy(quoted + i - 3, "...", 3);
}

void
bnc_list_add(char *list, size_t room, bnc_slice name)
{
    size_t used = strlen(list);

    if (used + name.len + 3 > room)
        return;
    if (used > 0) {
        memcpy(list + used, ", ", 2);
        used += 2;
    }
    memcpy(list + used, name.data, name.len);
    list[used + name.len] = '\0';
}

size_t
bnc_utf8_read(const unsigned char *s, size_t n, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need = s[0] >= 0xf0 && s[0] <= 0xf4  ? 4
                  : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                  : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                                                : 0;
    size_t i;

    *code = 0xfffd;
    if (need == 0 || n < need)
        return 1;
    for (i = 1; i < need; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 1;
    *code = s[0] & (0xffu >> (need + 1));
    for (i = 1; i < need; i++)
        *code = *code << 6 | (s[i] & 0x3f);
    if (*code < least[need] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff)) {
        *code = 0xfffd;
        return 1;
    }
    return need;
}
