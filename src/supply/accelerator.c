/* accelerator.c - see accelerator.h */
#include "supply/accelerator.h"
#include "model/names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fg_accelerator table[] = {
#define X(kind, name, vendor, aliases, form, mem, fp32, fp16, bf16, fp8, band, tdp, link,      \
          year, source)                                                                        \
    {kind, name, vendor, aliases, form, mem,  fp32,  fp16,                                     \
     bf16, fp8,  band,   tdp,     link, year, source},
#include "supply/accelerator.def"
#undef X
};

#define TABLE_LEN (sizeof(table) / sizeof(table[0]))

#define MODEL_MAX           64
#define WORD_MAX            32
#define MEMORY_NEAR_PERCENT 12 /* 24 GiB is told as 22,888 MiB, 24,000 or 24,576 */
#define DEVICE_MEM_GIB_MAX  1024
#define SLICE_MAX           65536
#define CORES_OF_CHIP       2 /* of a TPU before v5e, and of v5p */

size_t fg_accelerators_len(void)
{
    return TABLE_LEN;
}

const struct fg_accelerator *fg_accelerator_at(size_t index)
{
    return index < TABLE_LEN ? &table[index] : NULL;
}

const struct fg_accelerator *fg_accelerator_find(const char *kind)
{
    for (size_t i = 0; i < TABLE_LEN; i++)
        if (strcmp(table[i].kind, kind) == 0)
            return &table[i];
    return NULL;
}

/* -- a name in parts --------------------------------------------------------------------------------- */

/* What a text says: the model, and what tells apart devices of one model. */
struct parts {
    char model[MODEL_MAX]; /* the words that are left, joined */
    const char *form;      /* "" not told */
    uint32_t mem_mib;      /* 0 not told */
    uint32_t slice;        /* of a TPU: 0 not told */
};

static bool is_in(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

/* Says who made it and how, never which one it is. */
static bool is_noise(const char *word)
{
    static const char *const noise[] = {
        "nvidia", "tesla",    "geforce", "graphics", "tensor", "core",   "gpu",    "amd",
        "radeon", "instinct", "intel",   "habana",   "labs",   "aws",    "google", "cloud",
        "hbm2",   "hbm2e",    "hbm3",    "hbm3e",    "oam",    "ampere", "hopper", "generation",
        "quadro", "qualcomm", "amazon",  "ec2",      "gib",    "gb",     NULL};
    return is_in(word, noise);
}

static const char *form_of(const char *word)
{
    static const char *const sxm[] = {"sxm", "sxm2", "sxm3", "sxm4", "sxm5", "nvlink", NULL};
    static const char *const pcie[] = {"pcie", "pci", NULL};
    if (is_in(word, sxm))
        return "sxm";
    if (is_in(word, pcie))
        return "pcie";
    return strcmp(word, "nvl") == 0 ? "nvl" : "";
}

/* "80gb", "80g", "80gib" in MiB; 0: no such word. */
static uint32_t memory_of(const char *word)
{
    static const char *const units[] = {"g", "gb", "gib", NULL};
    char *end;
    if (!isdigit((unsigned char)word[0]))
        return 0;
    unsigned long value = strtoul(word, &end, 10);
    return value <= DEVICE_MEM_GIB_MAX && is_in(end, units) ? (uint32_t)value * 1024 : 0;
}

/* The next run of letters and digits, in lower case; false: no more. */
static bool next_word(const char **at, char out[WORD_MAX])
{
    size_t len = 0;
    while (**at && !isalnum((unsigned char)**at))
        (*at)++;
    for (; isalnum((unsigned char)**at); (*at)++)
        if (len + 1 < WORD_MAX)
            out[len++] = (char)tolower((unsigned char)**at);
    out[len] = '\0';
    return len > 0;
}

static bool is_number(const char *word)
{
    return word[0] && word[strspn(word, "0123456789")] == '\0';
}

/* "h100nvl" is "h100" and "nvl". */
static void cut_form(char *word, struct parts *parts)
{
    static const char *const ends[] = {"sxm2", "sxm3", "sxm4", "sxm5",
                                       "sxm",  "pcie", "nvl",  NULL};
    size_t len = strlen(word);
    for (size_t i = 0; ends[i]; i++) {
        size_t end = strlen(ends[i]);
        if (len <= end || strcmp(word + len - end, ends[i]) != 0)
            continue;
        parts->form = form_of(ends[i]);
        word[len - end] = '\0';
        return;
    }
}

static void add_word(char *word, struct parts *parts)
{
    uint32_t memory = memory_of(word);
    const char *form = form_of(word);
    size_t len = strlen(parts->model);
    bool is_tpu = strncmp(parts->model, "tpuv", 4) == 0;
    if (is_noise(word))
        return;
    if (memory && len > 0) {
        parts->mem_mib = memory;
        return;
    }
    if (form[0]) {
        parts->form = form;
        return;
    }
    if (is_tpu && is_number(word)) {
        unsigned long slice = strtoul(word, NULL, 10);
        parts->slice = slice <= SLICE_MAX ? (uint32_t)slice : 0;
        return;
    }
    cut_form(word, parts);
    strncat(parts->model, word, MODEL_MAX - 1 - len);
}

static struct parts parts_of(const char *text)
{
    struct parts parts = {.form = ""};
    char word[WORD_MAX];
    while (next_word(&text, word))
        add_word(word, &parts);
    return parts;
}

/* -- the rows of one model --------------------------------------------------------------------------- */

static bool has_alias(const struct fg_accelerator *row, const char *model)
{
    size_t len = strlen(model);
    for (const char *at = row->aliases; *at;) {
        size_t alias = strcspn(at, "|");
        if (alias == len && memcmp(at, model, len) == 0)
            return true;
        at += alias + (at[alias] == '|');
    }
    return false;
}

static bool is_near(uint32_t told_mib, uint32_t mib)
{
    uint32_t apart = told_mib > mib ? told_mib - mib : mib - told_mib;
    return (uint64_t)apart * 100 <= (uint64_t)mib * MEMORY_NEAR_PERCENT;
}

/* The first row of the model with that form ("" any) and memory (0 any). */
static const struct fg_accelerator *first_row(const char *model,
                                              const char *form,
                                              uint32_t mem_mib)
{
    for (size_t i = 0; i < TABLE_LEN; i++)
        if (has_alias(&table[i], model)
            && (!form[0] || !table[i].form[0] || strcmp(table[i].form, form) == 0)
            && (!mem_mib || is_near(mem_mib, table[i].mem_mib)))
            return &table[i];
    return NULL;
}

/* Is there a row of the model and form with other memory than `row`? */
static bool has_other_memory(const char *model,
                             const char *form,
                             const struct fg_accelerator *row)
{
    for (size_t i = 0; i < TABLE_LEN; i++)
        if (has_alias(&table[i], model) && strcmp(table[i].form, form) == 0
            && table[i].mem_mib != row->mem_mib)
            return true;
    return false;
}

static bool has_other_form(const char *model, const struct fg_accelerator *row)
{
    for (size_t i = 0; i < TABLE_LEN; i++)
        if (has_alias(&table[i], model) && strcmp(table[i].form, row->form) != 0)
            return true;
    return false;
}

static const char *hinted_form(const char *hint)
{
    return hint ? parts_of(hint).form : "";
}

/* A slice of a TPU by its name, in chips. */
static uint32_t chips(const struct fg_accelerator *row, uint32_t slice)
{
    bool counts_chips = strcmp(row->kind, "tpu-v5e") == 0 || strcmp(row->kind, "tpu-v6e") == 0;
    if (slice <= 1 || counts_chips)
        return slice ? slice : 1;
    return (slice + CORES_OF_CHIP - 1) / CORES_OF_CHIP;
}

struct fg_accelerator_match fg_accelerator_match(const char *text,
                                                 const char *hint,
                                                 uint32_t mem_mib)
{
    struct fg_accelerator_match match = {.devices = 1};
    /* The house's own names first: they may hold what looks like form or memory. */
    char kind[FG_KIND_MAX];
    if (!mem_mib && fg_kind_read("kind", text, kind, NULL) == 0
        && (match.accelerator = fg_accelerator_find(kind)))
        return match;

    struct parts parts = parts_of(text);
    const char *form = parts.form[0] ? parts.form : hinted_form(hint);
    if (!first_row(parts.model, "", 0))
        return match;
    if (!first_row(parts.model, form, 0))
        form = "";
    /* What the name says of memory goes before what a column says: a column is wrong more often. */
    uint32_t told =
        parts.mem_mib && first_row(parts.model, form, parts.mem_mib) ? parts.mem_mib : mem_mib;
    match.accelerator = first_row(parts.model, form, told);
    if (!match.accelerator) {
        match.memory_odd = true;
        match.accelerator = first_row(parts.model, form, 0);
    }
    match.memory_odd =
        match.memory_odd || (mem_mib && !is_near(mem_mib, match.accelerator->mem_mib));
    match.memory_assumed =
        !told && has_other_memory(parts.model, match.accelerator->form, match.accelerator);
    match.form_assumed = !form[0] && has_other_form(parts.model, match.accelerator);
    match.devices = chips(match.accelerator, parts.slice);
    return match;
}

bool fg_accelerator_fits(const char *found, uint32_t found_mem_mib, const char *wanted)
{
    if (fg_kind_is(found, wanted))
        return true;
    if (strstr(found, "-mig") || strstr(wanted, "-mig"))
        return false;
    const struct fg_accelerator *want = fg_accelerator_find(wanted);
    if (!want)
        return false;
    struct parts parts = parts_of(found);
    bool same_model = has_alias(want, parts.model);
    bool same_form = !parts.form[0] || !want->form[0] || strcmp(parts.form, want->form) == 0;
    uint32_t told = parts.mem_mib ? parts.mem_mib : found_mem_mib;
    return same_model && same_form && (!told || is_near(told, want->mem_mib));
}

void fg_accelerator_general(const char *text, char out[FG_KIND_MAX])
{
    out[0] = '\0';
    if (fg_kind_read("kind", text, out, NULL) == 0)
        for (size_t i = 0; i < TABLE_LEN; i++)
            if (fg_kind_is(table[i].kind, out))
                return;
    struct fg_accelerator_match match = fg_accelerator_match(text, NULL, 0);
    if (match.accelerator)
        snprintf(out, FG_KIND_MAX, "%s", match.accelerator->kind);
}

/* 0 is nothing that is known. */
static void kv_known(struct fg_json *json, const char *key, uint32_t value)
{
    fg_json_key(json, key);
    if (value)
        fg_json_uint(json, value);
    else
        fg_json_null(json);
}

void fg_accelerator_json(struct fg_json *json, const struct fg_accelerator *accelerator)
{
    fg_json_object(json);
    fg_json_kv(json, "kind", accelerator->kind);
    fg_json_kv(json, "name", accelerator->name);
    fg_json_kv(json, "vendor", accelerator->vendor);
    fg_json_kv(json, "form", accelerator->form);
    fg_json_key(json, "aliases");
    fg_json_array(json);
    for (const char *at = accelerator->aliases; *at;) {
        size_t len = strcspn(at, "|");
        fg_json_string_len(json, at, len);
        at += len + (at[len] == '|');
    }
    fg_json_end(json);
    kv_known(json, "mem_mib", accelerator->mem_mib);
    kv_known(json, "fp32_gflops", accelerator->fp32_gflops);
    kv_known(json, "fp16_gflops", accelerator->fp16_gflops);
    kv_known(json, "bf16_gflops", accelerator->bf16_gflops);
    kv_known(json, "fp8_gflops", accelerator->fp8_gflops);
    kv_known(json, "mem_gb_per_s", accelerator->mem_gb_per_s);
    kv_known(json, "tdp_watts", accelerator->tdp_watts);
    kv_known(json, "link_gb_per_s", accelerator->link_gb_per_s);
    kv_known(json, "year", accelerator->year);
    fg_json_kv(json, "source", accelerator->source);
    fg_json_end(json);
}
