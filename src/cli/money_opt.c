/* money_opt.c - see money_opt.h */
#include "cli/money_opt.h"

#include <math.h>
#include <stdlib.h>

#define USD_MAX 1e9

int fg_cli_usd(const struct fg_cli *cli,
               const char *name,
               int64_t otherwise,
               int64_t *out_uusd,
               struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, name);
    char *end;
    *out_uusd = otherwise;
    if (!text)
        return 0;
    double usd = strtod(text, &end);
    if (end == text || *end || !(usd >= 0 && usd <= USD_MAX))
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected US dollars, up to %.0f", name,
                       text, USD_MAX);
    *out_uusd = llround(usd * 1e6);
    return 0;
}
