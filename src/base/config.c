/* config.c - see config.h */
#include "base/config.h"


#define X(key, def, min, max, unit, text)                                                      \
    _Static_assert((min) <= (def) && (def) <= (max), #key ": default is out of range");
#include "base/config.def"
#undef X

void fg_config_defaults(struct fg_config *config)
{
#define X(key, def, min, max, unit, text) config->key = (def);
#include "base/config.def"
#undef X
}

void fg_config_print_reference(FILE *out)
{
#define X(key, def, min, max, unit, text)                                                      \
    fprintf(out, "| `%s` | %lld | %lld .. %lld | %s | %s |\n", #key, (long long)(def), (long long)(min), (long long)(max), unit, text);
#include "base/config.def"
#undef X
}
