/* offer_row.c - what a row sells: the accelerator, how many, in what machine; see offer_row.h */
#include "supply/offer_row.h"
#include "supply/accelerator.h"

#include "base/doc_read.h"
#include "base/text.h"
#include "model/names.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MACHINE_DEVICES_MAX 32 /* of other accelerators than slices of TPUs */
#define MEM_GIB_DEVICE_MAX  1024
#define HOST_GIB_MAX        8192 /* machines with accelerators have up to 4 TiB */
#define HOST_GIB_OF_CORE    64   /* and at most 16 GiB a core */
#define HOST_CORES_MAX      512
#define BYTES_LEAST         (INT64_C(1) << 30)
#define TEXT_SHOWN          64

void fg_offer_repair(struct fg_offer_row *row, const char *fmt, ...)
{
    size_t len = strlen(row->repairs);
    va_list args;
    if (len && len + 3 < sizeof(row->repairs)) {
        memcpy(row->repairs + len, "; ", 3);
        len += 2;
    }
    va_start(args, fmt);
    vsnprintf(row->repairs + len, sizeof(row->repairs) - len, fmt, args);
    va_end(args);
}

/* -- what is known of a machine ---------------------------------------------------------------------- */

struct known_machine {
    const char *pattern, *kind;
    uint32_t devices_milli;
    const char *source;
};

static const struct known_machine known_machines[] = {
#define X(pattern, kind, devices, source) {pattern, kind, devices, source},
#include "supply/known_machine.def"
#undef X
};

static const struct known_machine *find_machine(const char *instance)
{
    for (size_t i = 0; i < sizeof(known_machines) / sizeof(known_machines[0]); i++)
        if (fnmatch(known_machines[i].pattern, instance, FNM_CASEFOLD) == 0)
            return &known_machines[i];
    return NULL;
}

static int check_machine(struct fg_offer_row *row, struct fg_err *err)
{
    struct fg_offer *offer = &row->offers[0];
    const struct known_machine *known = find_machine(offer->instance);
    if (!known)
        return 0;
    if (known->devices_milli && known->devices_milli < FG_WHOLE_MILLI)
        return fg_fail(err, FG_EINVAL, "%s has %u thousandths of one %s, not a whole one (%s)",
                       offer->instance, known->devices_milli, known->kind, known->source);
    if (known->devices_milli && known->devices_milli / FG_WHOLE_MILLI != offer->accelerators) {
        fg_offer_repair(row, "%s is listed with %u devices, it has %u (%s)", offer->instance,
                        offer->accelerators, known->devices_milli / FG_WHOLE_MILLI,
                        known->source);
        offer->accelerators = known->devices_milli / FG_WHOLE_MILLI;
    }
    return 0;
}

/* -- the accelerator --------------------------------------------------------------------------------- */

static void text_of(struct fg_field field, char *out, size_t size)
{
    size_t len = field.len < size ? field.len : size - 1;
    memcpy(out, field.text, len);
    out[len] = '\0';
}

/* A kind that is in no catalogue: its own words, joined. */
static int unknown_kind(struct fg_offer_row *row, struct fg_field text, struct fg_err *err)
{
    struct fg_offer *offer = &row->offers[0];
    char shown[FG_FIELD_SHOWN];
    size_t len = 0;
    for (size_t i = 0; i < text.len && len + 1 < FG_KIND_MAX; i++) {
        unsigned char c = (unsigned char)text.text[i];
        if (c < 0x80 && isalnum(c))
            offer->accelerator[len++] = (char)tolower(c);
        else if (len && offer->accelerator[len - 1] != '-')
            offer->accelerator[len++] = '-';
    }
    while (len && offer->accelerator[len - 1] == '-')
        len--;
    offer->accelerator[len] = '\0';
    if (len == 0)
        return fg_fail(err, FG_EINVAL, "accelerator `%s`: no name",
                       fg_field_shown(text, shown));
    fg_offer_repair(row, "accelerator `%s` is in no catalogue: kept as %s",
                    fg_field_shown(text, shown), offer->accelerator);
    return 0;
}

/* SkyPilot's description has the memory of one device: {'SizeInMiB': 81920}. */
static uint32_t described_mib(struct fg_field info)
{
    static const char key[] = "SizeInMiB";
    const char *at = memmem(info.text, info.len, key, sizeof(key) - 1);
    if (!at)
        return 0;
    uint64_t value = 0;
    for (at += sizeof(key) - 1; at < info.text + info.len && !isdigit((unsigned char)*at); at++)
        if (*at == ',' || *at == '}')
            return 0;
    for (; at < info.text + info.len && isdigit((unsigned char)*at) && value < UINT32_MAX; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    return value <= UINT32_MAX ? (uint32_t)value : 0;
}

/* "80 GiB", "81920MiB": a size that says its unit. */
static bool with_unit(struct fg_field field, int64_t *out_mib)
{
    char text[TEXT_SHOWN];
    if (field.len == 0 || field.len >= sizeof(text)
        || !isalpha((unsigned char)field.text[field.len - 1]) || fg_offer_is_empty(field))
        return false;
    text_of(field, text, sizeof(text));
    return fg_size_parse(text, 1, out_mib) == 0;
}

static int read_device_mem(const struct fg_offer_cells *cells,
                           struct fg_offer_row *row,
                           struct fg_err *err)
{
    const char *odd = NULL;
    int64_t mib = 0;
    int rc = with_unit(cells->of[FG_OFFER_DEVICE_MEM], &mib)
                 ? 1
                 : fg_offer_number(cells->of[FG_OFFER_DEVICE_MEM], 0, &mib, &odd, err);
    if (rc < 0)
        return fg_wrap(err, rc, "accelerator_mem_mib");
    if (mib >= BYTES_LEAST) {
        fg_offer_repair(row, "memory of a device is %lld: read as bytes", (long long)mib);
        mib >>= 20;
    }
    if (rc == 0)
        mib = described_mib(cells->of[FG_OFFER_GPU_INFO]);
    if (mib < 0 || mib > UINT32_MAX)
        return fg_fail(err, FG_EINVAL, "accelerator_mem_mib: out of bounds");
    if (mib > 0 && mib <= MEM_GIB_DEVICE_MAX) {
        if (rc > 0)
            fg_offer_repair(row, "memory of a device is %lld: read as GiB", (long long)mib);
        mib *= 1024;
    }
    row->offers[0].accelerator_mem_mib = (uint32_t)mib;
    return 0;
}

/* The memory that was told, against that of the kind. */
static int check_memory(const char *text,
                        struct fg_accelerator_match *match,
                        struct fg_offer_row *row,
                        struct fg_err *err)
{
    struct fg_offer *offer = &row->offers[0];
    uint32_t told = offer->accelerator_mem_mib;
    if (!match->memory_odd || !told)
        return 0;
    uint32_t each = told / (offer->accelerators ? offer->accelerators : 1);
    struct fg_accelerator_match again = fg_accelerator_match(text, offer->instance, each);
    if (offer->accelerators > 1 && again.accelerator && !again.memory_odd) {
        fg_offer_repair(row, "memory %u MiB is that of all %u devices: %u MiB each", told,
                        offer->accelerators, again.accelerator->mem_mib);
        *match = again;
        return 0;
    }
    return fg_fail(err, FG_EINVAL, "memory of a device is %u MiB, a %s has %u", told,
                   match->accelerator->name, match->accelerator->mem_mib);
}

static void say_assumptions(const struct fg_accelerator_match *match,
                            const char *text,
                            struct fg_offer_row *row)
{
    if (match->memory_assumed)
        fg_offer_repair(row, "%s comes with several sizes of memory, none told: taken for %s",
                        text, match->accelerator->kind);
}

/* "inferentia" may be an "inferentia2", an "a10" is no "a100". */
static bool is_same_model(const struct fg_accelerator *exact, const struct fg_accelerator *told)
{
    size_t len = strcspn(told->aliases, "|");
    if (strncmp(exact->aliases, told->aliases, len) != 0)
        return false;
    return exact->aliases[len] == '|' || exact->aliases[len] == '\0'
           || (isdigit((unsigned char)exact->aliases[len])
               && !isdigit((unsigned char)told->aliases[len - 1]));
}

/* A known machine tells which of the cards of one name it has. */
static int refine(struct fg_accelerator_match *match, const char *instance, struct fg_err *err)
{
    const struct known_machine *known = find_machine(instance);
    const struct fg_accelerator *exact = known ? fg_accelerator_find(known->kind) : NULL;
    if (!exact)
        return 0;
    if (!is_same_model(exact, match->accelerator))
        return fg_fail(err, FG_EINVAL, "%s is listed with a %s, it has a %s (%s)", instance,
                       match->accelerator->kind, exact->kind, known->source);
    match->accelerator = exact;
    match->memory_assumed = false;
    return 0;
}

static int read_accelerator(const struct fg_offer_cells *cells,
                            struct fg_offer_row *row,
                            struct fg_err *err)
{
    struct fg_offer *offer = &row->offers[0];
    struct fg_field field = cells->of[FG_OFFER_ACCELERATOR];
    char text[TEXT_SHOWN], shown[FG_FIELD_SHOWN];
    if (field.len >= sizeof(text))
        return fg_fail(err, FG_EINVAL, "accelerator `%s...`: %zu bytes, expected at most %zu",
                       fg_field_shown(field, shown), field.len, sizeof(text) - 1);
    int rc = read_device_mem(cells, row, err);
    if (rc < 0)
        return rc;
    text_of(field, text, sizeof(text));
    struct fg_accelerator_match match =
        fg_accelerator_match(text, offer->instance, offer->accelerator_mem_mib);
    if (!match.accelerator)
        return unknown_kind(row, field, err);
    fg_field_shown(field, shown);
    rc = refine(&match, offer->instance, err);
    if (rc == 0)
        rc = check_memory(text, &match, row, err);
    if (rc < 0)
        return rc;
    say_assumptions(&match, shown, row);
    fg_copy(offer->accelerator, FG_KIND_MAX, match.accelerator->kind);
    offer->accelerator_mem_mib = match.accelerator->mem_mib;
    offer->accelerators *= match.devices;
    return 0;
}

/* -- how many ---------------------------------------------------------------------------------------- */

static int read_devices(const struct fg_offer_cells *cells,
                        struct fg_offer_row *row,
                        struct fg_err *err)
{
    const char *odd = NULL;
    int64_t milli = 0;
    int rc = fg_offer_number(cells->of[FG_OFFER_COUNT], 3, &milli, &odd, err);
    if (rc < 0)
        return fg_wrap(err, rc, "accelerator_count");
    if (rc == 0)
        return fg_fail(err, FG_EINVAL, "no accelerator_count");
    if (milli <= 0)
        return fg_fail(err, FG_EINVAL,
                       "accelerator_count: %lld thousandths, expected 1 or more",
                       (long long)milli);
    if (milli % 1000)
        return fg_fail(
            err, FG_EINVAL,
            "accelerator_count: %lld thousandths: a part of a device is not sold here",
            (long long)milli);
    if (milli / 1000 > MACHINE_DEVICES_MAX)
        return fg_fail(err, FG_EINVAL, "accelerator_count: %lld, no machine has more than %d",
                       (long long)(milli / 1000), MACHINE_DEVICES_MAX);
    row->offers[0].accelerators = (uint32_t)(milli / 1000);
    return 0;
}

/* "8x_H100", "gpu_8x_h100": the number in the name, or 0. */
static uint32_t told_by_name(const char *instance)
{
    if (strncasecmp(instance, "gpu_", 4) == 0)
        instance += 4;
    char *end;
    unsigned long value = isdigit((unsigned char)*instance) ? strtoul(instance, &end, 10) : 0;
    if (value == 0 || value > MACHINE_DEVICES_MAX || (*end != 'x' && *end != 'X'))
        return 0;
    return end[1] == '_' || end[1] == '-' ? (uint32_t)value : 0;
}

static int check_count(struct fg_offer_row *row, struct fg_err *err)
{
    struct fg_offer *offer = &row->offers[0];
    uint32_t told = told_by_name(offer->instance);
    if (told && told != offer->accelerators)
        return fg_fail(err, FG_EINVAL, "%u devices, and instance type %s says %u",
                       offer->accelerators, offer->instance, told);
    return check_machine(row, err);
}

/* -- cores and memory of the machine ----------------------------------------------------------------- */

/* More memory than any machine has, in thousandths of GiB: then it was told in MiB. */
static bool is_too_much(int64_t gib_milli, int64_t cpu_milli)
{
    return gib_milli > HOST_GIB_MAX * 1000LL
           || (cpu_milli > 0 && gib_milli / HOST_GIB_OF_CORE > cpu_milli);
}

static int read_memory(const struct fg_offer_cells *cells,
                       struct fg_offer_row *row,
                       int64_t cpu_milli,
                       int64_t *out_gib_milli,
                       struct fg_err *err)
{
    const char *odd = NULL;
    struct fg_field field = cells->of[FG_OFFER_MEMORY];
    int64_t mib;
    if (with_unit(field, &mib)) {
        *out_gib_milli = mib * 1000 / 1024;
        return 0;
    }
    int rc = fg_offer_number(field, 3, out_gib_milli, &odd, err);
    if (rc < 0)
        return fg_wrap(err, rc, "memory_gib");
    if (is_too_much(*out_gib_milli, cpu_milli) && *out_gib_milli >= 1024 * 1000LL
        && !is_too_much(*out_gib_milli / 1024, cpu_milli)) {
        fg_offer_repair(row, "memory of the machine is %lld: read as MiB",
                        (long long)(*out_gib_milli / 1000));
        *out_gib_milli /= 1024;
    }
    if (*out_gib_milli < 0 || *out_gib_milli > HOST_GIB_MAX * 1000LL)
        return fg_fail(err, FG_EINVAL, "memory_gib: %lld, expected 0 to %d",
                       (long long)(*out_gib_milli / 1000), HOST_GIB_MAX);
    return 0;
}

static int read_machine(const struct fg_offer_cells *cells,
                        struct fg_offer_row *row,
                        struct fg_err *err)
{
    struct fg_offer *offer = &row->offers[0];
    const char *odd = NULL;
    int64_t cpu = 0, gib_milli = 0;
    int rc = fg_offer_number(cells->of[FG_OFFER_VCPUS], 3, &cpu, &odd, err);
    if (rc < 0)
        return fg_wrap(err, rc, "vcpus");
    if (cpu < 0 || cpu > FG_CPUS_MAX * 1000LL)
        return fg_fail(err, FG_EINVAL, "vcpus: %lld thousandths, expected 0 to %d cores",
                       (long long)cpu, FG_CPUS_MAX);
    rc = read_memory(cells, row, cpu, &gib_milli, err);
    if (rc < 0)
        return rc;
    if (cpu > HOST_CORES_MAX * 1000LL && gib_milli > 0 && gib_milli < cpu / 2) {
        int64_t kept = cpu;
        fg_offer_repair(row, "vcpus and memory were the other way round");
        cpu = gib_milli / 1000 * 1000;
        gib_milli = kept;
    }
    offer->cpu_milli = (uint32_t)cpu;
    offer->mem_mib = (uint64_t)(gib_milli * 1024 / 1000);
    return 0;
}

/* Each device of a machine has a core at least. */
static int check_cores(const struct fg_offer *offer, struct fg_err *err)
{
    if (offer->cpu_milli == 0 || offer->cpu_milli / FG_WHOLE_MILLI >= offer->accelerators)
        return 0;
    return fg_fail(err, FG_EINVAL, "%u devices and %u thousandths of cores: columns swapped?",
                   offer->accelerators, offer->cpu_milli);
}

/* -- devices that are charged apart from their machine ------------------------------------------------- */

static const struct {
    const char *supplier, *kind;
    uint32_t devices;
    const char *instance;
} hosts[] = {
#define X(supplier, kind, devices, instance) {supplier, kind, devices, instance},
#include "supply/host_machine.def"
#undef X
};

#define HOSTS_LEN (sizeof(hosts) / sizeof(hosts[0]))

static bool charges_apart(const char *supplier)
{
    for (size_t i = 0; i < HOSTS_LEN; i++)
        if (strcasecmp(hosts[i].supplier, supplier) == 0)
            return true;
    return false;
}

/* A row without an instance type: a slice of TPUs has its own name, devices apart need a machine, others get a made name. */
static void name_instance(const struct fg_offer_cells *cells, struct fg_offer_row *row)
{
    struct fg_offer *offer = &row->offers[0];
    char text[TEXT_SHOWN];
    if (offer->instance[0])
        return;
    text_of(cells->of[FG_OFFER_ACCELERATOR], text, sizeof(text));
    if (strncmp(offer->accelerator, "tpu-", 4) == 0) {
        fg_name_make(text, offer->instance);
        return;
    }
    snprintf(offer->instance, FG_NAME_MAX, "%ux-%s", offer->accelerators, offer->accelerator);
    row->devices_only = charges_apart(offer->supplier);
    for (size_t i = 0; row->devices_only && !row->host[0] && i < HOSTS_LEN; i++)
        if (hosts[i].devices == offer->accelerators
            && (strcmp(hosts[i].kind, offer->accelerator) == 0
                || strcasecmp(hosts[i].kind, text) == 0))
            fg_copy(row->host, FG_NAME_MAX, hosts[i].instance);
}

bool fg_offer_row_is_host(const struct fg_offer_cells *cells)
{
    return fg_offer_is_empty(cells->of[FG_OFFER_ACCELERATOR])
           && !fg_offer_is_empty(cells->of[FG_OFFER_INSTANCE]);
}

int fg_offer_row_host(const struct fg_offer_reading *reading,
                      const struct fg_offer_cells *cells,
                      struct fg_host_row *out,
                      struct fg_err *err)
{
    struct fg_offer_row row = {};
    const char *odd = NULL;
    *out = (struct fg_host_row){};
    int rc = fg_offer_row_names(reading, cells, &row, err);
    if (rc == 0)
        rc = read_machine(cells, &row, err);
    if (rc == 0)
        rc =
            fg_offer_number(cells->of[FG_OFFER_PRICE], 6, &out->price_uusd_per_hour, &odd, err);
    if (rc >= 0)
        rc = fg_offer_number(cells->of[FG_OFFER_SPOT], 6, &out->spot_uusd_per_hour, &odd, err);
    if (rc < 0)
        return rc;
    const struct fg_offer *offer = &row.offers[0];
    memcpy(out->supplier, offer->supplier, FG_NAME_MAX);
    memcpy(out->instance, offer->instance, FG_NAME_MAX);
    memcpy(out->region, offer->region, FG_NAME_MAX);
    memcpy(out->zone, offer->zone, FG_NAME_MAX);
    out->cpu_milli = offer->cpu_milli;
    out->mem_mib = offer->mem_mib;
    return 0;
}

void fg_offer_row_join(struct fg_offer_row *row, const struct fg_host_row *host)
{
    size_t kept = 0;
    for (size_t i = 0; i < row->len; i++) {
        struct fg_offer offer = row->offers[i];
        bool is_spot = offer.contract == FG_CONTRACT_SPOT;
        int64_t price = is_spot ? host->spot_uusd_per_hour : host->price_uusd_per_hour;
        if (price <= 0)
            continue;
        offer.price_uusd_per_hour += price;
        offer.cpu_milli = host->cpu_milli;
        offer.mem_mib = host->mem_mib;
        snprintf(offer.instance, FG_NAME_MAX, "%.40s-%ux", host->instance, offer.accelerators);
        row->offers[kept++] = offer;
    }
    row->len = kept;
    fg_offer_repair(row, "price is of the devices alone: that of the machine %s is added",
                    host->instance);
}

/* -- the row ----------------------------------------------------------------------------------------- */

int fg_offer_row_read(const struct fg_offer_reading *reading,
                      const struct fg_offer_cells *cells,
                      struct fg_offer_row *out,
                      struct fg_err *err)
{
    *out = (struct fg_offer_row){};
    if (fg_offer_is_empty(cells->of[FG_OFFER_ACCELERATOR]))
        return fg_fail(err, FG_EINVAL, "no accelerator: a machine alone");
    int rc = fg_offer_row_names(reading, cells, out, err);
    if (rc == 0)
        rc = read_devices(cells, out, err);
    if (rc == 0)
        rc = check_count(out, err);
    if (rc == 0)
        rc = read_accelerator(cells, out, err);
    if (rc == 0)
        rc = read_machine(cells, out, err);
    if (rc == 0)
        rc = check_cores(&out->offers[0], err);
    if (rc == 0) {
        name_instance(cells, out);
        rc = fg_offer_row_prices(cells, out, err);
    }
    for (size_t i = 0; rc == 0 && i < out->len; i++)
        rc = fg_offer_check(&out->offers[i], err);
    return rc;
}
