/* resources.h - what a task asks for, what a node has, what a task was given.
 *
 * Units are in the names: _milli thousandths (1000 = one whole device or one CPU core), _mib
 * mebibytes, _us microseconds (UTC where it is a moment), _uusd millionths of a US dollar.
 */
#pragma once

#include "model/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define FG_WHOLE_MILLI 1000 /* a whole device, or a whole core */

typedef uint32_t fg_node_id; /* 1, 2, ...; 0 is no node */

/* What one task (rank) of a job asks for.  A gang asks for it `tasks` times. */
struct fg_request {
    char kind[FG_KIND_MAX]; /* accelerator kind, lower case; "" none; "any" any accelerator */
    uint32_t count;         /* accelerators per task, all on one node */
    uint32_t gpu_milli;     /* of each; below 1000 only with count 1 */
    uint32_t gpu_mem_mib;   /* least memory of each device (or of the share); 0: any */
    uint32_t cpu_milli;
    uint64_t mem_mib; /* host memory; 0: no claim and no limit */
    /* Of that, or without it, so much is set apart: what jobs like it took.  Set by the service (docs/learning.md); 0: as asked. */
    uint64_t mem_learned_mib;
    /* How fast the job runs on this alternative, in thousandths of any unit that is the same for all its
     * alternatives (YAML `throughput`); 0: not told. */
    uint32_t rate_milli;
    /* Data that must be where it runs, and the site that has it; 0, "": none. */
    uint32_t data_mib;
    char data_site[FG_NAME_MAX];
    /* On whose nodes: "a,b" only these, "-a,-b" all but these, "" all; this machine's own is "local".  Sorted, each once. */
    char suppliers[FG_WHERE_MAX];
    char regions[FG_WHERE_MAX]; /* only there: "eu,us"; "" anywhere */
    /* A node's device-hour may cost so much at most (of a node without devices: its core-hour); 0: any price. */
    int64_t max_price_uusd;
    bool may_split; /* tasks of one gang may be on nodes of several suppliers */
};

enum fg_vendor {
    FG_VENDOR_OTHER,
    FG_VENDOR_NVIDIA,
    FG_VENDOR_AMD,
    FG_VENDOR_INTEL,
    FG_VENDOR_CPU
};

/* How a share of a device is kept to its size. */
enum fg_share_mode {
    FG_SHARE_ADVISORY, /* nothing enforces it */
    FG_SHARE_MPS,      /* CUDA MPS thread percentage and memory limit */
    FG_SHARE_MIG,      /* a hardware instance; each instance is a device of its own */
};

struct fg_device_spec {
    char kind[FG_KIND_MAX]; /* "h100-sxm-80g", "fpga-u250"; lower case, [a-z0-9._-] */
    char id[FG_NAME_MAX];   /* what the exposing variable wants: "GPU-<uuid>", "MIG-...", "0" */
    char expose[FG_NAME_MAX]; /* variable: CUDA_VISIBLE_DEVICES, HIP_VISIBLE_DEVICES, ... */
    enum fg_vendor vendor;
    enum fg_share_mode share;
    uint32_t mem_mib; /* 0: unknown or none */
    int32_t numa;     /* nearest NUMA node, -1 unknown */
    int32_t
        island; /* devices of a node with the same number talk to each other directly: NVLink, one PCIe switch; -1 unknown */
};

/* A machine.  Its CPU is device `cpu`, capacity cpu_milli; accelerators are devices[0..]. */
struct fg_node_spec {
    char name[FG_NAME_MAX]; /* unique in the pool */
    uint32_t cpu_milli;     /* cores x 1000 */
    uint64_t mem_mib;
    int64_t price_uusd_per_hour; /* the whole machine; 0 owned and not priced */
    char supplier[FG_NAME_MAX];  /* whose engine runs work there; "" this machine's own */
    char
        address[FG_NAME_MAX]; /* how its neighbours reach it: host name or IP; "" by its name */
    char region[FG_NAME_MAX]; /* "" unknown */
    char site[FG_NAME_MAX], rack[FG_NAME_MAX]; /* where it stands; "" unknown */
    uint32_t asleep_watts, idle_watts,
        busy_watts;               /* the whole machine; one that never sleeps: as idle */
    uint32_t measured_idle_watts; /* while it was empty; 0: nobody has measured that */
    bool is_watts_assumed; /* of the others nobody told: they are those of such machines */
    uint32_t away_milli;   /* of the time it is not there, by what is known of its supplier */
    bool is_spot;          /* who rents it out may take it back at short notice */
    bool whole_only;       /* its engine gives out whole devices, no shares of them */
    uint32_t devices_len;
    struct fg_device_spec
        devices[FG_NODE_DEVICES_MAX]; /* last: a kept copy ends with devices_len of them */
};

/* What one task was given on one node. */
struct fg_grant {
    fg_node_id node;
    uint32_t devices;   /* bit i: devices[i] of the node */
    uint32_t gpu_milli; /* of each device in the mask */
    uint32_t cpu_milli;
    uint64_t mem_mib;
};

enum fg_node_state { FG_NODE_UP, FG_NODE_DRAINING, FG_NODE_DRAINED, FG_NODE_DOWN };
const char *fg_node_state_name(
    enum fg_node_state state); /* "up", "draining", "drained", "down" */
