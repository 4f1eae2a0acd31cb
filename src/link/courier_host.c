/* courier_host.c - what this machine lends us: the part of it that Slurm gave to the allocation. */
#include "link/courier_inner.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The variables by which devices are exposed, and whose they are.  A value of "0,2" or of UUIDs. */
static const struct {
    const char *name;
    enum fg_vendor vendor;
} exposures[] = {{"CUDA_VISIBLE_DEVICES", FG_VENDOR_NVIDIA},
                 {"ROCR_VISIBLE_DEVICES", FG_VENDOR_AMD},
                 {"HIP_VISIBLE_DEVICES", FG_VENDOR_AMD},
                 {"ZE_AFFINITY_MASK", FG_VENDOR_INTEL}};

static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

/* By its id, or by its number among those of that variable; else it becomes one more.  False: no room. */
static bool find_device(struct fg_node_spec *machine,
                        size_t exposure,
                        const char *id,
                        uint32_t *out)
{
    char *end;
    unsigned long number = strtoul(id, &end, 10), at = 0;
    bool numeric = end != id && *end == '\0';
    for (*out = 0; *out < machine->devices_len; (*out)++) {
        const struct fg_device_spec *device = &machine->devices[*out];
        if (strcmp(device->expose, exposures[exposure].name) != 0)
            continue;
        if (strcmp(device->id, id) == 0 || (numeric && at == number))
            return true;
        at++;
    }
    if (machine->devices_len == FG_NODE_DEVICES_MAX)
        return false;
    struct fg_device_spec *device = &machine->devices[machine->devices_len++];
    *device = (struct fg_device_spec){
        .kind = "gpu", .vendor = exposures[exposure].vendor, .numa = -1, .island = -1};
    strcpy(device->expose, exposures[exposure].name);
    return true;
}

static void add_device(struct fg_courier *courier, size_t exposure, const char *id)
{
    uint32_t at;
    struct fg_node_spec *node = &courier->node, *machine = &courier->machine;
    if (node->devices_len == FG_NODE_DEVICES_MAX || id[0] == '\0' || strlen(id) >= FG_NAME_MAX
        || !find_device(machine, exposure, id, &at))
        return;
    /* As Slurm wrote it: that is what works inside its confinement. */
    strcpy(machine->devices[at].id, id);
    courier->device_at[node->devices_len] = at;
    node->devices[node->devices_len++] = machine->devices[at];
}

static void see_devices(struct fg_courier *courier)
{
    courier->node.devices_len = 0;
    /* The first that says something: some sites set two of them for the same devices. */
    for (size_t i = 0;
         i < sizeof(exposures) / sizeof(exposures[0]) && courier->node.devices_len == 0; i++) {
        char ids[4096], *rest = ids;
        if (!fg_copy(ids, sizeof(ids), env(exposures[i].name))
            || strcmp(ids, "NoDevFiles") == 0)
            continue;
        for (char *id; (id = strsep(&rest, ",")) != NULL;)
            add_device(courier, i, id);
    }
}

/* The numbers of our devices on the whole node: inside Slurm's confinement ours are 0, 1, ... in each allocation.  Of a
 * step, else of the batch job; what does not name all of ours says nothing, and their ids are taken for numbers. */
static void see_places(struct fg_courier *courier)
{
    const struct fg_node_spec *node = &courier->node;
    const char *said = env("SLURM_STEP_GPUS")[0] ? "SLURM_STEP_GPUS" : "SLURM_JOB_GPUS";
    char ids[4096] = "", *rest = ids;
    uint32_t len = 0, places[FG_NODE_DEVICES_MAX];
    (void)fg_copy(ids, sizeof(ids), env(said));
    for (char *id, *end; len < FG_NODE_DEVICES_MAX && (id = strsep(&rest, ",")) != NULL;
         len++) {
        places[len] = (uint32_t)strtoul(id, &end, 10);
        if (end == id || *end || places[len] >= FG_NODE_DEVICES_MAX)
            break;
    }
    courier->is_placed = len > 0 && len == node->devices_len;
    for (uint32_t i = 0; i < node->devices_len; i++) {
        char *end;
        unsigned long number = strtoul(node->devices[i].id, &end, 10);
        bool is_number = end != node->devices[i].id && *end == '\0';
        courier->place_at[i] = courier->is_placed ? places[i]
                               : is_number        ? (uint32_t)number
                                                  : i;
    }
}

static void see_slurm(struct fg_courier *courier)
{
    struct fg_node_spec *node = &courier->node;
    long cores = atol(env("SLURM_CPUS_ON_NODE")), mem_mib = atol(env("SLURM_MEM_PER_NODE"));
    const char *name = env("SLURMD_NODENAME");
    see_devices(courier);
    see_places(courier);
    if (name[0])
        fg_copy_clean(node->name, sizeof(node->name), name);
    if (cores > 0 && cores < FG_CPUS_MAX)
        node->cpu_milli = (uint32_t)cores * 1000;
    if (mem_mib == 0)
        mem_mib = atol(env("SLURM_MEM_PER_CPU")) * cores;
    if (mem_mib > 0)
        node->mem_mib = (uint64_t)mem_mib;
    fg_copy_clean(courier->slurm_job, sizeof(courier->slurm_job), env("SLURM_JOB_ID"));
    courier->restarts = (uint32_t)atol(env("SLURM_RESTART_COUNT"));
}

void fg_courier_see_host(struct fg_courier *courier)
{
    size_t len = 0;
    char host[256] = "";
    /* A driver that does not answer leaves the devices unknown; Slurm's words are enough to use them. */
    fg_engine_local.discover(courier->engine, &courier->machine, 1, &len, NULL);
    courier->node = courier->machine;
    for (uint32_t i = 0; i < FG_NODE_DEVICES_MAX; i++)
        courier->device_at[i] = courier->place_at[i] = i;
    gethostname(host, sizeof(host) - 1);
    fg_copy_clean(courier->node.address, sizeof(courier->node.address), host);
    if (env("SLURM_JOB_ID")[0])
        see_slurm(courier);
}
