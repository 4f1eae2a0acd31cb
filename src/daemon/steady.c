/* steady.c - see steady.h */
#include "daemon/steady.h"

void fg_steady_init(struct fg_steady *steady, int64_t wall_us, int64_t mono_us)
{
    *steady = (struct fg_steady){.wall_us = wall_us, .mono_us = mono_us};
}

int64_t fg_steady_now_us(struct fg_steady *steady, int64_t wall_us, int64_t mono_us)
{
    int64_t passed = mono_us - steady->mono_us;
    if (passed < 0)
        passed = 0;
    int64_t error = wall_us - (steady->wall_us + passed);
    int64_t most = passed / 10;
    int64_t lean = error > most ? most : error < -most ? -most : error;
    steady->wall_us += passed + lean;
    steady->mono_us = mono_us;
    return steady->wall_us;
}
