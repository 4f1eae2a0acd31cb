/* export.c - see export.h */
#include "api/export.h"

#include <string.h>

static const char *const types[][2] = {
    [FG_METRIC_GAUGE] = {"gauge", "gauge"},
    [FG_METRIC_COUNTER] = {"counter", "counter"},
    [FG_METRIC_HISTOGRAM] = {"histogram", "histogram"},
    [FG_METRIC_INFO] = {"gauge", "info"},
    [FG_METRIC_UNKNOWN] = {"untyped", "unknown"},
};

/* What each sample of such a family ends in. */
static const char *ending(enum fg_metric_type type)
{
    return type == FG_METRIC_COUNTER ? "_total" : type == FG_METRIC_INFO ? "_info" : "";
}

void fg_export_family(struct fg_metric_text *to,
                      const char *name,
                      enum fg_metric_type type,
                      const char *unit,
                      const char *help)
{
    /* In OpenMetrics a family is named without the ending of its samples. */
    const char *end = to->is_open ? "" : ending(type);
    to->name = name;
    to->type = type;
    fg_buf_printf(to->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, end, help, name, end,
                  types[type][to->is_open]);
    if (to->is_open && unit[0])
        fg_buf_printf(to->out, "# UNIT %s %s\n", name, unit);
}

void fg_export_sample(struct fg_metric_text *to, const char *suffix)
{
    fg_buf_puts(to->out, to->name);
    fg_buf_puts(to->out, suffix[0] ? suffix : ending(to->type));
    to->has_labels = false;
}

void fg_export_label(struct fg_metric_text *to, const char *key, const char *value)
{
    fg_buf_puts(to->out, to->has_labels ? "," : "{");
    fg_buf_puts(to->out, key);
    fg_buf_puts(to->out, "=\"");
    to->has_labels = true;
    while (*value) {
        size_t plain = strcspn(value, "\\\"\n");
        fg_buf_add(to->out, value, plain);
        value += plain;
        if (*value)
            fg_buf_puts(to->out, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
        value += *value != 0;
    }
    fg_buf_puts(to->out, "\"");
}

void fg_export_value(struct fg_metric_text *to, double value)
{
    fg_buf_printf(to->out, "%s %.15g\n", to->has_labels ? "}" : "", value);
}

void fg_export_one(struct fg_metric_text *to,
                   const char *name,
                   enum fg_metric_type type,
                   const char *unit,
                   const char *help,
                   double value)
{
    fg_export_family(to, name, type, unit, help);
    fg_export_sample(to, "");
    fg_export_value(to, value);
}

void fg_export_end(struct fg_metric_text *to)
{
    if (to->is_open)
        fg_buf_puts(to->out, "# EOF\n");
}
