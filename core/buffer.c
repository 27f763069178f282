/*
 * buffer.c - a string that grows, for tables and JSON. It knows an allocator and nothing else.
 */
#include "rules.h"

#include <string.h>

void
bnc_buffer_init(bnc_buffer *buffer, const bnc_allocator *allocator)
{
    memset(buffer, 0, sizeof(*buffer));
    buffer->allocator = allocator;
}

void
bnc_buffer_add(bnc_buffer *buffer, const void *data, size_t len)
{
    size_t room;
    void *grown;

    if (buffer->failed || len == 0)
        return;
    if (len > buffer->room - buffer->len) {
        if (len > SIZE_MAX / 4 || buffer->room > SIZE_MAX / 4) {
            buffer->failed = true;
            return;
        }
        room = (buffer->room + len) * 2;
        grown = buffer->allocator->resize(buffer->allocator->context, buffer->data, room);
        if (grown == NULL) {
            buffer->failed = true;
            return;
        }
        buffer->data = grown;
        buffer->room = room;
    }
    memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
}

void
bnc_buffer_release(bnc_buffer *buffer)
{
    if (buffer->data != NULL)
        buffer->allocator->release(buffer->allocator->context, buffer->data);
    buffer->data = NULL;
    buffer->len = buffer->room = 0;
}
