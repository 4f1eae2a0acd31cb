/* uuid.h - names that nobody else makes: UUIDs of version 4 (RFC 9562). */
#pragma once

#include <stdbool.h>

#define FG_UUID_MAX 37 /* 36 characters and the final 0 */

void fg_uuid_make(char out[FG_UUID_MAX]); /* random; lower case */
bool fg_uuid_is(
    const char *text); /* 36 characters of the form, of any version, in lower case */
