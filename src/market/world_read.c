/* world_read.c - see world_read.h */
#include "market/world_read.h"

#include "base/doc_read.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define PATH_MAX_LEN 4095
#define BYTES_MAX    (1UL << 20)

struct input {
    const struct fg_market_reading *reading;
    struct fg_doc_reader reader;
    struct fg_arena *arena;
    struct fg_market_world *world;
    struct fg_market_level level; /* of the class that is being read */
    struct fg_market_series series;
    const char *demand, *format, *asked;
};

typedef int read_member(struct input *input, const struct fg_doc *doc);
struct member {
    const char *name;
    read_member *read;
};

static int read_members(struct input *input,
                        const struct fg_doc *doc,
                        const struct member *members,
                        size_t len)
{
    const char *names[16];
    for (size_t i = 0; i < len; i++)
        names[i] = members[i].name;
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t i = 0;
        while (i < len && strcmp(at->key, members[i].name) != 0)
            i++;
        if (i == len)
            return fg_read_fail_unknown(&input->reader, at, names, len);
        size_t mark = fg_read_enter(&input->reader, at->key);
        rc = members[i].read(input, at);
        fg_read_leave(&input->reader, mark);
    }
    return rc;
}

static int read_number(
    struct input *input, const struct fg_doc *doc, double min, double max, double *out)
{
    bool is_number = doc->kind == FG_DOC_INT || doc->kind == FG_DOC_REAL;
    if (!is_number || !(doc->real >= min && doc->real <= max))
        return fg_read_fail(&input->reader, doc, "expected a number from %g to %g", min, max);
    *out = doc->real;
    return 0;
}

/* A file that is named here. */
static int open_file(struct input *input,
                     const struct fg_doc *doc,
                     const char *path,
                     const char **out_bytes,
                     size_t *out_len)
{
    int rc = input->reading->open(input->reading->self, path, input->arena, out_bytes, out_len,
                                  input->reader.err);
    return rc < 0 ? fg_read_wrap(&input->reader, doc, rc) : 0;
}

/* The bytes of the file that `doc` names. */
static int open_named(struct input *input,
                      const struct fg_doc *doc,
                      const char **out_bytes,
                      size_t *out_len)
{
    const char *path = "";
    int rc = fg_read_text(&input->reader, doc, PATH_MAX_LEN, &path);
    return rc < 0 ? rc : open_file(input, doc, path, out_bytes, out_len);
}

/* -- prices, spot, terms ------------------------------------------------------------------------------------ */

static int read_prices(struct input *input, const struct fg_doc *doc)
{
    const char *bytes = NULL;
    size_t len = 0;
    int rc = open_named(input, doc, &bytes, &len);
    if (rc < 0)
        return rc;
    rc = fg_market_read_prices(input->arena, bytes, len, input->world, input->reader.err);
    return rc < 0 ? fg_read_wrap(&input->reader, doc, rc) : 0;
}

static int read_trace(struct input *input, const struct fg_doc *doc)
{
    const char *bytes = NULL;
    size_t len = 0;
    int rc = open_named(input, doc, &bytes, &len);
    if (rc < 0)
        return rc;
    rc =
        fg_market_read_spot(input->arena, bytes, len,
                            &input->world->traces[input->world->traces_len], input->reader.err);
    if (rc < 0)
        return fg_read_wrap(&input->reader, doc, rc);
    input->world->traces_len++;
    return 0;
}

static int read_spot(struct input *input, const struct fg_doc *doc)
{
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_LIST);
    if (rc < 0)
        return rc;
    input->world->traces = FG_NEW(input->arena, struct fg_market_trace, doc->len + 1);
    size_t i = 0;
    for (const struct fg_doc *at = doc->first; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter_at(&input->reader, i++);
        rc = read_trace(input, at);
        fg_read_leave(&input->reader, mark);
    }
    return rc;
}

static int read_term_hours(struct input *input, const struct fg_doc *doc)
{
    double hours = 0;
    int rc = read_number(input, doc, FG_MARKET_MONTH_HOURS, 1e6, &hours);
    if (rc == 0)
        input->world->terms[input->world->terms_len].hours = (size_t)hours;
    return rc;
}

static int read_term_price(struct input *input, const struct fg_doc *doc)
{
    return read_number(input, doc, 0.001, 10,
                       &input->world->terms[input->world->terms_len].price);
}

static int read_term(struct input *input, const struct fg_doc *doc)
{
    static const struct member members[] = {{"hours", read_term_hours},
                                            {"price", read_term_price}};
    if (input->world->terms_len == FG_MARKET_TERMS_MAX)
        return fg_read_fail(&input->reader, doc, "at most %d terms", FG_MARKET_TERMS_MAX);
    int rc = read_members(input, doc, members, 2);
    const struct fg_market_term *term = &input->world->terms[input->world->terms_len];
    if (rc == 0 && (term->hours == 0 || term->price <= 0))
        return fg_read_fail(&input->reader, doc, "expected {hours: 8760, price: 0.6}");
    if (rc == 0)
        input->world->terms_len++;
    return rc;
}

/* -- classes ------------------------------------------------------------------------------------------------- */

static struct fg_market_class *class_now(struct input *input)
{
    return &input->world->classes[input->world->classes_len];
}

static int read_name(struct input *input, const struct fg_doc *doc)
{
    const char *name;
    int rc = fg_read_text(&input->reader, doc, FG_NAME_MAX - 1, &name);
    if (rc == 0)
        memcpy(class_now(input)->name, name, strlen(name) + 1);
    return rc;
}

static int read_demand(struct input *input, const struct fg_doc *doc)
{
    return fg_read_text(&input->reader, doc, PATH_MAX_LEN, &input->demand);
}

static int read_format(struct input *input, const struct fg_doc *doc)
{
    int rc = fg_read_text(&input->reader, doc, 16, &input->format);
    if (rc == 0 && strcmp(input->format, "jobs") != 0 && strcmp(input->format, "series") != 0)
        return fg_read_fail(&input->reader, doc, "expected jobs or series");
    return rc;
}

static int read_series_name(struct input *input, const struct fg_doc *doc)
{
    return fg_read_text(&input->reader, doc, 255, &input->series.series);
}

static int read_column(struct input *input, const struct fg_doc *doc)
{
    return fg_read_text(&input->reader, doc, 255, &input->series.column);
}

static int read_time_column(struct input *input, const struct fg_doc *doc)
{
    return fg_read_text(&input->reader, doc, 255, &input->series.time_column);
}

static int read_mean(struct input *input, const struct fg_doc *doc)
{
    return read_number(input, doc, 0, 1e6, &input->level.mean);
}

static int read_growth(struct input *input, const struct fg_doc *doc)
{
    return read_number(input, doc, -0.99, 100, &input->level.growth);
}

static int read_firm(struct input *input, const struct fg_doc *doc)
{
    return read_number(input, doc, 0, 1, &class_now(input)->firm);
}

static int read_asked(struct input *input, const struct fg_doc *doc)
{
    return fg_read_text(&input->reader, doc, FG_KIND_MAX - 1, &input->asked);
}

/* The model that is asked for: the one named, else the first that has a rate. */
static int find_asked(struct input *input, const struct fg_doc *doc)
{
    struct fg_market_class *class = class_now(input);
    for (size_t model = 0; model < input->world->models_len; model++)
        if (class->rate[model] > 0
            && (!input->asked || strcasecmp(input->asked, input->world->models[model]) == 0)) {
            class->asked = (uint32_t)model;
            return 0;
        }
    return fg_read_fail(&input->reader, doc, "asked: expected a model that has a rate here");
}

/* Models without a rate cannot be used; one that has a rate and no price says so. */
static int read_rate(struct input *input, const struct fg_doc *doc)
{
    const struct fg_market_world *world = input->world;
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t model = 0;
        while (model < world->models_len && strcasecmp(at->key, world->models[model]) != 0)
            model++;
        size_t mark = fg_read_enter(&input->reader, at->key);
        if (model == world->models_len)
            rc =
                fg_read_fail(&input->reader, at, "no prices of this model (prices come first)");
        else
            rc = read_number(input, at, 0, 1000, &class_now(input)->rate[model]);
        fg_read_leave(&input->reader, mark);
    }
    return rc;
}

static int shape_class(struct input *input, const struct fg_doc *doc)
{
    const char *bytes;
    const double *pattern;
    size_t len, hours;
    if (!input->demand || !class_now(input)->name[0])
        return fg_read_fail(&input->reader, doc, "expected a name and a file of demand");
    int rc = open_file(input, doc, input->demand, &bytes, &len);
    if (rc < 0)
        return rc;
    input->series.file_name = input->demand;
    if (strcmp(input->format, "jobs") == 0)
        rc = fg_market_read_jobs(input->arena, bytes, len, &pattern, &hours, input->reader.err);
    else
        rc = fg_market_read_series(input->arena, &input->series, bytes, len, &pattern, &hours,
                                   input->reader.err);
    if (rc < 0)
        return fg_read_wrap(&input->reader, doc, rc);
    input->level.seed = input->reading->seed * 1000 + input->world->classes_len;
    class_now(input)->demand =
        fg_market_shape(input->arena, pattern, hours, input->world->hours, &input->level);
    input->world->classes_len++;
    return 0;
}

static int read_class(struct input *input, const struct fg_doc *doc)
{
    static const struct member members[] = {
        {"name", read_name},
        {"demand", read_demand},
        {"format", read_format},
        {"rate", read_rate},
        {"series", read_series_name},
        {"column", read_column},
        {"time_column", read_time_column},
        {"mean", read_mean},
        {"growth", read_growth},
        {"firm", read_firm},
        {"asked", read_asked},
    };
    if (input->world->classes_len == FG_MARKET_CLASSES_MAX)
        return fg_read_fail(&input->reader, doc, "at most %d classes", FG_MARKET_CLASSES_MAX);
    if (input->world->hours == 0)
        return fg_read_fail(&input->reader, doc, "prices come before classes");
    input->level = (struct fg_market_level){.mean = 100};
    input->series = (struct fg_market_series){};
    input->demand = input->asked = NULL;
    input->format = "series";
    int rc = read_members(input, doc, members, sizeof(members) / sizeof(members[0]));
    if (rc == 0)
        rc = find_asked(input, doc);
    return rc == 0 ? shape_class(input, doc) : rc;
}

/* -- the whole ------------------------------------------------------------------------------------------------ */

static int read_list(struct input *input, const struct fg_doc *doc, read_member *read)
{
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_LIST);
    size_t i = 0;
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter_at(&input->reader, i++);
        rc = read(input, at);
        fg_read_leave(&input->reader, mark);
    }
    return rc;
}

static int read_terms(struct input *input, const struct fg_doc *doc)
{
    return read_list(input, doc, read_term);
}

static int read_classes(struct input *input, const struct fg_doc *doc)
{
    return read_list(input, doc, read_class);
}

static int read_history(struct input *input, const struct fg_doc *doc)
{
    int64_t months;
    int rc = fg_read_int(&input->reader, doc, 1, 60, &months);
    if (rc == 0)
        input->world->first_month = (size_t)months;
    return rc;
}

static int read_spot_devices(struct input *input, const struct fg_doc *doc)
{
    return read_number(input, doc, 1, 1e9, &input->world->spot_devices);
}

static int read_on_demand_devices(struct input *input, const struct fg_doc *doc)
{
    return read_number(input, doc, 1, 1e9, &input->world->on_demand_devices);
}

static int read_rework(struct input *input, const struct fg_doc *doc)
{
    int64_t us;
    int rc = fg_read_duration(&input->reader, doc, 86'400'000'000, &us);
    if (rc == 0)
        input->world->rework_hours = (double)us / 3.6e9;
    return rc;
}

/* Prices first: classes are about their models and their days. */
static int read_root(struct input *input, const struct fg_doc *root)
{
    static const struct member members[] = {
        {"prices", read_prices},
        {"spot", read_spot},
        {"terms", read_terms},
        {"history_months", read_history},
        {"spot_devices", read_spot_devices},
        {"on_demand_devices", read_on_demand_devices},
        {"rework", read_rework},
        {"classes", read_classes},
    };
    return read_members(input, root, members, sizeof(members) / sizeof(members[0]));
}

/* What must be there, and what follows from it. */
static int finish(struct input *input, const struct fg_doc *root)
{
    struct fg_market_world *world = input->world;
    if (world->classes_len == 0)
        return fg_read_fail(&input->reader, root, "expected prices, and classes after them");
    if (world->terms_len == 0)
        return fg_read_fail(&input->reader, root,
                            "expected terms: at least one way to reserve");
    if (world->first_month >= fg_market_months(world))
        return fg_read_fail(&input->reader, root, "history_months: prices are of %zu months",
                            fg_market_months(world));
    double dearest = 0;
    for (size_t i = 0; i < world->offers_len; i++)
        for (size_t day = 0; day < world->days; day++)
            if (world->offers[i].on_demand[day] > dearest)
                dearest = world->offers[i].on_demand[day];
    world->unmet_usd = 10 * dearest;
    if (world->traces_len == 0) { /* spot is always there */
        static const uint8_t always = 1;
        world->traces = FG_NEW(input->arena, struct fg_market_trace, 1);
        world->traces[world->traces_len++] = (struct fg_market_trace){&always, 1};
    }
    for (size_t i = 0; i < world->offers_len; i++)
        world->offers[i].trace = i % world->traces_len;
    return 0;
}

int fg_market_read(const struct fg_market_reading *reading,
                   const char *bytes,
                   size_t len,
                   struct fg_arena *arena,
                   struct fg_market_world *out,
                   struct fg_err *err)
{
    struct input input = {
        .reading = reading,
        .reader = {.arena = arena,
                   .file_name = reading->file_name,
                   .err = err,
                   .text_left = BYTES_MAX},
        .arena = arena,
        .world = out,
    };
    const struct fg_doc *root;
    *out = (struct fg_market_world){
        .first_month = 3, .spot_devices = 100, .on_demand_devices = 1000, .rework_hours = 0.5};
    if (len > BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%s: more than %lu bytes", reading->file_name,
                       BYTES_MAX);
    int rc = fg_doc_yaml(bytes, len, arena, &root, err);
    if (rc < 0)
        return fg_read_name_file(reading->file_name, rc, err);
    rc = read_root(&input, root);
    return rc == 0 ? finish(&input, root) : rc;
}
