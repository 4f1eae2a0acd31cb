/* sane.c - what a device can say and be believed; see vendor.h */
#include "probe/vendor.h"

#define WATTS_MAX 5000 /* several times what the largest board draws */

/* The most that is believed; what has no row is believed whole. */
static const int64_t most[FG_READINGS_LEN] = {
    [FG_READING_BUSY] = 1000,
    [FG_READING_MEM_BUSY] = 1000,
    [FG_READING_MEM_USED] = 4194304,
    [FG_READING_POWER] = WATTS_MAX * 1000,
    [FG_READING_POWER_LIMIT] = WATTS_MAX * 1000,
    [FG_READING_TEMP] = 150,
    [FG_READING_MEM_TEMP] = 150,
    [FG_READING_SM_CLOCK] = 10000,
    [FG_READING_MEM_CLOCK] = 20000,
    [FG_READING_PERF_STATE] = 15,
    [FG_READING_SM_ACTIVE] = 1000,
    [FG_READING_SM_OCCUPANCY] = 1000,
    [FG_READING_TENSOR_ACTIVE] = 1000,
    [FG_READING_DRAM_ACTIVE] = 1000,
    [FG_READING_ECC_CORRECTED] = 1LL << 40,
    [FG_READING_ECC_UNCORRECTED] = 1LL << 32,
    [FG_READING_ROWS_REMAPPED] = 65536,
    [FG_READING_REMAP_PENDING] = 1,
    [FG_READING_REMAP_FAILED] = 1,
    [FG_READING_XID] = 100000,
    [FG_READING_PCIE_TX] = 1LL << 30,
    [FG_READING_PCIE_RX] = 1LL << 30,
};

bool fg_probe_sane(enum fg_reading which, int64_t value, int64_t before, int64_t passed_us)
{
    if (value < 0 || (most[which] > 0 && value > most[which]))
        return false;
    if (which != FG_READING_ENERGY || before < 0 || value < before)
        return true; /* a counter that is less than before was reset */
    /* Boards update it once in 100 ms or so, hence the second more. */
    return value - before <= WATTS_MAX * (passed_us / 1000 + 1000);
}
