/* fake_rsmi.c - NOT ROCm SMI: a fake with some of its calls; see README.md. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

static uint64_t cap_uw = 750000000;

int rsmi_init(uint64_t);
int rsmi_num_monitor_devices(uint32_t *);
int rsmi_shut_down(void);
int rsmi_dev_name_get(uint32_t, char *, size_t);
int rsmi_topo_get_link_type(uint32_t, uint32_t, uint64_t *, int *);
int rsmi_dev_memory_total_get(uint32_t, int, uint64_t *);
int rsmi_dev_memory_usage_get(uint32_t, int, uint64_t *);
int rsmi_dev_busy_percent_get(uint32_t, uint32_t *);
int rsmi_dev_current_socket_power_get(uint32_t, uint64_t *);
int rsmi_dev_power_ave_get(uint32_t, uint32_t, uint64_t *);
int rsmi_dev_power_cap_get(uint32_t, uint32_t, uint64_t *);
int rsmi_dev_power_cap_range_get(uint32_t, uint32_t, uint64_t *, uint64_t *);
int rsmi_dev_power_cap_set(uint32_t, uint32_t, uint64_t);
int rsmi_dev_energy_count_get(uint32_t, uint64_t *, float *, uint64_t *);
int rsmi_dev_temp_metric_get(uint32_t, uint32_t, int, int64_t *);

int rsmi_init(uint64_t)
{
    return 0;
}

int rsmi_num_monitor_devices(uint32_t *out)
{
    *out = 2;
    return 0;
}

int rsmi_shut_down(void)
{
    return 0;
}

int rsmi_dev_name_get(uint32_t, char *out, size_t room)
{
    snprintf(out, room, "AMD Instinct MI300X OAM (FAKE)");
    return 0;
}

int rsmi_topo_get_link_type(uint32_t, uint32_t, uint64_t *hops, int *kind)
{
    *hops = 1;
    *kind = 2;
    return 0;
}

int rsmi_dev_memory_total_get(uint32_t, int, uint64_t *out)
{
    *out = 196592ULL << 20;
    return 0;
}

int rsmi_dev_memory_usage_get(uint32_t, int, uint64_t *out)
{
    *out = 283ULL << 20;
    return 0;
}

int rsmi_dev_busy_percent_get(uint32_t, uint32_t *out)
{
    *out = 42;
    return 0;
}

int rsmi_dev_current_socket_power_get(uint32_t device, uint64_t *out)
{
    *out = 140000000;
    return device == 0 ? 0 : 2; /* the second one is of those before */
}

int rsmi_dev_power_ave_get(uint32_t, uint32_t, uint64_t *out)
{
    *out = 90000000;
    return 0;
}

int rsmi_dev_power_cap_get(uint32_t, uint32_t, uint64_t *out)
{
    *out = cap_uw;
    return 0;
}

int rsmi_dev_power_cap_range_get(uint32_t, uint32_t, uint64_t *most, uint64_t *least)
{
    *most = 750000000;
    *least = 200000000;
    return 0;
}

int rsmi_dev_power_cap_set(uint32_t device, uint32_t, uint64_t to)
{
    if (device == 1)
        return 4; /* not allowed */
    cap_uw = to;
    return 0;
}

int rsmi_dev_energy_count_get(uint32_t, uint64_t *count, float *unit_uj, uint64_t *time_ns)
{
    *count = 1000000;
    *unit_uj = 16.0F;
    *time_ns = 1;
    return 0;
}

int rsmi_dev_temp_metric_get(uint32_t, uint32_t sensor, int, int64_t *out)
{
    *out = sensor == 1 ? 51000 : 41000;
    return sensor == 0 ? 2 : 0;
}
