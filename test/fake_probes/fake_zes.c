/* fake_zes.c - NOT Level Zero: a fake with some of the calls of its Sysman; see README.md.  Structures by their offsets, as the
 * 64-bit interface has them. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int32_t cap_mw = 600000;
static int one; /* what handles point to */

int zesInit(uint32_t);
int zesDriverGet(uint32_t *, void **);
int zesDeviceGet(void *, uint32_t *, void **);
int zesDeviceGetProperties(void *, char *);
int zesDeviceEnumMemoryModules(void *, uint32_t *, void **);
int zesMemoryGetState(void *, char *);
int zesDeviceEnumEngineGroups(void *, uint32_t *, void **);
int zesEngineGetProperties(void *, char *);
int zesEngineGetActivity(void *, uint64_t *);
int zesDeviceEnumPowerDomains(void *, uint32_t *, void **);
int zesPowerGetProperties(void *, char *);
int zesPowerGetEnergyCounter(void *, uint64_t *);
int zesPowerGetLimits(void *, char *, void *, void *);
int zesPowerSetLimits(void *, const char *, void *, void *);
int zesDeviceEnumTemperatureSensors(void *, uint32_t *, void **);
int zesTemperatureGetProperties(void *, char *);
int zesTemperatureGetState(void *, double *);

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int give_one(uint32_t *len, void **out)
{
    *len = 1;
    out[0] = &one;
    return 0;
}

int zesInit(uint32_t)
{
    return 0;
}

int zesDriverGet(uint32_t *len, void **out)
{
    return give_one(len, out);
}

int zesDeviceGet(void *, uint32_t *len, void **out)
{
    return give_one(len, out);
}

int zesDeviceGetProperties(void *, char *out)
{
    uint32_t is, type = 1;
    memcpy(&is, out, 4);
    if (is != 1)
        return 0x78000004;
    memcpy(out + 32, &type, 4);
    snprintf(out + 16 + 16 + 24 + 8 + 28 + 4 + 8 + 8 + 16, 256,
             "Intel(R) Data Center GPU Max 1550 (FAKE)");
    return 0;
}

int zesDeviceEnumMemoryModules(void *, uint32_t *len, void **out)
{
    return give_one(len, out);
}

int zesMemoryGetState(void *, char *out)
{
    uint64_t left = 60000ULL << 20, size = 65536ULL << 20;
    memcpy(out + 24, &left, 8);
    memcpy(out + 32, &size, 8);
    return 0;
}

int zesDeviceEnumEngineGroups(void *, uint32_t *len, void **out)
{
    return give_one(len, out);
}

int zesEngineGetProperties(void *, char *out)
{
    memset(out + 16, 0, 12);
    return 0;
}

int zesEngineGetActivity(void *, uint64_t *out)
{
    out[1] = now_us();
    out[0] = out[1] / 4;
    return 0;
}

int zesDeviceEnumPowerDomains(void *, uint32_t *len, void **out)
{
    return give_one(len, out);
}

int zesPowerGetProperties(void *, char *out)
{
    int32_t limits[3] = {600000, 300000, 600000};
    memcpy(out + 28, limits, sizeof(limits));
    return 0;
}

int zesPowerGetEnergyCounter(void *, uint64_t *out)
{
    out[1] = now_us();
    out[0] = out[1] * 250; /* 250 W */
    return 0;
}

int zesPowerGetLimits(void *, char *out, void *, void *)
{
    out[0] = 1;
    memcpy(out + 4, &cap_mw, 4);
    return 0;
}

int zesPowerSetLimits(void *, const char *to, void *, void *)
{
    memcpy(&cap_mw, to + 4, 4);
    return 0;
}

int zesDeviceEnumTemperatureSensors(void *, uint32_t *len, void **out)
{
    return give_one(len, out);
}

int zesTemperatureGetProperties(void *, char *out)
{
    uint32_t type = 1;
    memset(out + 16, 0, 12);
    memcpy(out + 16, &type, 4);
    return 0;
}

int zesTemperatureGetState(void *, double *out)
{
    *out = 48.5;
    return 0;
}
