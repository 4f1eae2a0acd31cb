/* sheet_print.c - see sheet_print.h */
#include "cli/sheet_print.h"

#include "base/buf.h"
#include "base/json_write.h"
#include "cli/table.h"

#include <math.h>

#define WIDE 10 /* device classes that still are columns */

/* Rounding of the solver, 1e-17 for 0, is not shown. */
static double clean(double value)
{
    double rounded = round(value * 1e6) / 1e6;
    return rounded == 0 ? 0 : rounded;
}

static const char *const limit_names[] = {"devices", "asked", "time", "quota", "budget"};

static double share(const struct fg_sheet *sheet,
                    const struct fg_sheet_answer *answer,
                    size_t work,
                    size_t device)
{
    return clean(fg_sheet_share(sheet, answer, work, device));
}

/* -- in words ---------------------------------------------------------------------------------------------- */

static void objective_text(const struct fg_sheet *sheet,
                           const struct fg_sheet_answer *answer,
                           struct fg_buf *out)
{
    double value = clean(answer->objective);
    switch (sheet->objective) {
    case FG_SHEET_TOTAL:
        fg_buf_printf(out, "total: %g %s", value, sheet->unit);
        return;
    case FG_SHEET_WEIGHTED:
        fg_buf_printf(out, "weighted: %g %s, by weight", value, sheet->unit);
        return;
    case FG_SHEET_MAX_MIN:
        fg_buf_printf(out, "max-min: everybody has at least %g of what is owed by weight",
                      value);
        return;
    case FG_SHEET_BALANCE:
        fg_buf_printf(out, "balance: no class of devices has a load above %g %%",
                      clean(100 * value));
        return;
    case FG_SHEET_MAKESPAN:
        fg_buf_printf(out, "makespan: all is done after %g s", value);
        return;
    default:
        fg_buf_printf(out, "cost: all that is asked for %g USD an hour", value);
    }
}

static const char *limited(const struct fg_sheet *sheet, const struct fg_sheet_bind *bind)
{
    switch (bind->limit) {
    case FG_SHEET_DEVICES:
        return sheet->devices[bind->index].name;
    case FG_SHEET_ASKED:
    case FG_SHEET_TIME:
        return sheet->work[bind->index].name;
    default:
        return sheet->projects[bind->index].name;
    }
}

static void limit_text(const struct fg_sheet *sheet,
                       const struct fg_sheet_bind *bind,
                       struct fg_buf *out)
{
    fg_buf_printf(out, "%s: ", limited(sheet, bind));
    switch (bind->limit) {
    case FG_SHEET_DEVICES:
        fg_buf_printf(out, "all %g busy; one more", sheet->devices[bind->index].count);
        return;
    case FG_SHEET_ASKED:
        fg_buf_printf(out, "has the %s that it asks; one %s more", sheet->unit, sheet->unit);
        return;
    case FG_SHEET_TIME:
        fg_buf_printf(out, "its jobs run all the time; one job more");
        return;
    case FG_SHEET_QUOTA:
        fg_buf_printf(out, "its quota of %g devices is used up; one more",
                      sheet->projects[bind->index].quota_devices);
        return;
    case FG_SHEET_BUDGET:
        fg_buf_printf(out, "its budget of %g USD an hour is used up; one USD more",
                      sheet->projects[bind->index].budget_usd_per_hour);
    }
}

static void gain_text(const struct fg_sheet *sheet, double gain, struct fg_buf *out)
{
    double size = fabs(gain);
    switch (sheet->objective) {
    case FG_SHEET_TOTAL:
    case FG_SHEET_WEIGHTED:
        fg_buf_printf(out, gain > 0 ? " adds %.6g %s" : " takes %.6g %s away", size,
                      sheet->unit);
        return;
    case FG_SHEET_MAX_MIN:
        fg_buf_printf(out, " %s the least by %.6g", gain > 0 ? "raises" : "lowers", size);
        return;
    case FG_SHEET_BALANCE:
        fg_buf_printf(out, " %s the highest load by %.6g %%", gain > 0 ? "lowers" : "raises",
                      100 * size);
        return;
    case FG_SHEET_MAKESPAN:
        fg_buf_printf(out, gain > 0 ? " saves %.6g s" : " costs %.6g s", size);
        return;
    default:
        fg_buf_printf(out, gain > 0 ? " saves %.6g USD an hour" : " costs %.6g USD an hour",
                      size);
    }
}

static void bind_text(const struct fg_sheet *sheet,
                      const struct fg_sheet_bind *bind,
                      struct fg_buf *out)
{
    limit_text(sheet, bind, out);
    gain_text(sheet, bind->gain, out);
}

/* -- tables --------------------------------------------------------------------------------------------------- */

static void print_done(const struct fg_sheet *sheet,
                       const struct fg_sheet_answer *answer,
                       const struct fg_term *term)
{
    struct fg_column columns[FG_TABLE_COLUMNS_MAX] = {
        {"WORK", false, 8}, {"PROJECT", false, 4}, {"ASKED", true, 0}, {"DONE", true, 0}};
    bool wide = sheet->devices_len <= WIDE;
    for (size_t j = 0; wide && j < sheet->devices_len; j++)
        columns[4 + j] = (struct fg_column){sheet->devices[j].name, true, 0};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < sheet->work_len; i++) {
        const struct fg_sheet_work *work = &sheet->work[i];
        fg_table_add(table, FG_BOLD, work->name);
        fg_table_add(table, FG_PLAIN,
                     work->project == SIZE_MAX ? NULL : sheet->projects[work->project].name);
        if (work->demand > 0)
            fg_table_addf(table, "%g", work->demand);
        else
            fg_table_add(table, FG_PLAIN, NULL);
        fg_table_addf(table, "%g", clean(answer->done[i]));
        for (size_t j = 0; wide && j < sheet->devices_len; j++)
            fg_table_addf(table, "%.3g", share(sheet, answer, i, j));
    }
    fg_table_print(table, term, stdout);
}

/* With many classes of devices: a row for each share. */
static void print_shares(const struct fg_sheet *sheet,
                         const struct fg_sheet_answer *answer,
                         const struct fg_term *term)
{
    static const struct fg_column columns[] = {
        {"WORK", false, 8}, {"ON", false, 8}, {"SHARE", true, 0}, {"DEVICES", true, 0}, {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < sheet->work_len; i++)
        for (size_t j = 0; j < sheet->devices_len; j++) {
            double devices = clean(answer->devices[i * sheet->devices_len + j]);
            if (devices <= 0)
                continue;
            fg_table_add(table, FG_BOLD, sheet->work[i].name);
            fg_table_add(table, FG_PLAIN, sheet->devices[j].name);
            fg_table_addf(table, "%.3g", share(sheet, answer, i, j));
            fg_table_addf(table, "%.6g", devices);
        }
    printf("\n");
    fg_table_print(table, term, stdout);
}

static double load_of(const struct fg_sheet *sheet,
                      const struct fg_sheet_answer *answer,
                      size_t j)
{
    return sheet->devices[j].count > 0 ? answer->busy[j] / sheet->devices[j].count : 0;
}

static void print_devices(const struct fg_sheet *sheet,
                          const struct fg_sheet_answer *answer,
                          const struct fg_term *term)
{
    static const struct fg_column columns[] = {{"DEVICES", false, 8}, {"COUNT", true, 0},
                                               {"BUSY", true, 0},     {"LOAD", true, 0},
                                               {"USD/H", true, 0},    {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t j = 0; j < sheet->devices_len; j++) {
        fg_table_add(table, FG_BOLD, sheet->devices[j].name);
        fg_table_addf(table, "%g", sheet->devices[j].count);
        fg_table_addf(table, "%.6g", clean(answer->busy[j]));
        fg_table_addf(table, "%.1f %%", 100 * clean(load_of(sheet, answer, j)));
        fg_table_addf(table, "%.2f", clean(answer->busy[j] * sheet->devices[j].usd_per_hour));
    }
    printf("\n");
    fg_table_print(table, term, stdout);
}

static void print_binds(const struct fg_sheet *sheet, const struct fg_sheet_answer *answer)
{
    printf(answer->binds_len ? "\nwhat binds:\n" : "\nnothing binds\n");
    for (size_t k = 0; k < answer->binds_len; k++) {
        FG_AUTO(fg_buf) struct fg_buf text = {};
        bind_text(sheet, &answer->binds[k], &text);
        printf("  %s\n", text.text);
    }
}

static void print_formulas(const struct fg_sheet *sheet)
{
    const double *w = sheet->priority_weights;
    for (size_t k = 0; k < sheet->priorities_len; k++) {
        const struct fg_sheet_priority *job = &sheet->priorities[k];
        printf("%s: P = %g x %g + %g x %g + %g x %g = %g\n", job->name, w[0], job->value[0],
               w[1], job->value[1], w[2], job->value[2], clean(job->priority));
    }
    for (size_t k = 0; k < sheet->loads_len; k++) {
        const struct fg_sheet_load *load = &sheet->loads[k];
        printf("%s: R = %g, L = R / %g = %g%s\n", load->name, clean(load->used), load->capacity,
               clean(load->load),
               k == sheet->least_loaded ? "  <- lowest: the next task goes here" : "");
    }
}

void fg_sheet_print(const struct fg_sheet *sheet,
                    const struct fg_sheet_answer *answer,
                    const struct fg_term *term)
{
    if (answer) {
        FG_AUTO(fg_buf) struct fg_buf text = {};
        objective_text(sheet, answer, &text);
        printf("%s\n\n", text.text);
        print_done(sheet, answer, term);
        if (sheet->devices_len > WIDE)
            print_shares(sheet, answer, term);
        print_devices(sheet, answer, term);
        print_binds(sheet, answer);
    }
    if (answer && (sheet->priorities_len || sheet->loads_len))
        printf("\n");
    print_formulas(sheet);
}

/* -- JSON ------------------------------------------------------------------------------------------------------- */

static void kv_double(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, clean(value));
}

static void work_json(const struct fg_sheet *sheet,
                      const struct fg_sheet_answer *answer,
                      struct fg_json *json)
{
    fg_json_key(json, "work");
    fg_json_array(json);
    for (size_t i = 0; i < sheet->work_len; i++) {
        const struct fg_sheet_work *work = &sheet->work[i];
        fg_json_object(json);
        fg_json_kv(json, "name", work->name);
        fg_json_kv(json, "project",
                   work->project == SIZE_MAX ? NULL : sheet->projects[work->project].name);
        kv_double(json, "done", answer->done[i]);
        fg_json_key(json, "shares");
        fg_json_object(json);
        for (size_t j = 0; j < sheet->devices_len; j++)
            if (share(sheet, answer, i, j) > 0)
                kv_double(json, sheet->devices[j].name, share(sheet, answer, i, j));
        fg_json_end(json);
        fg_json_key(json, "devices");
        fg_json_object(json);
        for (size_t j = 0; j < sheet->devices_len; j++)
            if (clean(answer->devices[i * sheet->devices_len + j]) > 0)
                kv_double(json, sheet->devices[j].name,
                          answer->devices[i * sheet->devices_len + j]);
        fg_json_end(json);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void devices_json(const struct fg_sheet *sheet,
                         const struct fg_sheet_answer *answer,
                         struct fg_json *json)
{
    fg_json_key(json, "devices");
    fg_json_array(json);
    for (size_t j = 0; j < sheet->devices_len; j++) {
        fg_json_object(json);
        fg_json_kv(json, "name", sheet->devices[j].name);
        kv_double(json, "count", sheet->devices[j].count);
        kv_double(json, "busy", answer->busy[j]);
        kv_double(json, "load", load_of(sheet, answer, j));
        kv_double(json, "usd_per_hour", answer->busy[j] * sheet->devices[j].usd_per_hour);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void binds_json(const struct fg_sheet *sheet,
                       const struct fg_sheet_answer *answer,
                       struct fg_json *json)
{
    fg_json_key(json, "binds");
    fg_json_array(json);
    for (size_t k = 0; k < answer->binds_len; k++) {
        const struct fg_sheet_bind *bind = &answer->binds[k];
        FG_AUTO(fg_buf) struct fg_buf text = {};
        bind_text(sheet, bind, &text);
        fg_json_object(json);
        fg_json_kv(json, "limit", limit_names[bind->limit]);
        fg_json_kv(json, "name", limited(sheet, bind));
        kv_double(json, "gain", bind->gain);
        fg_json_kv(json, "text", text.text);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void answer_json(const struct fg_sheet *sheet,
                        const struct fg_sheet_answer *answer,
                        struct fg_json *json)
{
    fg_json_kv(json, "objective", fg_sheet_objective_name(sheet->objective));
    kv_double(json, "value", answer->objective);
    fg_json_kv(json, "unit", sheet->unit);
    kv_double(json, "usd_per_hour", answer->usd_per_hour);
    work_json(sheet, answer, json);
    devices_json(sheet, answer, json);
    binds_json(sheet, answer, json);
}

static void formulas_json(const struct fg_sheet *sheet, struct fg_json *json)
{
    fg_json_key(json, "priority");
    fg_json_object(json);
    for (size_t k = 0; k < sheet->priorities_len; k++)
        kv_double(json, sheet->priorities[k].name, sheet->priorities[k].priority);
    fg_json_end(json);
    fg_json_key(json, "load");
    fg_json_object(json);
    for (size_t k = 0; k < sheet->loads_len; k++)
        kv_double(json, sheet->loads[k].name, sheet->loads[k].load);
    fg_json_end(json);
    fg_json_kv(json, "least_loaded",
               sheet->loads_len ? sheet->loads[sheet->least_loaded].name : NULL);
}

void fg_sheet_print_json(const struct fg_sheet *sheet, const struct fg_sheet_answer *answer)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_json json = {.buf = &out};
    fg_json_object(&json);
    if (answer)
        answer_json(sheet, answer, &json);
    formulas_json(sheet, &json);
    fg_json_end(&json);
    printf("%s\n", out.text);
}
