/* inspect.c - the verdict; see inspect.h */
#include "supply/inspect.h"

#include "model/names.h"
#include "supply/accelerator.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* NVML's nvmlClocksEventReason bits that tell of a fault: heat (software and hardware), the hardware's own brake, and the
 * brake of the power supply.  The others (idle, power cap, set clocks) are how a healthy device runs. */
#define SLOWDOWN_HARDWARE 0x08
#define SLOWDOWN_HEAT     0x60
#define SLOWDOWN_POWER    0x80

static const char *const results[FG_BURN_INS] = {"not_run", "passed", "failed"};

const char *fg_burn_in_name(enum fg_burn_in result)
{
    assert(result < FG_BURN_INS);
    return results[result];
}

int fg_burn_in_find(const char *name)
{
    for (int result = 0; result < FG_BURN_INS; result++)
        if (strcmp(results[result], name) == 0)
            return result;
    return -1;
}

/* The driver's words for the product may tell the form ("NVIDIA H100 PCIe") that the short kind leaves out. */
static bool is_other_form(const struct fg_inspect_device *device, const char *ordered)
{
    const struct fg_accelerator *want = fg_accelerator_find(ordered);
    if (!want || !want->form[0] || !device->product[0])
        return false;
    struct fg_accelerator_match match =
        fg_accelerator_match(device->product, NULL, device->mem_mib);
    return match.accelerator && !match.form_assumed && match.accelerator->form[0]
           && strcmp(match.accelerator->form, want->form) != 0;
}

static bool is_same(const struct fg_inspect_rules *rules,
                    const struct fg_inspect_device *device,
                    const char *ordered)
{
    const char *found = device->kind;
    if (rules->same)
        return rules->same(rules->same_self, found, ordered);
    /* Its memory is judged by itself: then the reason says so. */
    bool same = fg_accelerator_fits(found, 0, ordered) || fg_kind_is(ordered, found);
    return same && !is_other_form(device, ordered);
}

/* Which devices are of the kind that was ordered: a bit each. */
static uint32_t devices_of_kind(const struct fg_inspect_report *report,
                                const struct fg_offer *offer,
                                const struct fg_inspect_rules *rules)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; i < report->devices_len; i++)
        if (is_same(rules, &report->devices[i], offer->accelerator))
            mask |= 1u << i;
    return mask;
}

static int judge_count(const struct fg_inspect_report *report,
                       const struct fg_offer *offer,
                       uint32_t mask,
                       struct fg_err *err)
{
    uint32_t found = (uint32_t)__builtin_popcount(mask);
    if (report->devices_unreachable)
        return fg_fail(err, FG_EBACKEND, "the driver of the accelerators does not answer");
    if (report->devices_len == 0)
        return fg_fail(err, FG_EBACKEND, "no accelerators are there, ordered %u %s",
                       offer->accelerators, offer->accelerator);
    if (found == 0)
        return fg_fail(err, FG_EBACKEND, "accelerators are %s (%s), ordered %u %s",
                       report->devices[0].kind, report->devices[0].product, offer->accelerators,
                       offer->accelerator);
    if (found < offer->accelerators)
        return fg_fail(err, FG_EBACKEND, "%u of %u %s are there", found, offer->accelerators,
                       offer->accelerator);
    return 0;
}

/* What a device of the order has; 0: nobody knows. */
static uint32_t ordered_memory_mib(const struct fg_offer *offer)
{
    const struct fg_accelerator *known = fg_accelerator_find(offer->accelerator);
    return offer->accelerator_mem_mib ? offer->accelerator_mem_mib : known ? known->mem_mib : 0;
}

static int judge_memory(const struct fg_inspect_device *device,
                        uint32_t index,
                        const struct fg_offer *offer,
                        struct fg_err *err)
{
    uint64_t percent = device->ecc_on == 1 ? 92 : 97;
    uint32_t ordered_mib = ordered_memory_mib(offer);
    if ((uint64_t)device->mem_mib * 100 >= ordered_mib * percent)
        return 0;
    return fg_fail(err, FG_EBACKEND,
                   "accelerator %u (%s) has %u MiB of memory, expected at least %u %% of %u",
                   index, device->kind, device->mem_mib, (unsigned)percent, ordered_mib);
}

static int judge_id(const struct fg_inspect_report *report, uint32_t index, struct fg_err *err)
{
    for (uint32_t i = 0; i < index; i++)
        if (report->devices[index].id[0]
            && strcmp(report->devices[i].id, report->devices[index].id) == 0)
            return fg_fail(err, FG_EBACKEND,
                           "accelerators %u and %u are one: both have the id %s", i, index,
                           report->devices[i].id);
    return 0;
}

static int judge_health(const struct fg_inspect_device *device,
                        uint32_t index,
                        struct fg_err *err)
{
    if (device->remap_failed == 1)
        return fg_fail(err, FG_EBACKEND,
                       "accelerator %u (%s): rows of its memory could not be remapped", index,
                       device->kind);
    if (device->ecc_uncorrected > 0)
        return fg_fail(err, FG_EBACKEND,
                       "accelerator %u (%s): %" PRId64 " uncorrected memory errors, expected 0",
                       index, device->kind, device->ecc_uncorrected);
    if (device->remap_pending == 1)
        return fg_fail(err, FG_EBACKEND,
                       "accelerator %u (%s): rows of its memory wait to be remapped by a reset",
                       index, device->kind);
    if (device->slowdown <= 0)
        return 0;
    const char *why = device->slowdown & SLOWDOWN_HEAT       ? "heat"
                      : device->slowdown & SLOWDOWN_HARDWARE ? "its hardware"
                      : device->slowdown & SLOWDOWN_POWER    ? "its power supply"
                                                             : NULL;
    return why ? fg_fail(err, FG_EBACKEND, "accelerator %u (%s) is slowed down by %s", index,
                         device->kind, why)
               : 0;
}

static int judge_devices(const struct fg_inspect_report *report,
                         const struct fg_offer *offer,
                         uint32_t mask,
                         struct fg_err *err)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < report->devices_len; i++)
        if (mask & 1u << i)
            rc = judge_memory(&report->devices[i], i, offer, err);
    for (uint32_t i = 0; rc == 0 && i < report->devices_len; i++)
        rc = judge_id(report, i, err);
    for (uint32_t i = 0; rc == 0 && i < report->devices_len; i++)
        if (mask & 1u << i)
            rc = judge_health(&report->devices[i], i, err);
    return rc;
}

static int judge_host(const struct fg_inspect_report *report,
                      const struct fg_offer *offer,
                      struct fg_err *err)
{
    if (report->cpu_milli < offer->cpu_milli)
        return fg_fail(err, FG_EBACKEND, "%u.%03u CPU cores are there, ordered %u.%03u",
                       report->cpu_milli / 1000, report->cpu_milli % 1000,
                       offer->cpu_milli / 1000, offer->cpu_milli % 1000);
    if (report->mem_mib < offer->mem_mib - offer->mem_mib / 10)
        return fg_fail(err, FG_EBACKEND,
                       "%" PRIu64
                       " MiB of memory are there, expected at least 90 %% of %" PRIu64,
                       report->mem_mib, offer->mem_mib);
    return 0;
}

/* Our test is for NVIDIA's devices: of others nobody can want it. */
static bool can_be_tested(const struct fg_offer *offer)
{
    const struct fg_accelerator *known = fg_accelerator_find(offer->accelerator);
    return !known || strcmp(known->vendor, "nvidia") == 0;
}

static int judge_device_test(const struct fg_inspect_device *device,
                             uint32_t index,
                             bool wants_burn_in,
                             struct fg_err *err)
{
    if (device->burn_in == FG_BURN_IN_FAILED)
        return fg_fail(err, FG_EBACKEND, "accelerator %u (%s): the burn-in failed: %s", index,
                       device->kind, device->burn_in_reason);
    if (wants_burn_in && device->burn_in == FG_BURN_IN_NOT_RUN)
        return fg_fail(err, FG_EBACKEND, "accelerator %u (%s) was not put to the test%s%s",
                       index, device->kind, device->burn_in_reason[0] ? ": " : "",
                       device->burn_in_reason);
    return 0;
}

static int judge_burn_in(const struct fg_inspect_report *report,
                         uint32_t mask,
                         const struct fg_offer *offer,
                         bool wanted,
                         struct fg_err *err)
{
    if (report->burn_in == FG_BURN_IN_FAILED)
        return fg_fail(err, FG_EBACKEND, "the burn-in of CPU and memory failed: %s",
                       report->burn_in_reason);
    if (wanted && report->burn_in == FG_BURN_IN_NOT_RUN)
        return fg_fail(err, FG_EBACKEND, "the machine was not put to the test%s%s",
                       report->burn_in_reason[0] ? ": " : "", report->burn_in_reason);
    wanted = wanted && can_be_tested(offer);
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < report->devices_len; i++)
        if (mask & 1u << i)
            rc = judge_device_test(&report->devices[i], i, wanted, err);
    return rc;
}

int fg_inspect_judge(const struct fg_inspect_report *report,
                     const struct fg_offer *offer,
                     const struct fg_inspect_rules *rules,
                     struct fg_err *err)
{
    assert(report->devices_len <= FG_NODE_DEVICES_MAX);
    uint32_t mask = devices_of_kind(report, offer, rules);
    int rc = judge_count(report, offer, mask, err);
    if (rc == 0)
        rc = judge_devices(report, offer, mask, err);
    if (rc == 0)
        rc = judge_host(report, offer, err);
    return rc == 0 ? judge_burn_in(report, mask, offer, rules->wants_burn_in, err) : rc;
}
