/* affinity.c - see affinity.h */
#include "engine/affinity.h"

#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORES_MAX 4096

struct fg_affinity {
    hwloc_topology_t topology; /* NULL: could not be read */
    hwloc_bitmap_t allowed;    /* what we may use at all */
    uint16_t use[CORES_MAX];   /* tasks bound to each logical CPU */
};

struct fg_affinity *fg_affinity_new(void)
{
    struct fg_affinity *affinity = calloc(1, sizeof(*affinity));
    if (!affinity)
        abort();
    if (hwloc_topology_init(&affinity->topology) < 0) {
        affinity->topology = NULL;
        return affinity;
    }
    /* Only NUMA nodes and CPUs matter: leaving out the rest keeps the tree small. */
    hwloc_topology_set_all_types_filter(affinity->topology, HWLOC_TYPE_FILTER_KEEP_STRUCTURE);
    if (hwloc_topology_load(affinity->topology) < 0) {
        hwloc_topology_destroy(affinity->topology);
        affinity->topology = NULL;
        return affinity;
    }
    affinity->allowed = hwloc_bitmap_alloc();
    hwloc_get_cpubind(affinity->topology, affinity->allowed, HWLOC_CPUBIND_PROCESS);
    return affinity;
}

void fg_affinity_free(struct fg_affinity *affinity)
{
    if (!affinity)
        return;
    if (affinity->topology)
        hwloc_topology_destroy(affinity->topology);
    hwloc_bitmap_free(affinity->allowed);
    free(affinity);
}

/* The NUMA node next to the first granted device, or -1. */
static int numa_of(const struct fg_task_start *start)
{
    for (uint32_t i = 0; i < start->node->devices_len; i++)
        if (start->grant.devices >> i & 1)
            return start->node->devices[i].numa;
    return -1;
}

/* Move the `want` least used of `from` to `to`; how many there were. */
static unsigned take_least_used(const struct fg_affinity *affinity,
                                hwloc_bitmap_t from,
                                hwloc_bitmap_t to,
                                unsigned want)
{
    unsigned taken = 0;
    for (; taken < want && !hwloc_bitmap_iszero(from); taken++) {
        int best = -1;
        for (int cpu = hwloc_bitmap_first(from); cpu >= 0; cpu = hwloc_bitmap_next(from, cpu))
            if (cpu < CORES_MAX && (best < 0 || affinity->use[cpu] < affinity->use[best]))
                best = cpu;
        if (best < 0)
            break;
        hwloc_bitmap_clr(from, (unsigned)best);
        hwloc_bitmap_set(to, (unsigned)best);
    }
    return taken;
}

static void count(struct fg_affinity *affinity, hwloc_const_bitmap_t set, int step)
{
    for (int cpu = hwloc_bitmap_first(set); cpu >= 0; cpu = hwloc_bitmap_next(set, cpu))
        if (cpu < CORES_MAX)
            affinity->use[cpu] = (uint16_t)(affinity->use[cpu] + step);
}

/* Keep `set` as the cores of a task, if its text has room. */
static void keep(struct fg_affinity *affinity,
                 hwloc_bitmap_t set,
                 struct fg_affinity_cores *out)
{
    int len = hwloc_bitmap_list_snprintf(out->text, sizeof(out->text), set);
    if (len <= 0 || len >= (int)sizeof(out->text))
        out->text[0] = '\0';
    else
        count(affinity, set, 1);
}

void fg_affinity_pick(struct fg_affinity *affinity,
                      const struct fg_task_start *start,
                      struct fg_affinity_cores *out)
{
    unsigned want = start->grant.cpu_milli / 1000;
    out->text[0] = '\0';
    if (!affinity->topology || start->grant.devices == 0 || want == 0
        || start->grant.cpu_milli % 1000 != 0
        || want >= (unsigned)hwloc_bitmap_weight(affinity->allowed))
        return;
    hwloc_bitmap_t near = hwloc_bitmap_alloc(), far = hwloc_bitmap_dup(affinity->allowed);
    hwloc_bitmap_t chosen = hwloc_bitmap_alloc();
    int numa = numa_of(start);
    hwloc_obj_t node =
        numa < 0 ? NULL
                 : hwloc_get_numanode_obj_by_os_index(affinity->topology, (unsigned)numa);
    if (node && node->cpuset)
        hwloc_bitmap_and(near, node->cpuset, affinity->allowed);
    hwloc_bitmap_andnot(far, far, near);
    unsigned taken = take_least_used(affinity, near, chosen, want);
    take_least_used(affinity, far, chosen, want - taken);
    keep(affinity, chosen, out);
    hwloc_bitmap_free(near);
    hwloc_bitmap_free(far);
    hwloc_bitmap_free(chosen);
}

void fg_affinity_release(struct fg_affinity *affinity, struct fg_affinity_cores *cores)
{
    if (cores->text[0] == '\0')
        return;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    if (hwloc_bitmap_list_sscanf(set, cores->text) == 0)
        count(affinity, set, -1);
    hwloc_bitmap_free(set);
    cores->text[0] = '\0';
}

void fg_affinity_learn(struct fg_affinity *affinity,
                       pid_t program,
                       struct fg_affinity_cores *out)
{
    cpu_set_t set;
    out->text[0] = '\0';
    if (!affinity->topology || sched_getaffinity(program, sizeof(set), &set) < 0)
        return;
    hwloc_bitmap_t bitmap = hwloc_bitmap_alloc();
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set))
            hwloc_bitmap_set(bitmap, cpu);
    if (!hwloc_bitmap_isequal(bitmap, affinity->allowed))
        keep(affinity, bitmap, out);
    hwloc_bitmap_free(bitmap);
}
