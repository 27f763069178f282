/*
 * message.c - parts of messages; see message.h.
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
