/* case_options.c - the options of a case, YAML; see case.h and docs/planning.md */
#include "plan/case.h"

#include "base/clock.h"
#include "base/doc_read.h"
#include "supply/accelerator.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define YEARS_US  315'360'000'000'000 /* ten */
#define GAP       0.001
#define SECONDS   10
#define KINDS_MAX 64
#define WAIT_UUSD 1000 /* a tenth of a cent an hour: nothing waits that saves nothing */

struct options {
    struct fg_doc_reader reader;
    struct fg_case *out;
};

typedef int read_member(struct options *options, const struct fg_doc *doc);

/* A number times `scale`, rounded. */
static int scaled(
    struct options *options, const struct fg_doc *doc, double max, double scale, int64_t *out)
{
    bool is_number = doc->kind == FG_DOC_INT || doc->kind == FG_DOC_REAL;
    if (!is_number || !(doc->real >= 0 && doc->real <= max))
        return fg_read_fail(&options->reader, doc, "%s, expected a number from 0 to %g",
                            is_number ? "out of bounds" : fg_doc_kind_name(doc->kind), max);
    *out = llround(doc->real * scale);
    return 0;
}

static int usd(struct options *options, const struct fg_doc *doc, int64_t *out)
{
    return scaled(options, doc, 1e12, 1e6, out);
}

static int milli(struct options *options, const struct fg_doc *doc, double max, uint32_t *out)
{
    int64_t value = 0;
    int rc = scaled(options, doc, max, 1000, &value);
    if (rc == 0)
        *out = (uint32_t)value;
    return rc;
}

static int read_period(struct options *options, const struct fg_doc *doc)
{
    return fg_read_duration(&options->reader, doc, YEARS_US, &options->out->period_us);
}

static int read_periods(struct options *options, const struct fg_doc *doc)
{
    int64_t periods = 0;
    int rc = fg_read_int(&options->reader, doc, 1, FG_PROCURE_PERIODS_MAX, &periods);
    if (rc == 0)
        options->out->periods = (uint32_t)periods;
    return rc;
}

static int read_budget(struct options *options, const struct fg_doc *doc)
{
    return usd(options, doc, &options->out->limits.budget_uusd);
}

static int read_budgets(struct options *options, const struct fg_doc *doc)
{
    if (doc->kind != FG_DOC_LIST)
        return usd(options, doc, &options->out->budget_per_period_uusd);
    int64_t *budgets = FG_NEW(options->reader.arena, int64_t, doc->len + 1);
    size_t at = 0;
    for (const struct fg_doc *element = doc->first; element; element = element->next) {
        size_t mark = fg_read_enter_at(&options->reader, at);
        int rc = usd(options, element, &budgets[at++]);
        if (rc < 0)
            return rc;
        fg_read_leave(&options->reader, mark);
    }
    options->out->budgets_uusd = budgets;
    options->out->budgets_len = (uint32_t)doc->len;
    return 0;
}

static int read_over_budget(struct options *options, const struct fg_doc *doc)
{
    return milli(options, doc, 1000, &options->out->limits.over_budget_milli);
}

static int read_unmet(struct options *options, const struct fg_doc *doc)
{
    return scaled(options, doc, 1e6, 1e6, &options->out->unmet_uusd_per_hour);
}

static int read_wait_price(struct options *options, const struct fg_doc *doc)
{
    return scaled(options, doc, 1e6, 1e6, &options->out->wait_uusd_per_hour);
}

static int read_supplier_share(struct options *options, const struct fg_doc *doc)
{
    return milli(options, doc, 1, &options->out->limits.supplier_share_milli);
}

static int read_spot_share(struct options *options, const struct fg_doc *doc)
{
    return milli(options, doc, 1, &options->out->limits.spot_share_milli);
}

static int read_quantile(struct options *options, const struct fg_doc *doc)
{
    return milli(options, doc, 1, &options->out->limits.served_quantile_milli);
}

static int read_alpha(struct options *options, const struct fg_doc *doc)
{
    return milli(options, doc, 0.999, &options->out->limits.cvar_alpha_milli);
}

static int read_weight(struct options *options, const struct fg_doc *doc)
{
    return milli(options, doc, 1000, &options->out->limits.cvar_weight_milli);
}

static int read_bound(struct options *options, const struct fg_doc *doc)
{
    return usd(options, doc, &options->out->limits.cvar_bound_uusd);
}

static int read_carbon(struct options *options, const struct fg_doc *doc)
{
    return scaled(options, doc, 1e6, 1e6, &options->out->prices.carbon_uusd_per_tonne);
}

static int read_power(struct options *options, const struct fg_doc *doc)
{
    return scaled(options, doc, 1e3, 1e6, &options->out->prices.power_uusd_per_kwh);
}

static int read_reclaim(struct options *options, const struct fg_doc *doc)
{
    return fg_read_duration(&options->reader, doc, YEARS_US, &options->out->prices.reclaim_us);
}

static int read_residual(struct options *options, const struct fg_doc *doc)
{
    return milli(options, doc, 1, &options->out->prices.residual_milli);
}

static int read_tail(struct options *options, const struct fg_doc *doc)
{
    return milli(options, doc, 1, &options->out->prices.tail_milli);
}

static int read_gap(struct options *options, const struct fg_doc *doc)
{
    int64_t millionths = 0;
    int rc = scaled(options, doc, 1, 1e9, &millionths);
    if (rc == 0)
        options->out->gap = fmax((double)millionths / 1e9, 1e-9);
    return rc;
}

static int read_seconds(struct options *options, const struct fg_doc *doc)
{
    int64_t thousandths = 0;
    int rc = scaled(options, doc, 86400, 1000, &thousandths);
    if (rc == 0)
        options->out->seconds = (double)thousandths / 1000;
    return rc;
}

/* -- maps --------------------------------------------------------------------------------------------------------- */

struct member {
    const char *name;
    read_member *read;
};

#define MEMBERS_MAX 24

static int read_map(struct options *options,
                    const struct fg_doc *doc,
                    const struct member *members)
{
    const char *names[MEMBERS_MAX];
    size_t len = 0;
    for (; members[len].name; len++)
        names[len] = members[len].name;
    int rc = fg_read_kind(&options->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *child = rc == 0 ? doc->first : NULL; child && rc == 0;
         child = child->next) {
        size_t i = 0;
        while (i < len && strcmp(names[i], child->key) != 0)
            i++;
        if (i == len)
            return fg_read_fail_unknown(&options->reader, child, names, len);
        size_t mark = fg_read_enter(&options->reader, child->key);
        rc = members[i].read(options, child);
        if (rc == 0)
            fg_read_leave(&options->reader, mark);
    }
    return rc;
}

static int read_cvar(struct options *options, const struct fg_doc *doc)
{
    static const struct member members[] = {
        {"alpha", read_alpha}, {"weight", read_weight}, {"bound", read_bound}, {}};
    int rc = read_map(options, doc, members);
    if (rc == 0 && !options->out->limits.cvar_alpha_milli)
        rc = fg_read_fail(&options->reader, doc, "no alpha, expected one as 0.95");
    return rc;
}

static int read_kind(struct options *options,
                     const struct fg_doc *doc,
                     struct fg_case_class *class,
                     struct fg_case_kind *kinds)
{
    struct fg_case_kind *kind = &kinds[class->kinds_len];
    fg_accelerator_general(doc->key, kind->kind);
    if (!kind->kind[0])
        return fg_read_fail(&options->reader, doc, "no accelerator kind, expected one as h100");
    if (class->kinds_len == KINDS_MAX)
        return fg_read_fail(&options->reader, doc, "more than %d kinds", KINDS_MAX);
    for (uint32_t i = 0; i < class->kinds_len; i++)
        if (strcmp(kinds[i].kind, kind->kind) == 0)
            return fg_read_fail(&options->reader, doc, "the same kind as another, %s",
                                kind->kind);
    int64_t rate = 0;
    int rc = scaled(options, doc, FG_RATE_MILLI_MAX / 1000.0, 1000, &rate);
    if (rc == 0 && rate < 1)
        rc = fg_read_fail(&options->reader, doc,
                          "0, expected how much of a unit one device does");
    if (rc == 0) {
        kind->rate_milli = (uint32_t)rate;
        class->kinds_len++;
    }
    return rc;
}

/* {6h: 0.2, 1d: 0.1}: how long, and what share of the demand. */
static int read_waits(struct options *options,
                      const struct fg_doc *doc,
                      struct fg_case_class *class)
{
    uint32_t sum = 0;
    int rc = fg_read_kind(&options->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *child = rc == 0 ? doc->first : NULL; child && rc == 0;
         child = child->next) {
        struct fg_case_wait *wait = &class->waits[class->waits_len];
        size_t mark = fg_read_enter(&options->reader, child->key);
        if (class->waits_len == FG_CASE_WAITS_MAX)
            return fg_read_fail(&options->reader, child, "one too many, expected at most %d",
                                FG_CASE_WAITS_MAX);
        if (fg_duration_parse(child->key, &wait->slack_us) < 0 || wait->slack_us <= 0
            || wait->slack_us > YEARS_US)
            return fg_read_fail(&options->reader, child,
                                "no duration, expected how long it may wait, as 6h: 0.2");
        rc = milli(options, child, 1, &wait->share_milli);
        sum += wait->share_milli;
        if (rc == 0 && sum > FG_WHOLE_MILLI)
            rc = fg_read_fail(&options->reader, child, "shares sum to %g, expected at most 1",
                              sum / 1000.0);
        class->waits_len += wait->share_milli > 0;
        if (rc == 0)
            fg_read_leave(&options->reader, mark);
    }
    return rc;
}

static int read_class_member(struct options *options,
                             const struct fg_doc *doc,
                             struct fg_case_class *class,
                             struct fg_case_kind *kinds)
{
    int64_t devices = 0;
    if (strcmp(doc->key, "unmet_price") == 0)
        return scaled(options, doc, 1e6, 1e6, &class->class.unmet_uusd_per_hour);
    if (strcmp(doc->key, "may_wait") == 0)
        return read_waits(options, doc, class);
    if (strcmp(doc->key, "at_once") != 0)
        return read_kind(options, doc, class, kinds);
    int rc = fg_read_int(&options->reader, doc, 1, FG_NODE_DEVICES_MAX, &devices);
    if (rc == 0)
        class->class.at_once = (uint32_t)devices;
    return rc;
}

static int read_class(struct options *options, const struct fg_doc *doc)
{
    struct fg_case *out = options->out;
    struct fg_case_kind *kinds =
        FG_NEW(options->reader.arena, struct fg_case_kind, KINDS_MAX + 1);
    if (out->classes_len == FG_PROCURE_CLASSES_MAX)
        return fg_read_fail(&options->reader, doc, "more than %d classes",
                            FG_PROCURE_CLASSES_MAX);
    if (strlen(doc->key) >= FG_NAME_MAX || !doc->key[0])
        return fg_read_fail(&options->reader, doc, "a name of 1 to %d bytes expected",
                            FG_NAME_MAX - 1);
    struct fg_case_class *class = &out->classes[out->classes_len++];
    *class = (struct fg_case_class){.kinds = kinds};
    snprintf(class->class.name, FG_NAME_MAX, "%s", doc->key);
    int rc = fg_read_kind(&options->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *child = rc == 0 ? doc->first : NULL; child && rc == 0;
         child = child->next) {
        size_t mark = fg_read_enter(&options->reader, child->key);
        rc = read_class_member(options, child, class, kinds);
        if (rc == 0)
            fg_read_leave(&options->reader, mark);
    }
    if (rc == 0 && !class->kinds_len) { /* by its name */
        fg_accelerator_general(class->class.name, kinds[0].kind);
        kinds[0].rate_milli = 1000;
        class->kinds_len = 1;
    }
    return rc;
}

static int read_classes(struct options *options, const struct fg_doc *doc)
{
    int rc = fg_read_kind(&options->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *child = rc == 0 ? doc->first : NULL; child && rc == 0;
         child = child->next) {
        size_t mark = fg_read_enter(&options->reader, child->key);
        rc = read_class(options, child);
        if (rc == 0)
            fg_read_leave(&options->reader, mark);
    }
    return rc;
}

static const struct member members[] = {
    {"period", read_period},
    {"periods", read_periods},
    {"budget", read_budget},
    {"budget_per_period", read_budgets},
    {"over_budget", read_over_budget},
    {"unmet_price", read_unmet},
    {"wait_price", read_wait_price},
    {"supplier_share", read_supplier_share},
    {"spot_share", read_spot_share},
    {"served_quantile", read_quantile},
    {"cvar", read_cvar},
    {"carbon_price", read_carbon},
    {"power_price", read_power},
    {"reclaim", read_reclaim},
    {"residual", read_residual},
    {"tail", read_tail},
    {"gap", read_gap},
    {"seconds", read_seconds},
    {"classes", read_classes},
    {},
};

static void put_defaults(struct fg_arena *arena, struct fg_case *out)
{
    struct fg_procure_problem defaults = {};
    fg_procure_defaults(&defaults);
    *out = (struct fg_case){.budget_per_period_uusd = INT64_MAX,
                            .wait_uusd_per_hour = WAIT_UUSD,
                            .gap = GAP,
                            .seconds = SECONDS,
                            .limits = defaults.limits,
                            .prices = defaults.prices};
    out->classes = FG_NEW(arena, struct fg_case_class, FG_PROCURE_CLASSES_MAX);
}

int fg_case_read_options(const char *bytes,
                         size_t len,
                         const char *file_name,
                         struct fg_arena *arena,
                         struct fg_case *out,
                         struct fg_err *err)
{
    struct options options = {
        .reader = {.arena = arena, .file_name = file_name, .err = err, .text_left = len},
        .out = out};
    const struct fg_doc *root;
    put_defaults(arena, out);
    if (!len)
        return 0;
    if (len > FG_SPEC_BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%s: %zu bytes, expected at most %d", file_name, len,
                       FG_SPEC_BYTES_MAX);
    int rc = fg_doc_yaml(bytes, len, arena, &root, err);
    if (rc < 0)
        return fg_read_name_file(file_name, rc, err);
    return root->kind == FG_DOC_NULL ? 0 : read_map(&options, root, members);
}

size_t fg_case_room(size_t options_len, size_t demand_len)
{
    size_t classes =
        FG_PROCURE_CLASSES_MAX
        * (sizeof(struct fg_case_class) + (KINDS_MAX + 1) * sizeof(struct fg_case_kind));
    return fg_doc_room(options_len) + fg_doc_room(demand_len) + 16 * options_len + 2 * classes
           + 64 * demand_len + 2 * (size_t)FG_PROCURE_CELLS_MAX * sizeof(double)
           + ((size_t)64 << 20);
}
