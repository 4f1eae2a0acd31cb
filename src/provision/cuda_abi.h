/* cuda_abi.h - the part of the CUDA driver's binary interface that the burn-in uses, in our own words; the library is
 * loaded at run time, and only for a burn-in. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct fg_cuda_handle *fg_cuda_object; /* a context, module, function or stream */
typedef uint64_t fg_cuda_memory;

#define FG_CUDA_OK 0

/* name in our struct, symbol, parameters. */
#define FG_CUDA_CALLS(X)                                                                       \
    X(init, "cuInit", (unsigned int))                                                          \
    X(device, "cuDeviceGet", (int *, int))                                                     \
    X(attribute, "cuDeviceGetAttribute", (int *, int, int))                                    \
    X(open, "cuCtxCreate_v2", (fg_cuda_object *, unsigned int, int))                           \
    X(load, "cuModuleLoadData", (fg_cuda_object *, const void *))                              \
    X(function, "cuModuleGetFunction", (fg_cuda_object *, fg_cuda_object, const char *))       \
    X(room, "cuMemGetInfo_v2", (size_t *, size_t *))                                           \
    X(alloc, "cuMemAlloc_v2", (fg_cuda_memory *, size_t))                                      \
    X(set, "cuMemsetD32_v2", (fg_cuda_memory, unsigned int, size_t))                           \
    X(fetch, "cuMemcpyDtoH_v2", (void *, fg_cuda_memory, size_t))                              \
    X(launch, "cuLaunchKernel",                                                                \
      (fg_cuda_object, unsigned int, unsigned int, unsigned int, unsigned int, unsigned int,   \
       unsigned int, unsigned int, fg_cuda_object, void **, void **))                          \
    X(wait, "cuCtxSynchronize", (void))                                                        \
    X(explain, "cuGetErrorName", (int, const char **))

#define FG_CUDA_MULTIPROCESSORS 16 /* attribute */
