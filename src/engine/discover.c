/* discover.c - see discover.h */
#include "engine/discover.h"

#include "engine/fs.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DRIVER_WAIT_US 8000000
#define MIB            (1024 * 1024)

static void read_name(char out[FG_NAME_MAX])
{
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    size_t len = 0;
    for (const char *at = host; *at && len + 1 < FG_NAME_MAX; at++)
        out[len++] = (char)(isalnum((unsigned char)*at) || strchr("._-", *at)
                                ? tolower((unsigned char)*at)
                                : '-');
    out[len] = '\0';
    if (len == 0)
        strcpy(out, "localhost");
}

/* Cores x 1000 that a CPU quota leaves us; INT64_MAX: no quota. */
static int64_t quota_milli(void)
{
    char text[64];
    int64_t quota, period;
    if (fg_fs_read_small(AT_FDCWD, "/sys/fs/cgroup/cpu.max", text, sizeof(text)) > 0
        && sscanf(text, "%" SCNd64 " %" SCNd64, &quota, &period) == 2 && period > 0)
        return quota * 1000 / period;
    quota = fg_fs_read_number(AT_FDCWD, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    period = fg_fs_read_number(AT_FDCWD, "/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    return quota > 0 && period > 0 ? quota * 1000 / period : INT64_MAX;
}

static uint32_t cores_milli(void)
{
    cpu_set_t set;
    int64_t milli = sched_getaffinity(0, sizeof(set), &set) == 0
                        ? CPU_COUNT(&set) * 1000L
                        : sysconf(_SC_NPROCESSORS_ONLN) * 1000;
    int64_t quota = quota_milli();
    if (quota < milli)
        milli = quota;
    return milli < 100 ? 100 : (uint32_t)milli;
}

static uint64_t memory_mib(void)
{
    int64_t bytes = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    int64_t limit = fg_fs_read_number(AT_FDCWD, "/sys/fs/cgroup/memory.max");
    if (limit > 0 && limit < bytes)
        bytes = limit;
    return (uint64_t)bytes / MIB;
}

/* The device that is exposed by the same name; NULL: none. */
static struct fg_device_spec *same_device(struct fg_node_spec *node,
                                          const struct fg_device_spec *declared)
{
    for (uint32_t i = 0; i < node->devices_len; i++)
        if (strcmp(node->devices[i].expose, declared->expose) == 0
            && strcmp(node->devices[i].id, declared->id) == 0)
            return &node->devices[i];
    return NULL;
}

static void add_declared(struct fg_node_spec *node, const struct fg_device_spec *declared)
{
    struct fg_device_spec *same = declared->expose[0] ? same_device(node, declared) : NULL;
    if (same)
        memcpy(same->kind, declared->kind, sizeof(same->kind));
    else if (node->devices_len < FG_NODE_DEVICES_MAX)
        node->devices[node->devices_len++] = *declared;
}

const char *fg_discover_machine(const struct fg_discover *how, struct fg_node_spec *out)
{
    const char *silent = NULL;
    *out = (struct fg_node_spec){.cpu_milli = cores_milli(), .mem_mib = memory_mib()};
    read_name(out->name);
    int found = how->probe ? fg_probe_devices(how->probe, out->devices, FG_NODE_DEVICES_MAX,
                                              DRIVER_WAIT_US, &silent)
                           : 0;
    out->devices_len = found > 0 ? (uint32_t)found : 0;
    for (size_t i = 0; i < how->declared_len; i++)
        add_declared(out, &how->declared[i]);
    out->price_uusd_per_hour = how->config->cpu_price_uusd_per_core_hour * out->cpu_milli / 1000
                               + how->config->gpu_price_uusd_per_hour * out->devices_len;
    return silent;
}
