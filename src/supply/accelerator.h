/* accelerator.h - what is known of the accelerators that are sold: one row a model, typed from the makers' data sheets.
 *
 *     a name as somebody wrote it ("A100-SXM4-80GB", "RTX-A6000", "tpu-v5p-128") --ACCELERATOR--> one kind, its facts
 *
 * A kind is named by model, then what tells apart machines that are sold under one name: "h100-sxm-80g", "a100-80g", "l40s".
 * What the driver of a node tells (probe/nvml.h) is the same name or the general part of it: fg_kind_is("h100-sxm-80g", "h100").
 * Pure; the table is constant.
 */
#pragma once

#include "base/json_write.h"
#include "model/resources.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rates are of dense matrices (no sparsity), in 1e9 operations a second; 0: not told, or not done in hardware. */
struct fg_accelerator {
    const char *kind;    /* "h100-sxm-80g" */
    const char *name;    /* "NVIDIA H100 SXM5 80 GB" */
    const char *vendor;  /* "nvidia", "amd", "intel", "google", "aws", "qualcomm" */
    const char *aliases; /* model names, lower case, letters and digits only, parted by '|' */
    const char *form;    /* "sxm", "pcie", "nvl"; "" there is one only, or it does not matter */
    uint32_t mem_mib;    /* of one device */
    uint32_t fp32_gflops;  /* vector */
    uint32_t fp16_gflops;  /* matrix */
    uint32_t bf16_gflops;  /* matrix */
    uint32_t fp8_gflops;   /* matrix */
    uint32_t mem_gb_per_s; /* memory bandwidth */
    uint32_t tdp_watts;    /* of one device */
    uint32_t
        link_gb_per_s; /* to other devices, both directions together: NVLink, Infinity Fabric, or PCIe where that is all */
    uint32_t year;     /* first sold */
    const char *source; /* where all of this is from, and of when that is */
};

size_t fg_accelerators_len(void);
const struct fg_accelerator *fg_accelerator_at(size_t index); /* in the order of the table */
const struct fg_accelerator *fg_accelerator_find(
    const char *kind); /* exactly that kind, or NULL */

/* What a name was taken to mean. */
struct fg_accelerator_match {
    const struct fg_accelerator *accelerator; /* NULL: not in the table */
    bool memory_assumed; /* sold with several sizes, none told: the smallest */
    bool form_assumed;   /* sold in several forms, none told: the usual one */
    bool memory_odd;     /* the memory told is of no device of this name */
    uint32_t devices;    /* that the name itself tells: "tpu-v4-8" is 4 chips; else 1 */
};

/* The accelerator that `text` means.  `hint` is another text that may tell the form ("gpu_1x_h100_pcie"), or NULL; `mem_mib` is
 * the memory of one device, 0 unknown. */
struct fg_accelerator_match fg_accelerator_match(const char *text,
                                                 const char *hint,
                                                 uint32_t mem_mib);

/* The most general kind that a word of a user means, so that fg_kind_is(kind, out) holds for all that is meant: "H100" is
 * "h100" (of any form), "RTX-A6000" is "a6000", "A100-80GB" is "a100-80g".  What is not known stays itself, in lower case;
 * what is no kind at all becomes "". */
void fg_accelerator_general(const char *text, char out[FG_KIND_MAX]);

/* One object: all that the table knows, with the source. */
void fg_accelerator_json(struct fg_json *json, const struct fg_accelerator *accelerator);

/* Is a device that calls itself `found` (with that memory; 0 unknown) one of `wanted`, as far as what is told goes? */
bool fg_accelerator_fits(const char *found, uint32_t found_mem_mib, const char *wanted);
