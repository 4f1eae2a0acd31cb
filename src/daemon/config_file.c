/* config_file.c - see config_file.h */
#include "daemon/config_file.h"

#include "base/arena.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fg_config_file_read(struct fg_service_config *out, const char *path, struct fg_err *err)
{
    fg_service_config_defaults(out);
    if (!path)
        return 0;
    FG_AUTO(fg_file) FILE *in = fopen(path, "re");
    if (!in)
        return fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM + FG_CONFIG_BYTES_MAX + 4096);
    char *bytes = FG_NEW(arena, char, FG_CONFIG_BYTES_MAX + 1);
    size_t len = fread(bytes, 1, FG_CONFIG_BYTES_MAX + 1, in);
    if (ferror(in))
        return fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    return fg_service_config_parse(bytes, len, path, arena, out, err);
}
