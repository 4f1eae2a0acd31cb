/* reading.c - see reading.h */
#include "model/reading.h"

#include <string.h>

enum { LEVEL, COUNT };

const struct fg_reading_kind fg_reading_kinds[FG_READINGS_LEN] = {
#define X(id, name, unit, kind, dcgm, meaning) {name, unit, dcgm, meaning, (kind) == COUNT},
#include "model/reading.def"
#undef X
};

enum fg_reading fg_reading_find(const char *name)
{
    for (int i = 0; i < FG_READINGS_LEN; i++)
        if (strcmp(fg_reading_kinds[i].name, name) == 0)
            return (enum fg_reading)i;
    return FG_READINGS_LEN;
}
