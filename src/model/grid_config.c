/* grid_config.c - see grid_config.h */
#include "model/grid_config.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

#define GRAMS_MAX 100'000.0
#define USD_MAX   1'000.0

/* Whole units of `unit` of the number. */
static int read_number(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       double max,
                       double unit,
                       int64_t *out)
{
    if (doc->kind != FG_DOC_INT && doc->kind != FG_DOC_REAL)
        return fg_read_fail(reader, doc, "%s, expected a number", fg_doc_kind_name(doc->kind));
    if (!(fabs(doc->real) <= max))
        return fg_read_fail(reader, doc, "%g, expected a number up to %g", doc->real, max);
    *out = llround(doc->real * unit);
    return 0;
}

static int read_profile(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        double unit,
                        struct fg_grid_profile *out)
{
    size_t len = 0;
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    if (rc == 0 && doc->len != 24 && doc->len != FG_GRID_WEEK)
        return fg_read_fail(reader, doc,
                            "%zu numbers, expected 24 of a day or 168 of a week from Monday on",
                            doc->len);
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next) {
        size_t mark = fg_read_enter_at(reader, len);
        rc = read_number(reader, child, unit > 1 ? USD_MAX : GRAMS_MAX, unit,
                         &out->values[len++]);
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    if (rc == 0)
        out->len = len;
    return rc;
}

static int copy_text(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     char *out,
                     size_t size)
{
    const char *text;
    int rc = fg_read_text(reader, doc, size - 1, &text);
    if (rc == 0)
        fg_copy(out, size, text);
    return rc;
}

/* Letters, digits and - alone: it becomes a line of the request. */
static bool is_header(const char *name)
{
    return name[0]
           && name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-")]
                  == '\0';
}

static int read_member(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_grid_source *out)
{
    static const char *const names[] = {"url",    "token_file", "token_header",
                                        "values", "times",      "scale"};
    const struct {
        char *text;
        size_t size;
    } fields[] = {
        {out->url, sizeof(out->url)},
        {out->token_file, sizeof(out->token_file)},
        {out->token_header, sizeof(out->token_header)},
        {out->values, sizeof(out->values)},
        {out->times, sizeof(out->times)},
    };
    size_t at = 0;
    while (at < 6 && strcmp(names[at], doc->key) != 0)
        at++;
    if (at == 6)
        return fg_read_fail_unknown(reader, doc, names, 6);
    size_t mark = fg_read_enter(reader, doc->key);
    int rc = at == 5 ? read_number(reader, doc, 1e6, 1e6, &out->scale_micro)
                     : copy_text(reader, doc, fields[at].text, fields[at].size);
    if (rc == 0 && at == 0 && strncmp(out->url, "https://", 8) != 0
        && strncmp(out->url, "http://", 7) != 0)
        rc = fg_read_fail(reader, doc, "expected https://... or http://...");
    if (rc == 0 && at == 2 && !is_header(out->token_header))
        rc = fg_read_fail(reader, doc, "expected the name of an HTTP header");
    if (rc == 0)
        fg_read_leave(reader, mark);
    return rc;
}

static int read_source(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_grid_source *out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next)
        rc = read_member(reader, child, out);
    if (rc == 0 && (!out->url[0] || !out->values[0]))
        rc = fg_read_fail(reader, doc, "%s: missing, expected where the numbers are",
                          out->url[0] ? "values" : "url");
    if (rc == 0 && !out->token_header[0])
        fg_copy(out->token_header, sizeof(out->token_header), "Authorization");
    if (rc == 0 && out->scale_micro == 0)
        out->scale_micro = 1'000'000;
    return rc;
}

int fg_grid_config_read(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct fg_grid_config *out)
{
    static const char *const names[] = {"carbon", "price", "carbon_hours", "price_hours"};
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next) {
        size_t at = 0;
        while (at < 4 && strcmp(names[at], child->key) != 0)
            at++;
        if (at == 4)
            return fg_read_fail_unknown(reader, child, names, 4);
        size_t mark = fg_read_enter(reader, child->key);
        rc = at == 0   ? read_source(reader, child, &out->carbon)
             : at == 1 ? read_source(reader, child, &out->price)
             : at == 2 ? read_profile(reader, child, 1, &out->carbon_hours)
                       : read_profile(reader, child, 1e6, &out->price_hours);
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    return rc;
}

void fg_grid_config_print_reference(FILE *out)
{
    fputs("\n## Grid\n\nWhat a kilowatt hour costs and emits by the hour ([energy.md]"
          "(energy.md#jobs-that-can-wait)); members of `grid`:\n\n"
          "| member | meaning |\n|---|---|\n"
          "| `carbon_hours` | g CO2 a kWh: 24 numbers of a day, or 168 of a week from Monday "
          "0:00 on, in this machine's time zone |\n"
          "| `price_hours` | USD a kWh, likewise |\n"
          "| `carbon` | a source that is asked every `grid_every_s`, before `carbon_hours` |\n"
          "| `price` | the same for prices |\n\n"
          "Members of a source, JSON from a URL:\n\n"
          "| member | meaning |\n|---|---|\n"
          "| `url` | `{now}` in it is the moment as `2026-11-21T02:30Z` |\n"
          "| `values` | where the numbers are: names with a dot between, `[]` behind a list, "
          "like `data[].intensity.forecast` |\n"
          "| `times` | where their moments are, in the same list; without it one number is of "
          "now, and those of a list of the hours from now on |\n"
          "| `scale` | numbers times this are g, or USD, a kWh; default 1 |\n"
          "| `token_file`, `token_header` | the first line of that file goes into that header; "
          "default `Authorization` |\n",
          out);
}
