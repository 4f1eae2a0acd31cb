/* when.c - see when.h */
#include "demand/when.h"

int fg_when_read(struct fg_field field,
                 const char *name,
                 struct fg_when *out,
                 struct fg_err *err)
{
    out->is_index = fg_field_int(field, &out->time) && out->time >= -FG_WHEN_INDEX_MAX
                    && out->time <= FG_WHEN_INDEX_MAX;
    return out->is_index ? 0 : fg_field_moment(field, name, &out->time, err);
}
