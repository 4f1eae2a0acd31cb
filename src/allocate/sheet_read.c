/* sheet_read.c - the file of a sheet; see sheet.h and docs/allocate.md */
#include "allocate/sheet.h"

#include "base/doc_read.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define NAME_LEN_MAX 63
#define BYTES_MAX    (4UL << 20)
#define LARGEST      1e12
#define SMALLEST     1e-6
#define YEARS_US     315'360'000'000'000 /* ten */

static const char *const objective_names[FG_SHEET_OBJECTIVES] = {
    "total", "weighted", "max-min", "balance", "makespan", "cost"};

const char *fg_sheet_objective_name(enum fg_sheet_objective objective)
{
    return objective_names[objective];
}

int fg_sheet_objective_find(const char *name)
{
    for (int i = 0; i < FG_SHEET_OBJECTIVES; i++)
        if (strcmp(objective_names[i], name) == 0)
            return i;
    return -1;
}

size_t fg_sheet_room(size_t len)
{
    size_t cells = (size_t)FG_SHEET_WORK_MAX * FG_SHEET_DEVICES_MAX;
    return fg_doc_room(len) + 8 * len + 4 * cells * sizeof(double) + (8UL << 20);
}

/* A member of a map that is a number, and where it goes. */
struct number {
    const char *name;
    size_t offset; /* of a double */
    double min, max;
};

struct input {
    struct fg_doc_reader reader;
    struct fg_sheet *out;
};

typedef int read_entry(struct input *input, const struct fg_doc *doc, const char *name);
/* A member that is not among the numbers; sets `known` if it is one. */
typedef int read_other(struct input *input, const struct fg_doc *doc, void *entry, bool *known);

static int read_number(
    struct input *input, const struct fg_doc *doc, double min, double max, double *out)
{
    bool is_number = doc->kind == FG_DOC_INT || doc->kind == FG_DOC_REAL;
    if (!is_number || !(doc->real >= min && doc->real <= max))
        return fg_read_fail(&input->reader, doc, "expected a number from %g to %g", min, max);
    *out = doc->real;
    return 0;
}

static int check_name(struct input *input, const struct fg_doc *doc)
{
    size_t len = strlen(doc->key);
    if (len < 1 || len > NAME_LEN_MAX
        || strspn(doc->key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
               != len)
        return fg_read_fail(&input->reader, doc,
                            "a name: expected 1 to %d letters, digits and . _ -", NAME_LEN_MAX);
    return 0;
}

/* Each member of a map of names, in order. */
static int read_map(struct input *input,
                    const struct fg_doc *doc,
                    size_t len_max,
                    read_entry *read)
{
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    if (rc == 0 && doc->len > len_max)
        return fg_read_fail(&input->reader, doc, "%zu members, at most %zu", doc->len, len_max);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter(&input->reader, at->key);
        rc = check_name(input, at);
        if (rc == 0)
            rc = read(input, at, at->key);
        fg_read_leave(&input->reader, mark);
    }
    return rc;
}

/* The members of an entry: numbers into their places, others to `other` (NULL: there are none).  `names`, for the
 * message about one that is neither: those of the numbers, then the others. */
struct form {
    const struct number *numbers;
    size_t numbers_len;
    const char *const *names;
    size_t names_len;
    read_other *other;
};

static int read_member(struct input *input,
                       const struct fg_doc *doc,
                       const struct form *form,
                       void *entry)
{
    for (size_t i = 0; i < form->numbers_len; i++) {
        const struct number *number = &form->numbers[i];
        if (strcmp(doc->key, number->name) == 0)
            return read_number(input, doc, number->min, number->max,
                               (double *)(void *)((char *)entry + number->offset));
    }
    bool known = false;
    int rc = form->other ? form->other(input, doc, entry, &known) : 0;
    if (rc == 0 && !known)
        return fg_read_fail_unknown(&input->reader, doc, form->names, form->names_len);
    return rc;
}

static int read_form(struct input *input,
                     const struct fg_doc *doc,
                     const struct form *form,
                     void *entry)
{
    if (doc->kind == FG_DOC_NULL)
        return 0;
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter(&input->reader, at->key);
        rc = read_member(input, at, form, entry);
        fg_read_leave(&input->reader, mark);
    }
    return rc;
}

/* -- devices and projects -------------------------------------------------------------------------------- */

static int read_device(struct input *input, const struct fg_doc *doc, const char *name)
{
    static const char *const names[] = {"count", "capacity", "price"};
    static const struct number numbers[] = {
        {"count", offsetof(struct fg_sheet_device, count), 0, LARGEST},
        {"capacity", offsetof(struct fg_sheet_device, capacity), 0, LARGEST},
        {"price", offsetof(struct fg_sheet_device, usd_per_hour), 0, LARGEST},
    };
    static const struct form form = {numbers, 3, names, 3, NULL};
    struct fg_sheet_device *device = &input->out->devices[input->out->devices_len++];
    *device = (struct fg_sheet_device){.name = name, .count = 1};
    return read_form(input, doc, &form, device);
}

static int read_project(struct input *input, const struct fg_doc *doc, const char *name)
{
    static const char *const names[] = {"weight", "quota", "budget"};
    static const struct number numbers[] = {
        {"weight", offsetof(struct fg_sheet_project, weight), SMALLEST, LARGEST},
        {"quota", offsetof(struct fg_sheet_project, quota_devices), 0, LARGEST},
        {"budget", offsetof(struct fg_sheet_project, budget_usd_per_hour), 0, LARGEST},
    };
    static const struct form form = {numbers, 3, names, 3, NULL};
    struct fg_sheet_project *project = &input->out->projects[input->out->projects_len++];
    *project = (struct fg_sheet_project){
        .name = name, .weight = 1, .quota_devices = -1, .budget_usd_per_hour = -1};
    return read_form(input, doc, &form, project);
}

/* -- work --------------------------------------------------------------------------------------------------- */

static int read_speed(struct input *input, const struct fg_doc *doc, struct fg_sheet_work *work)
{
    const struct fg_sheet *sheet = input->out;
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (size_t j = 0; j < sheet->devices_len; j++)
        work->speed[j] = 0;
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t j = 0, mark = fg_read_enter(&input->reader, at->key);
        while (j < sheet->devices_len && strcmp(sheet->devices[j].name, at->key) != 0)
            j++;
        rc = j == sheet->devices_len
                 ? fg_read_fail(&input->reader, at, "no such class among `devices`")
                 : read_number(input, at, 0, LARGEST, &work->speed[j]);
        fg_read_leave(&input->reader, mark);
    }
    return rc;
}

static int read_project_name(struct input *input,
                             const struct fg_doc *doc,
                             struct fg_sheet_work *work)
{
    const struct fg_sheet *sheet = input->out;
    const char *name;
    int rc = fg_read_text(&input->reader, doc, NAME_LEN_MAX, &name);
    for (size_t p = 0; rc == 0 && p < sheet->projects_len; p++)
        if (strcmp(sheet->projects[p].name, name) == 0) {
            work->project = p;
            return 0;
        }
    return rc < 0 ? rc : fg_read_fail(&input->reader, doc, "no such project among `projects`");
}

static int read_work_other(struct input *input,
                           const struct fg_doc *doc,
                           void *entry,
                           bool *known)
{
    struct fg_sheet_work *work = entry;
    *known = true;
    if (strcmp(doc->key, "speed") == 0)
        return read_speed(input, doc, work);
    if (strcmp(doc->key, "project") == 0)
        return read_project_name(input, doc, work);
    *known = strcmp(doc->key, "deadline") == 0;
    int64_t deadline_us = 0;
    int rc = *known ? fg_read_duration(&input->reader, doc, YEARS_US, &deadline_us) : 0;
    work->deadline_s = (double)deadline_us / 1e6;
    return rc;
}

static int read_work(struct input *input, const struct fg_doc *doc, const char *name)
{
    static const char *const names[] = {"weight",    "demand", "jobs",    "devices", "left",
                                        "max_price", "speed",  "project", "deadline"};
    static const struct number numbers[] = {
        {"weight", offsetof(struct fg_sheet_work, weight), SMALLEST, LARGEST},
        {"demand", offsetof(struct fg_sheet_work, demand), SMALLEST, LARGEST},
        {"jobs", offsetof(struct fg_sheet_work, jobs), SMALLEST, LARGEST},
        {"devices", offsetof(struct fg_sheet_work, devices), SMALLEST, LARGEST},
        {"left", offsetof(struct fg_sheet_work, left), SMALLEST, LARGEST},
        {"max_price", offsetof(struct fg_sheet_work, usd_max), 0, LARGEST},
    };
    static const struct form form = {numbers, 6, names, 9, read_work_other};
    struct fg_sheet *sheet = input->out;
    struct fg_sheet_work *work = &sheet->work[sheet->work_len++];
    *work =
        (struct fg_sheet_work){.name = name, .project = SIZE_MAX, .weight = 1, .usd_max = -1};
    work->speed = FG_NEW(input->reader.arena, double, sheet->devices_len + 1);
    bool any = false;
    for (size_t j = 0; j < sheet->devices_len; j++)
        work->speed[j] = sheet->devices[j].capacity;
    int rc = read_form(input, doc, &form, work);
    if (rc < 0)
        return rc;
    for (size_t j = 0; j < sheet->devices_len; j++)
        any |= work->speed[j] > 0;
    if (!any)
        return fg_read_fail(&input->reader, doc,
                            "no speed on any class of devices, and no class has a capacity");
    if (work->devices > 0 && work->jobs <= 0)
        work->jobs = 1;
    if (work->jobs > 0 && work->devices <= 0)
        work->devices = 1;
    return 0;
}

/* -- the formulas --------------------------------------------------------------------------------------------- */

static const char *const term_names[] = {"compute", "time", "memory"};

static int read_terms(struct input *input, const struct fg_doc *doc, double values[3])
{
    static const struct number numbers[] = {{"compute", 0, 0, LARGEST},
                                            {"time", sizeof(double), 0, LARGEST},
                                            {"memory", 2 * sizeof(double), 0, LARGEST}};
    static const struct form form = {numbers, 3, term_names, 3, NULL};
    return read_form(input, doc, &form, values);
}

static int read_priority_job(struct input *input, const struct fg_doc *doc, const char *name)
{
    struct fg_sheet *sheet = input->out;
    struct fg_sheet_priority *job = &sheet->priorities[sheet->priorities_len++];
    *job = (struct fg_sheet_priority){.name = name};
    int rc = read_terms(input, doc, job->value);
    for (size_t k = 0; k < 3; k++)
        job->priority += sheet->priority_weights[k] * job->value[k];
    return rc;
}

static int read_priority(struct input *input, const struct fg_doc *doc)
{
    static const char *const names[] = {"weights", "jobs"};
    struct fg_sheet *sheet = input->out;
    const struct fg_doc *weights = fg_doc_get(doc, "weights"), *jobs = fg_doc_get(doc, "jobs");
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at; at = at->next)
        if (at != weights && at != jobs)
            return fg_read_fail_unknown(&input->reader, at, names, 2);
    if (rc == 0 && weights) {
        size_t mark = fg_read_enter(&input->reader, "weights");
        rc = read_terms(input, weights, sheet->priority_weights);
        fg_read_leave(&input->reader, mark);
    }
    if (rc < 0 || !jobs)
        return rc;
    sheet->priorities = FG_NEW(input->reader.arena, struct fg_sheet_priority, jobs->len);
    size_t mark = fg_read_enter(&input->reader, "jobs");
    rc = read_map(input, jobs, FG_SHEET_WORK_MAX, read_priority_job);
    fg_read_leave(&input->reader, mark);
    return rc;
}

static int read_use(struct input *input, const struct fg_doc *doc, void *entry, bool *known)
{
    struct fg_sheet_load *load = entry;
    *known = strcmp(doc->key, "use") == 0;
    if (!*known)
        return 0;
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_LIST);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        double use = 0;
        rc = read_number(input, at, 0, LARGEST, &use);
        load->used += use;
    }
    return rc;
}

static int read_load(struct input *input, const struct fg_doc *doc, const char *name)
{
    static const char *const names[] = {"capacity", "use"};
    static const struct number numbers[] = {
        {"capacity", offsetof(struct fg_sheet_load, capacity), SMALLEST, LARGEST}};
    static const struct form form = {numbers, 1, names, 2, read_use};
    struct fg_sheet *sheet = input->out;
    struct fg_sheet_load *load = &sheet->loads[sheet->loads_len];
    *load = (struct fg_sheet_load){.name = name, .capacity = 1};
    int rc = read_form(input, doc, &form, load);
    load->load = load->used / load->capacity;
    if (rc == 0 && load->load < sheet->loads[sheet->least_loaded].load)
        sheet->least_loaded = sheet->loads_len;
    sheet->loads_len++;
    return rc;
}

/* -- the file --------------------------------------------------------------------------------------------------- */

enum member { OBJECTIVE, UNIT, DEVICES, PROJECTS, WORK, PRIORITY, LOAD, MEMBERS };
static const char *const member_names[MEMBERS] = {
    "objective", "unit", "devices", "projects", "work", "priority", "load"};

static int read_objective(struct input *input, const struct fg_doc *doc)
{
    const char *name;
    int rc = fg_read_text(&input->reader, doc, NAME_LEN_MAX, &name);
    if (rc < 0)
        return rc;
    int found = fg_sheet_objective_find(name);
    if (found < 0)
        return fg_read_fail(&input->reader, doc,
                            "expected total, weighted, max-min, balance, makespan or cost");
    input->out->objective = (enum fg_sheet_objective)found;
    return 0;
}

static int read_unit(struct input *input, const struct fg_doc *doc)
{
    int rc = fg_read_text(&input->reader, doc, NAME_LEN_MAX, &input->out->unit);
    for (const char *at = rc == 0 ? input->out->unit : ""; *at; at++)
        if (*at < 0x20 || *at > 0x7e)
            return fg_read_fail(&input->reader, doc, "expected printable ASCII");
    return rc;
}

static int read_section(struct input *input, enum member member, const struct fg_doc *doc)
{
    struct fg_sheet *sheet = input->out;
    struct fg_arena *arena = input->reader.arena;
    switch (member) {
    case OBJECTIVE:
        return read_objective(input, doc);
    case UNIT:
        return read_unit(input, doc);
    case DEVICES:
        sheet->devices = FG_NEW(arena, struct fg_sheet_device, doc->len);
        return read_map(input, doc, FG_SHEET_DEVICES_MAX, read_device);
    case PROJECTS:
        sheet->projects = FG_NEW(arena, struct fg_sheet_project, doc->len);
        return read_map(input, doc, FG_SHEET_PROJECTS_MAX, read_project);
    case WORK:
        sheet->work = FG_NEW(arena, struct fg_sheet_work, doc->len);
        return read_map(input, doc, FG_SHEET_WORK_MAX, read_work);
    case PRIORITY:
        return read_priority(input, doc);
    default:
        sheet->loads = FG_NEW(arena, struct fg_sheet_load, doc->len);
        return read_map(input, doc, FG_SHEET_WORK_MAX, read_load);
    }
}

static int check_members(struct input *input, const struct fg_doc *root)
{
    int rc = fg_read_kind(&input->reader, root, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? root->first : NULL; at; at = at->next) {
        bool known = false;
        for (size_t i = 0; i < MEMBERS; i++)
            known |= strcmp(at->key, member_names[i]) == 0;
        if (!known)
            return fg_read_fail_unknown(&input->reader, at, member_names, MEMBERS);
    }
    return rc;
}

/* In the order of what refers to what, however the file has them. */
static int read_all(struct input *input, const struct fg_doc *root)
{
    int rc = check_members(input, root);
    for (int i = 0; rc == 0 && i < MEMBERS; i++) {
        const struct fg_doc *section = fg_doc_get(root, member_names[i]);
        if (!section)
            continue;
        size_t mark = fg_read_enter(&input->reader, member_names[i]);
        rc = read_section(input, (enum member)i, section);
        fg_read_leave(&input->reader, mark);
    }
    const struct fg_sheet *sheet = input->out;
    bool empty = !sheet->devices_len || !sheet->work_len;
    if (rc == 0 && empty && !sheet->priorities_len && !sheet->loads_len)
        return fg_read_fail(&input->reader, root,
                            "expected `devices` and `work`, or `priority`, or `load`");
    return rc;
}

int fg_sheet_read(const char *bytes,
                  size_t len,
                  const char *file_name,
                  struct fg_arena *arena,
                  struct fg_sheet *out,
                  struct fg_err *err)
{
    *out = (struct fg_sheet){.unit = "units/s", .priority_weights = {0.5, 0.3, 0.2}};
    if (len > BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%s: %zu bytes, at most %lu", file_name, len,
                       BYTES_MAX);
    struct input input = {
        .reader = {.arena = arena, .file_name = file_name, .err = err, .text_left = len},
        .out = out};
    const struct fg_doc *root;
    int rc = fg_doc_yaml(bytes, len, arena, &root, err);
    if (rc < 0)
        return fg_read_name_file(file_name, rc, err);
    return read_all(&input, root);
}
