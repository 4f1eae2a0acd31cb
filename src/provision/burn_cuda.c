/* burn_cuda.c - see burn_cuda.h
 *
 * Until the time is over: fill nine tenths of the free memory with a pattern, compute, look whether the pattern is still
 * there; then the same with every bit the other way.  What was not expected is counted on the device.
 */
#include "provision/burn_cuda.h"

#include "base/clock.h"
#include "base/text.h"
#include "provision/burn_ptx.h"
#include "provision/cuda_abi.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY  "libcuda.so.1"
#define THREADS  256 /* of a block */
#define BLOCKS   8   /* of a multiprocessor */
#define ROUNDS   20000
#define CHAINS   8
#define FLOPS    3  /* of one step of a chain: a fused multiply-add and a multiplication */
#define COMPUTES 10 /* launches between two looks at the memory */
#define MIB      (1024 * 1024)

struct burn {
#define X(name, symbol, parameters) int(*name) parameters;
    FG_CUDA_CALLS(X)
#undef X
    fg_cuda_object fill, check, compute;
    fg_cuda_memory memory, faults;
    uint64_t words;
    unsigned int blocks;
    uint32_t expected;
    int64_t compute_us;
    double flops;
    struct fg_inspect_device *out;
};

[[gnu::format(printf, 3, 4)]] static bool conclude(struct burn *burn,
                                                   enum fg_burn_in result,
                                                   const char *fmt,
                                                   ...)
{
    va_list ap;
    va_start(ap, fmt);
    burn->out->burn_in = result;
    vsnprintf(burn->out->burn_in_reason, sizeof(burn->out->burn_in_reason), fmt, ap);
    va_end(ap);
    return false;
}

/* What the driver said no to: before the first kernel ran the test is not run, after it the device has failed. */
static bool fault(struct burn *burn, enum fg_burn_in result, const char *what, int code)
{
    const char *name = NULL;
    if (burn->explain(code, &name) != FG_CUDA_OK || !name)
        name = "an unknown error";
    return conclude(burn, result, "%s: %.80s (%d)", what, name, code);
}

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

/* The end that every thread must come to: the arithmetic of fg_compute, which IEEE 754 defines to the last bit. */
static uint32_t expected_end(void)
{
    static const float begins[CHAINS] = {0.1f, 0.2f, 0.3f, 0.4f, 0.55f, 0.65f, 0.75f, 0.85f};
    uint32_t end = 0;
    for (int chain = 0; chain < CHAINS; chain++) {
        float x = begins[chain];
        uint32_t bits;
        for (int round = 0; round < ROUNDS; round++) {
            float step = fmaf(-x, x, x);
            x = 3.9f * step;
        }
        memcpy(&bits, &x, sizeof(bits));
        end ^= bits;
    }
    return end;
}

static bool load_library(struct burn *burn)
{
    const char *path = getenv("FASTGPU_CUDA_LIBRARY");
    void *library = dlopen(path && *path ? path : LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return conclude(burn, FG_BURN_IN_NOT_RUN, "the driver's library %s is not there",
                        LIBRARY);
#define X(name, symbol, parameters)                                                            \
    *(void **)(void *)&burn->name = dlsym(library, symbol);                                    \
    if (!burn->name)                                                                           \
        return conclude(burn, FG_BURN_IN_NOT_RUN, "%s does not know %s", LIBRARY, symbol);
    FG_CUDA_CALLS(X)
#undef X
    return true;
}

/* As much memory as can be had, up to nine tenths of what is free. */
static bool take_memory(struct burn *burn)
{
    size_t free_bytes = 0, all_bytes = 0;
    int rc = burn->room(&free_bytes, &all_bytes);
    if (rc == FG_CUDA_OK)
        rc = burn->alloc(&burn->faults, sizeof(uint32_t));
    if (rc == FG_CUDA_OK)
        rc = burn->set(burn->faults, 0, 1);
    if (rc != FG_CUDA_OK)
        return fault(burn, FG_BURN_IN_NOT_RUN, "memory of the device", rc);
    for (size_t tenths = 9; tenths > 0; tenths--) {
        size_t bytes = free_bytes / 10 * tenths / MIB * MIB;
        rc = bytes > 0 ? burn->alloc(&burn->memory, bytes) : FG_CUDA_OK + 1;
        burn->words = bytes / sizeof(uint32_t);
        if (rc == FG_CUDA_OK)
            return true;
    }
    return fault(burn, FG_BURN_IN_NOT_RUN, "memory of the device", rc);
}

static bool open_device(struct burn *burn)
{
    int device = 0, processors = 0;
    fg_cuda_object context, module;
    int rc = burn->init(0);
    if (rc == FG_CUDA_OK)
        rc = burn->device(&device, 0);
    if (rc == FG_CUDA_OK)
        rc = burn->attribute(&processors, FG_CUDA_MULTIPROCESSORS, device);
    if (rc == FG_CUDA_OK)
        rc = burn->open(&context, 0, device);
    if (rc != FG_CUDA_OK)
        return fault(burn, FG_BURN_IN_NOT_RUN, "the device cannot be opened", rc);
    rc = burn->load(&module, FG_BURN_PTX);
    if (rc == FG_CUDA_OK)
        rc = burn->function(&burn->fill, module, "fg_fill");
    if (rc == FG_CUDA_OK)
        rc = burn->function(&burn->check, module, "fg_check");
    if (rc == FG_CUDA_OK)
        rc = burn->function(&burn->compute, module, "fg_compute");
    if (rc != FG_CUDA_OK)
        return fault(burn, FG_BURN_IN_NOT_RUN, "the driver does not take the test program", rc);
    burn->blocks = (unsigned int)(processors > 0 ? processors : 1) * BLOCKS;
    return take_memory(burn);
}

static int launch(struct burn *burn, fg_cuda_object kernel, void **parameters)
{
    return burn->launch(kernel, burn->blocks, 1, 1, THREADS, 1, 1, 0, NULL, parameters, NULL);
}

static int compute(struct burn *burn)
{
    uint32_t rounds = ROUNDS;
    void *parameters[] = {&rounds, &burn->expected, &burn->faults};
    int64_t begin_us = mono_us();
    int rc = FG_CUDA_OK;
    for (int i = 0; rc == FG_CUDA_OK && i < COMPUTES; i++) {
        rc = launch(burn, burn->compute, parameters);
        if (rc == FG_CUDA_OK)
            rc = burn->wait();
        burn->flops += (double)burn->blocks * THREADS * ROUNDS * CHAINS * FLOPS;
    }
    burn->compute_us += mono_us() - begin_us;
    return rc;
}

static int read_faults(struct burn *burn, uint32_t *out)
{
    int rc = burn->wait();
    if (rc == FG_CUDA_OK)
        rc = burn->fetch(out, burn->faults, sizeof(*out));
    return rc;
}

/* One pattern: true, it is still there, and every thread came to the right end. */
static bool try_pattern(struct burn *burn, uint32_t seed)
{
    uint32_t computed = 0, all = 0;
    void *fill[] = {&burn->memory, &burn->words, &seed};
    void *check[] = {&burn->memory, &burn->words, &seed, &burn->faults};
    int rc = launch(burn, burn->fill, fill);
    if (rc == FG_CUDA_OK)
        rc = burn->wait();
    if (rc == FG_CUDA_OK)
        rc = compute(burn);
    if (rc == FG_CUDA_OK)
        rc = read_faults(burn, &computed);
    if (rc == FG_CUDA_OK)
        rc = launch(burn, burn->check, check);
    if (rc == FG_CUDA_OK)
        rc = read_faults(burn, &all);
    if (rc != FG_CUDA_OK)
        return fault(burn, FG_BURN_IN_FAILED, "the device stopped in the test", rc);
    if (computed > 0)
        return conclude(burn, FG_BURN_IN_FAILED, "%" PRIu32 " threads computed something wrong",
                        computed);
    if (all > 0)
        return conclude(burn, FG_BURN_IN_FAILED,
                        "%" PRIu32 " words of memory of %" PRIu64 " differ", all, burn->words);
    return true;
}

void fg_burn_cuda(const char *id, uint32_t seconds, struct fg_inspect_device *out)
{
    struct burn burn = {.out = out, .expected = expected_end()};
    int64_t end_us = mono_us() + seconds * INT64_C(1000000);
    uint32_t seed = 0;
    setenv("CUDA_VISIBLE_DEVICES", id, 1);
    if (!load_library(&burn) || !open_device(&burn))
        return;
    do {
        seed += 0x10001;
        if (!try_pattern(&burn, seed) || !try_pattern(&burn, ~seed))
            return;
    } while (mono_us() < end_us);
    out->burn_in = FG_BURN_IN_PASSED;
    out->burn_in_reason[0] = '\0';
    out->gflops =
        burn.compute_us > 0 ? (int64_t)(burn.flops / 1000 / (double)burn.compute_us) : -1;
}
