/* energy_model.c - see energy_model.h */
#include "sim/energy_model.h"

#include "base/doc_read.h"
#include "base/text.h"
#include "energy/carbon.h"

#include <string.h>

#define WATTS_MAX 100'000
#define HOURS_US  3'600'000'000LL

/* The file as it lies beside this one; CMake knows that this object depends on it. */
__asm__(".section .rodata\n"
        ".balign 16\n"
        "fg_energy_model:\n"
        ".incbin \"" ENERGY_MODEL_PATH "\"\n"
        "fg_energy_model_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const char fg_energy_model[], fg_energy_model_end[];

typedef int read_fn(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self);

/* A member that a map may have, and who reads it into what. */
struct slot {
    const char *name;
    read_fn *read;
    void *self;
    bool is_needed;
};

static bool has_slot(const struct slot *slots, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(name, slots[i].name) == 0)
            return true;
    return false;
}

/* In the order of the slots: some need what others have read. */
static int read_map(struct fg_doc_reader *reader,
                    const struct fg_doc *doc,
                    const struct slot *slots,
                    size_t len)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at; at = at->next)
        if (!has_slot(slots, len, at->key))
            return fg_read_fail(reader, at, "unknown member %.32s", at->key);
    for (size_t i = 0; i < len && rc == 0; i++) {
        const struct fg_doc *at = fg_doc_get(doc, slots[i].name);
        if (!at && slots[i].is_needed)
            return fg_read_fail(reader, doc, "%s: missing", slots[i].name);
        size_t mark = fg_read_enter(reader, slots[i].name);
        rc = at ? slots[i].read(reader, at, slots[i].self) : 0;
        fg_read_leave(reader, mark);
    }
    return rc;
}

static int read_list(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     size_t most,
                     read_fn *read,
                     void *self)
{
    size_t index = 0;
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    if (rc == 0 && (doc->len == 0 || doc->len > most))
        rc = fg_read_fail(reader, doc, "%zu rows, expected 1 to %zu", doc->len, most);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter_at(reader, index++);
        rc = read(reader, at, self);
        fg_read_leave(reader, mark);
    }
    return rc;
}

/* -- values ---------------------------------------------------------------------------------------------- */

static int read_watts(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    return fg_read_milli(reader, doc, 1, WATTS_MAX * 1000LL, self);
}

static int read_time(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    return fg_read_duration(reader, doc, HOURS_US, self);
}

static int read_price(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    int64_t milli = 0;
    int rc = fg_read_milli(reader, doc, 0, 100'000, &milli);
    *(int64_t *)self = milli * 1000;
    return rc;
}

static int read_region(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    const char *text = "";
    int rc = fg_read_text(reader, doc, FG_NAME_MAX - 1, &text);
    if (rc == 0)
        *(uint32_t *)self = fg_carbon_find(text)->g_per_kwh;
    return rc;
}

static int read_grams(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    int64_t grams = 0;
    int rc = fg_read_int(reader, doc, 0, 5000, &grams);
    *(uint32_t *)self = (uint32_t)grams;
    return rc;
}

/* A day of a kWh, in thousandths of what the file is in. */
struct day {
    int64_t milli[24];
    size_t len;
};

static int read_hour(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    struct day *day = self;
    return fg_read_milli(reader, doc, 0, 5'000'000, &day->milli[day->len++]);
}

static int read_day(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    struct day *day = self;
    int rc = read_list(reader, doc, 24, read_hour, self);
    return rc == 0 && day->len != 24
               ? fg_read_fail(reader, doc, "%zu hours, expected 24", day->len)
               : rc;
}

static int read_name(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    const char *text = "";
    int rc = fg_read_text(reader, doc, FG_KIND_MAX - 1, &text);
    fg_copy(self, FG_KIND_MAX, text);
    return rc;
}

/* -- classes and devices ----------------------------------------------------------------------------------- */

struct numbers {
    double *out;
    size_t len;
};

static int read_number(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    struct numbers *numbers = self;
    int64_t milli = 0;
    int rc = fg_read_milli(reader, doc, 1, WATTS_MAX * 1000LL, &milli);
    numbers->out[numbers->len++] = (double)milli / 1000;
    return rc;
}

static int read_numbers(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    struct numbers *numbers = self;
    numbers->len = 0;
    return read_list(reader, doc, FG_ENERGY_CAPS_MAX, read_number, self);
}

static int check_class(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       const struct fg_energy_device *device,
                       const struct numbers lists[2])
{
    if (lists[0].len != device->caps_len || lists[1].len != device->caps_len)
        return fg_read_fail(reader, doc,
                            "%zu shares and %zu watts, expected one for each of %zu caps",
                            lists[0].len, lists[1].len, device->caps_len);
    for (size_t i = 0; i < device->caps_len; i++)
        if (lists[0].out[i] > 1)
            return fg_read_fail(reader, doc, "share[%zu]: above 1", i);
    return 0;
}

static int read_class(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    struct fg_energy_device *device = self;
    struct fg_energy_class *class = &device->classes[device->classes_len];
    struct numbers lists[2] = {{.out = class->share}, {.out = class->watts}};
    const struct slot slots[] = {{"name", read_name, class->name, true},
                                 {"share", read_numbers, &lists[0], true},
                                 {"watts", read_numbers, &lists[1], true}};
    int rc = read_map(reader, doc, slots, 3);
    if (rc == 0)
        rc = check_class(reader, doc, device, lists);
    device->classes_len += rc == 0;
    return rc;
}

static int read_classes(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    return read_list(reader, doc, FG_ENERGY_CLASSES_MAX, read_class, self);
}

static int read_caps(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    struct fg_energy_device *device = self;
    struct fg_cap_range *range = &device->range;
    const struct slot slots[] = {{"min", read_watts, &range->min_mw, true},
                                 {"max", read_watts, &range->max_mw, true},
                                 {"step", read_watts, &range->step_mw, true}};
    int rc = read_map(reader, doc, slots, 3);
    if (rc < 0)
        return rc;
    if (range->max_mw <= range->min_mw)
        return fg_read_fail(reader, doc, "max is not above min");
    device->caps_len = fg_energy_cap_at(device, range->max_mw) + 1;
    return device->caps_len <= FG_ENERGY_CAPS_MAX
               ? 0
               : fg_read_fail(reader, doc, "%zu caps, expected at most %d", device->caps_len,
                              FG_ENERGY_CAPS_MAX);
}

static int read_device(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    struct fg_energy_model *model = self;
    struct fg_energy_device *device = &model->devices[model->devices_len];
    const struct slot slots[] = {{"kind", read_name, device->kind, true},
                                 {"caps", read_caps, device, true},
                                 {"idle", read_watts, &device->idle_mw, true},
                                 {"classes", read_classes, device, true}};
    int rc = read_map(reader, doc, slots, 4);
    model->devices_len += rc == 0;
    return rc;
}

static int read_devices(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    return read_list(reader, doc, FG_ENERGY_DEVICES_MAX, read_device, self);
}

static int read_node(struct fg_doc_reader *reader, const struct fg_doc *doc, void *self)
{
    struct fg_energy_model *model = self;
    const struct slot slots[] = {{"idle", read_watts, &model->node.idle_mw, true},
                                 {"busy", read_watts, &model->node.busy_mw, true},
                                 {"asleep", read_watts, &model->node.asleep_mw, true},
                                 {"down", read_time, &model->node.down_us, true},
                                 {"wake", read_time, &model->node.wake_us, true}};
    int rc = read_map(reader, doc, slots, 5);
    if (rc == 0 && (model->node.busy_mw < model->node.idle_mw || model->node.wake_us <= 0))
        rc = fg_read_fail(reader, doc, "expected busy of at least idle, and a time to wake");
    return rc;
}

int fg_energy_model_read(const char *bytes,
                         size_t len,
                         const char *file_name,
                         struct fg_energy_model *out,
                         struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len));
    struct fg_doc_reader reader = {
        .arena = arena, .file_name = file_name, .err = err, .text_left = len};
    const struct fg_doc *doc = NULL;
    *out = (struct fg_energy_model){.g_per_kwh = fg_carbon_find("")->g_per_kwh};
    struct day grams = {}, price = {};
    const struct slot slots[] = {{"node", read_node, out, true},
                                 {"devices", read_devices, out, true},
                                 {"region", read_region, &out->g_per_kwh, false},
                                 {"grams_per_kwh", read_grams, &out->g_per_kwh, false},
                                 {"price_per_kwh", read_price, &out->price_uusd_per_kwh, false},
                                 {"grams_by_hour", read_day, &grams, false},
                                 {"price_by_hour", read_day, &price, false}};
    int rc = fg_doc_yaml(bytes, len, arena, &doc, err);
    if (rc < 0)
        return fg_read_name_file(file_name, rc, err);
    rc = read_map(&reader, doc, slots, 7);
    for (size_t i = 0; i < 24; i++) {
        out->g_by_hour[i] = grams.len ? grams.milli[i] / 1000 : out->g_per_kwh;
        out->uusd_by_hour[i] = price.len ? price.milli[i] * 1000 : out->price_uusd_per_kwh;
    }
    out->has_hours = grams.len > 0 || price.len > 0;
    return rc;
}

int fg_energy_model_bundled(struct fg_energy_model *out, struct fg_err *err)
{
    return fg_energy_model_read(fg_energy_model,
                                (size_t)(fg_energy_model_end - fg_energy_model),
                                "energy_model.yaml", out, err);
}

const struct fg_energy_device *fg_energy_device_of(const struct fg_energy_model *model,
                                                   const char *kind)
{
    for (size_t i = 0; i < model->devices_len; i++)
        if (strcmp(model->devices[i].kind, kind) == 0)
            return &model->devices[i];
    return &model->devices[0];
}

size_t fg_energy_cap_at(const struct fg_energy_device *device, int64_t cap_mw)
{
    const struct fg_cap_range *range = &device->range;
    return (size_t)((cap_mw - range->min_mw + range->step_mw - 1) / range->step_mw);
}
