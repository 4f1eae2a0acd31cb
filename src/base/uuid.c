/* uuid.c - see uuid.h */
#include "base/uuid.h"

#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void fg_uuid_make(char out[FG_UUID_MAX])
{
    uint8_t bits[16];
    char hex[33];
    randombytes_buf(bits, sizeof(bits));
    bits[6] = (uint8_t)((bits[6] & 0x0f) | 0x40);
    bits[8] = (uint8_t)((bits[8] & 0x3f) | 0x80);
    sodium_bin2hex(hex, sizeof(hex), bits, sizeof(bits));
    snprintf(out, FG_UUID_MAX, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
}

bool fg_uuid_is(const char *text)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    bool is_good = strlen(text) == sizeof(form) - 1;
    for (size_t i = 0; is_good && form[i]; i++)
        is_good = form[i] == '-' ? text[i] == '-' : strchr("0123456789abcdef", text[i]) != NULL;
    return is_good;
}
