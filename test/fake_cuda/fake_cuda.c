/* fake_cuda.c - NOT the CUDA driver: a fake with the same calls, for tests of the burn-in on machines that have no NVIDIA
 * device.
 *
 *     FASTGPU_CUDA_LIBRARY=.../libfake_cuda.so FASTGPU_FAKE_CUDA=memory fastgpu node inspect --burn-in 1
 *
 * FASTGPU_FAKE_CUDA, one word for each device, with commas between: "memory" one word changes by itself; "compute" a thread comes to a wrong end; "stop" the device stops
 * in the first kernel; "die" the process is killed; "none" there is no device; "program" the program is refused.
 */
#include "provision/cuda_abi.h"

#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NO_DEVICE   100
#define NO_MEMORY   2
#define BAD_PROGRAM 218
#define STOPPED     719
#define ROOM        (4UL * 1024 * 1024)

int cuInit(unsigned int flags);
int cuDeviceGet(int *out, int index);
int cuDeviceGetAttribute(int *out, int attribute, int device);
int cuCtxCreate_v2(fg_cuda_object *out, unsigned int flags, int device);
int cuModuleLoadData(fg_cuda_object *out, const void *text);
int cuModuleGetFunction(fg_cuda_object *out, fg_cuda_object module, const char *name);
int cuMemGetInfo_v2(size_t *out_free, size_t *out_all);
int cuMemAlloc_v2(fg_cuda_memory *out, size_t bytes);
int cuMemsetD32_v2(fg_cuda_memory memory, unsigned int word, size_t words);
int cuMemcpyDtoH_v2(void *out, fg_cuda_memory memory, size_t bytes);
int cuLaunchKernel(fg_cuda_object function,
                   unsigned int blocks,
                   unsigned int blocks_y,
                   unsigned int blocks_z,
                   unsigned int threads,
                   unsigned int threads_y,
                   unsigned int threads_z,
                   unsigned int shared,
                   fg_cuda_object stream,
                   void **parameters,
                   void **extra);
int cuCtxSynchronize(void);
int cuGetErrorName(int code, const char **out);

/* Is that the word of this device?  CUDA_VISIBLE_DEVICES ends in its number: "GPU-fake-1". */
static bool is_told(const char *fault)
{
    const char *told = getenv("FASTGPU_FAKE_CUDA"), *device = getenv("CUDA_VISIBLE_DEVICES");
    const char *dash = device ? strrchr(device, '-') : NULL;
    for (long skip = dash ? strtol(dash + 1, NULL, 10) : 0; told && skip > 0; skip--)
        told = (told = strchr(told, ',')) ? told + 1 : NULL;
    size_t len = strlen(fault);
    return told && strncmp(told, fault, len) == 0 && (told[len] == '\0' || told[len] == ',');
}

int cuInit(unsigned int)
{
    return is_told("none") ? NO_DEVICE : FG_CUDA_OK;
}

int cuDeviceGet(int *out, int index)
{
    *out = index;
    return index == 0 ? FG_CUDA_OK : NO_DEVICE;
}

int cuDeviceGetAttribute(int *out, int, int)
{
    *out = 2;
    return FG_CUDA_OK;
}

int cuCtxCreate_v2(fg_cuda_object *out, unsigned int, int)
{
    *out = NULL;
    return FG_CUDA_OK;
}

int cuModuleLoadData(fg_cuda_object *out, const void *text)
{
    *out = NULL;
    return is_told("program") || strncmp(text, ".version", 8) != 0 ? BAD_PROGRAM : FG_CUDA_OK;
}

/* A function is the third letter of its name behind "fg_": fiLl, chEck, coMpute. */
int cuModuleGetFunction(fg_cuda_object *out, fg_cuda_object, const char *name)
{
    *out = (fg_cuda_object)(uintptr_t)(unsigned char)name[5];
    return FG_CUDA_OK;
}

int cuMemGetInfo_v2(size_t *out_free, size_t *out_all)
{
    *out_free = *out_all = ROOM;
    return FG_CUDA_OK;
}

int cuMemAlloc_v2(fg_cuda_memory *out, size_t bytes)
{
    void *memory = bytes <= ROOM ? malloc(bytes) : NULL;
    *out = (fg_cuda_memory)(uintptr_t)memory;
    return memory ? FG_CUDA_OK : NO_MEMORY;
}

static uint32_t *words_at(fg_cuda_memory memory)
{
    return (uint32_t *)(uintptr_t)memory;
}

int cuMemsetD32_v2(fg_cuda_memory memory, unsigned int word, size_t words)
{
    for (size_t i = 0; i < words; i++)
        words_at(memory)[i] = word;
    return FG_CUDA_OK;
}

int cuMemcpyDtoH_v2(void *out, fg_cuda_memory memory, size_t bytes)
{
    memcpy(out, words_at(memory), bytes);
    return FG_CUDA_OK;
}

static uint32_t word(uint64_t place, uint32_t seed)
{
    return (uint32_t)place * 0x9e3779b1u ^ (uint32_t)(place >> 32) * 0x85ebca6bu ^ seed;
}

static void fill(void **parameters)
{
    uint32_t *memory = words_at(*(fg_cuda_memory *)parameters[0]);
    uint64_t words = *(uint64_t *)parameters[1];
    uint32_t seed = *(uint32_t *)parameters[2];
    for (uint64_t i = 0; i < words; i++)
        memory[i] = word(i, seed);
    if (is_told("memory"))
        memory[words / 2] ^= 1u << 7;
}

static void check(void **parameters)
{
    const uint32_t *memory = words_at(*(fg_cuda_memory *)parameters[0]);
    uint64_t words = *(uint64_t *)parameters[1];
    uint32_t seed = *(uint32_t *)parameters[2];
    uint32_t *faults = words_at(*(fg_cuda_memory *)parameters[3]);
    for (uint64_t i = 0; i < words; i++)
        *faults += memory[i] != word(i, seed);
}

static void compute(void **parameters)
{
    static const float begins[] = {0.1f, 0.2f, 0.3f, 0.4f, 0.55f, 0.65f, 0.75f, 0.85f};
    uint32_t rounds = *(uint32_t *)parameters[0], expected = *(uint32_t *)parameters[1],
             end = 0;
    uint32_t *faults = words_at(*(fg_cuda_memory *)parameters[2]);
    for (int chain = 0; chain < 8; chain++) {
        float x = begins[chain];
        uint32_t bits;
        for (uint32_t round = 0; round < rounds; round++)
            x = 3.9f * fmaf(-x, x, x);
        memcpy(&bits, &x, sizeof(bits));
        end ^= bits;
    }
    *faults += end != expected || is_told("compute");
}

int cuLaunchKernel(fg_cuda_object function,
                   unsigned int,
                   unsigned int,
                   unsigned int,
                   unsigned int,
                   unsigned int,
                   unsigned int,
                   unsigned int,
                   fg_cuda_object,
                   void **parameters,
                   void **)
{
    if (is_told("die"))
        raise(SIGKILL);
    switch ((char)(uintptr_t)function) {
    case 'l':
        fill(parameters);
        break;
    case 'e':
        check(parameters);
        break;
    default:
        compute(parameters);
    }
    return FG_CUDA_OK;
}

int cuCtxSynchronize(void)
{
    return is_told("stop") ? STOPPED : FG_CUDA_OK;
}

int cuGetErrorName(int code, const char **out)
{
    *out = code == STOPPED       ? "CUDA_ERROR_LAUNCH_FAILED"
           : code == BAD_PROGRAM ? "CUDA_ERROR_INVALID_PTX"
           : code == NO_DEVICE   ? "CUDA_ERROR_NO_DEVICE"
                                 : "CUDA_ERROR_OUT_OF_MEMORY";
    return FG_CUDA_OK;
}
