/* steady.c - see steady.h */
#include "daemon/steady.h"

#define APART_US (60 * 1000000LL)
#define STAYS_US (5 * 1000000LL)

void fg_steady_init(struct fg_steady *steady, int64_t wall_us, int64_t boot_us)
{
    *steady = (struct fg_steady){.wall_us = wall_us, .boot_us = boot_us};
}

int64_t fg_steady_now_us(struct fg_steady *steady, int64_t wall_us, int64_t boot_us)
{
    int64_t passed = boot_us - steady->boot_us;
    if (passed < 0)
        passed = 0;
    int64_t error = wall_us - (steady->wall_us + passed);
    bool is_apart = error > APART_US || error < -APART_US;
    steady->apart_us = is_apart ? steady->apart_us + passed : 0;
    int64_t most = passed / 10;
    int64_t lean = error > most ? most : error < -most ? -most : error;
    steady->wall_us += passed + lean;
    steady->boot_us = boot_us;
    return steady->wall_us;
}

bool fg_steady_is_left(const struct fg_steady *steady)
{
    return steady->apart_us >= STAYS_US;
}
