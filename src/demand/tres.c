/* tres.c - see tres.h */
#include "demand/tres.h"

#include <string.h>

/* "16G", "4096M", "1T", "512000K" in MiB. */
static int64_t tres_mib(struct fg_field field)
{
    int64_t micro, mib;
    char unit = field.len ? field.text[field.len - 1] : 'M';
    if (unit < '0' || unit > '9')
        field.len--;
    if (!fg_field_micro(field, &micro) || micro < 0)
        return 0;
    switch (unit) {
    case 'K':
        mib = micro / 1024 / 1'000'000;
        break;
    case 'G':
        mib = micro / 1000 * 1024 / 1000;
        break;
    case 'T':
        mib = micro / 1'000'000 * 1024 * 1024;
        break;
    default:
        mib = micro / 1'000'000;
    }
    return mib < 0 || mib > FG_MEM_GIB_MAX * 1024LL * FG_TASKS_MAX ? 0 : mib;
}

static bool begins(struct fg_field field, const char *prefix)
{
    size_t len = strlen(prefix);
    return field.len >= len && memcmp(field.text, prefix, len) == 0;
}

static struct fg_field after(struct fg_field field, size_t len)
{
    return (struct fg_field){field.text + len, field.len - len};
}

/* "gpu:a100=4": the kind, and the count with it. */
static void typed_gpus(struct fg_field field, struct fg_tres *tres)
{
    const char *equal = memchr(field.text, '=', field.len);
    size_t kind = equal ? (size_t)(equal - field.text) : 0;
    if (kind == 0 || kind >= FG_KIND_MAX)
        return;
    int64_t gpus;
    if (!fg_field_int(after(field, kind + 1), &gpus))
        return;
    tres->gpus = gpus;
    memset(tres->kind, 0, sizeof(tres->kind));
    for (size_t i = 0; i < kind; i++) {
        char c = field.text[i];
        tres->kind[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
}

struct fg_tres fg_tres_read(struct fg_field field)
{
    struct fg_tres tres = {};
    struct fg_field parts[FG_FIELDS_MAX];
    size_t len = fg_fields_split(field, ',', parts);
    for (size_t i = 0; i < len && i < FG_FIELDS_MAX; i++) {
        if (begins(parts[i], "cpu="))
            (void)fg_field_int(after(parts[i], 4), &tres.cpus);
        else if (begins(parts[i], "mem="))
            tres.mem_mib = tres_mib(after(parts[i], 4));
        else if (begins(parts[i], "gres/gpu=") && tres.gpus == 0)
            (void)fg_field_int(after(parts[i], 9), &tres.gpus);
        else if (begins(parts[i], "gres/gpu:"))
            typed_gpus(after(parts[i], 9), &tres);
    }
    return tres;
}
