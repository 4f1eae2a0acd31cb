/* job_read.h - from a document to a checked job spec: what job_json.c and job_file.c share.
 *
 *     JSON of the wire or the store --\
 *     YAML or JSON file ---------------+-> fg_doc --JOB_READ--> fg_job_spec
 *     script with #SBATCH lines ------/
 *
 * One table of members (job_read.c) takes the friendly shape ("time_limit: 2h", resources) and the
 * canonical one ("time_limit_us", any_of) alike, but not two spellings of one thing together.
 */
#pragma once

#include "base/doc_read.h"
#include "model/job.h"

#define FG_RETRY_BACKOFF_US_DEFAULT 1'000'000

/* The names that `after` may use beside ids: of the other jobs of the file. */
struct fg_job_names {
    const void *self;
    /* The place of the job of that name (1, ...), or 0. */
    uint32_t (*find)(const void *self, const char *name);
};

struct fg_job_reader {
    struct fg_doc_reader doc;
    int64_t now_us;
    bool local_files; /* a file: inputs and workdir may name local files, not yet hashes */
    const struct fg_job_names *names; /* NULL: `after` takes ids only */
    const char *default_name;         /* NULL: from the first word of what runs */
    const struct fg_doc *throughput;  /* set by fg_job_read(): that member, if there is one */
};

/* Read all of it into `*out`, with defaults, and check what depends on several members. */
[[nodiscard]] int fg_job_read(struct fg_job_reader *reader,
                              const struct fg_doc *doc,
                              struct fg_job_spec *out);

/* request_read.c: `resources`, the friendly shape, and `any_of`, the canonical one. */
[[nodiscard]] int fg_request_read_resources(struct fg_doc_reader *reader,
                                            const struct fg_doc *doc,
                                            struct fg_job_spec *out);
[[nodiscard]] int fg_request_read_any_of(struct fg_doc_reader *reader,
                                         const struct fg_doc *doc,
                                         struct fg_job_spec *out);
/* throughput.c: how fast it is on which kind, as rates of the alternatives that were read; `any` becomes an alternative
 * for each kind that is named, the fastest first. */
[[nodiscard]] int fg_request_read_throughput(struct fg_doc_reader *reader,
                                             const struct fg_doc *doc,
                                             struct fg_job_spec *out);
/* where_read.c: suppliers ("a", "a, b", a list; "-a": not that one), regions, the most a device-hour may cost (USD, or
 * micro-USD), and whether a gang may be spread over suppliers ("suppliers", "none"). */
typedef int fg_request_member_read(struct fg_doc_reader *reader,
                                   const struct fg_doc *doc,
                                   struct fg_request *out);
fg_request_member_read fg_where_read_suppliers, fg_where_read_regions, fg_where_read_max_price,
    fg_where_read_max_price_uusd, fg_where_read_spread;
/* What a job that asks for nothing gets: one core. */
struct fg_request fg_request_default(void);

/* job_lists.c: the members that are lists and maps. */
struct fg_job_member;
typedef int fg_member_read(struct fg_job_reader *reader,
                           const struct fg_doc *doc,
                           const struct fg_job_member *member,
                           struct fg_job_spec *out);
fg_member_read fg_job_read_argv, fg_job_read_envs, fg_job_read_labels, fg_job_read_inputs,
    fg_job_read_outputs, fg_job_read_after, fg_job_read_array;
