/* inspect.h - is what was delivered what was ordered?
 *
 *     fastgpu node inspect --json (on the machine) --> INSPECT: read --> report
 *                               offer of the order --> INSPECT: judge -> accepted, or rejected with the reason in words
 *
 * A report comes from a machine that we do not know yet, through a plug-in: nothing in it is believed to be well formed.
 * What a report does not say is -1 or "": unknown is no fault, unless it is what was ordered (kind, count, memory).
 */
#pragma once

#include "base/buf.h"
#include "base/doc.h"
#include "model/offer.h"

enum fg_burn_in { FG_BURN_IN_NOT_RUN, FG_BURN_IN_PASSED, FG_BURN_IN_FAILED, FG_BURN_INS };
const char *fg_burn_in_name(enum fg_burn_in result); /* "not_run", "passed", "failed" */
int fg_burn_in_find(const char *name);               /* the result, or -1 */

struct fg_inspect_device {
    char kind[FG_KIND_MAX];    /* "h100" */
    char product[FG_NAME_MAX]; /* the driver's words: "NVIDIA H100 80GB HBM3" */
    char id[FG_NAME_MAX];      /* its UUID: unique */
    uint32_t mem_mib;
    /* From here on -1 is unknown. */
    int32_t ecc_on;          /* 0 or 1 */
    int64_t ecc_uncorrected; /* errors of memory not repaired, since the driver was loaded */
    int64_t rows_remapped;   /* by uncorrectable errors */
    int32_t remap_pending, remap_failed; /* 0 or 1 */
    int64_t temp_c, power_mw;
    int64_t
        slowdown; /* NVML's bits of why its clocks are low: only hardware and heat are faults */
    enum fg_burn_in burn_in;
    int64_t gflops; /* 32-bit multiply-adds, measured by the burn-in */
    char burn_in_reason[FG_TEXT_MAX];
};

struct fg_inspect_report {
    char host[FG_NAME_MAX];
    char driver[FG_NAME_MAX]; /* version of the accelerators' driver */
    uint32_t cpu_milli;
    uint64_t mem_mib;
    int64_t disk_mib, disk_free_mib; /* where the service's data would lie; -1 unknown */
    enum fg_burn_in burn_in;         /* of CPU and memory */
    char burn_in_reason[FG_TEXT_MAX];
    int64_t burn_in_us;       /* how long it was put to the test; 0: only looked at */
    bool devices_unreachable; /* the driver is there and did not answer */
    uint32_t devices_len;
    struct fg_inspect_device devices[FG_NODE_DEVICES_MAX];
};

/* As `fastgpu node inspect --json` prints it, one object, at the end of `out`. */
void fg_inspect_write(struct fg_buf *out, const struct fg_inspect_report *report);

/* Read one object of that form; members that are not known are passed over.  FG_EINVAL: what is wrong and where; `*out` is
 * not changed then. */
[[nodiscard]] int fg_inspect_read(const struct fg_doc *doc,
                                  struct fg_inspect_report *out,
                                  struct fg_err *err);

/* Whether a device of kind `found` serves who ordered `ordered`.  Without such a function the catalogue of accelerators says
 * so: one is the other or a more general name of it ("h100", as a driver says, for "h100-sxm-80g"), and the product's full
 * name tells of no other form. */
typedef bool fg_inspect_same_fn(const void *self, const char *found, const char *ordered);

struct fg_inspect_rules {
    fg_inspect_same_fn *same; /* NULL: the catalogue */
    const void *same_self;
    bool
        wants_burn_in; /* reject what was not put to the test and could be: devices of NVIDIA */
};

/* One delivered instance against its offer.  0: accept.  FG_EBACKEND: reject, `err` has the reason in words, "6 of 8
 * h100 are there".  Of several faults the first of these is told: kind, count, memory, one device told twice, health,
 * host, burn-in.
 * Memory of a device: at least 97 % of what was ordered; 92 % with error correction on, which on boards with GDDR takes
 * a sixteenth of it (a T4 of 16 GiB has 15,109 MiB).  Of the host: 90 %, its kernel keeps some.  More than ordered is
 * no fault. */
[[nodiscard]] int fg_inspect_judge(const struct fg_inspect_report *report,
                                   const struct fg_offer *offer,
                                   const struct fg_inspect_rules *rules,
                                   struct fg_err *err);
