/* script_option.h - the options of #SBATCH lines: one row each in script_option.c. */
#pragma once

#include "base/doc.h"
#include "model/limits.h"

#define FG_SCRIPT_MEMBERS_MAX 24

/* What the options said, until all are read: Slurm counts by node, a job counts by task. */
struct fg_script_ask {
    int64_t nodes, tasks, tasks_per_node; /* 0 not given */
    int64_t cpus_per_task;
    int64_t gpus, gpus_per_node, gpus_per_task;
    char kind[FG_KIND_MAX];
    int64_t mem_mib, mem_per_cpu_mib;
    const char *clusters; /* "a,b"; NULL not given */
    uint32_t line;        /* of the last of them; 0 none was given */
};

/* The document that is being made. */
struct fg_script {
    struct fg_arena *arena;
    const char *file_name;
    struct fg_err *err;
    uint32_t line;         /* where we are */
    const char *option;    /* "--time", for messages */
    struct fg_doc *root;   /* a map */
    struct fg_doc *labels; /* maps, NULL until needed; members of root in the end */
    struct fg_doc *envs;
    struct fg_doc *after; /* a list */
    struct fg_script_ask ask;
};

/* FG_EINVAL: "train.sh:4: --time: ..." */
[[gnu::format(printf, 2, 3)]] int fg_script_fail(struct fg_script *script,
                                                 const char *fmt,
                                                 ...);

/* Children of `parent`, with the present line. */
struct fg_doc *fg_script_add(struct fg_script *script,
                             struct fg_doc *parent,
                             const char *key,
                             enum fg_doc_kind kind);
void fg_script_add_text(struct fg_script *script,
                        struct fg_doc *parent,
                        const char *key,
                        const char *text);
void fg_script_add_int(struct fg_script *script,
                       struct fg_doc *parent,
                       const char *key,
                       int64_t value);

/* Take one word of a #SBATCH line, and the next if the option's value stands there; `*out_used` is how
 * many words that was. */
[[nodiscard]] int fg_script_option(struct fg_script *script,
                                   const char *word,
                                   const char *next,
                                   size_t *out_used);

/* All options are read: write tasks and any_of. */
[[nodiscard]] int fg_script_finish_ask(struct fg_script *script);
