/* cluster_terms.h - the terms of a Slurm cluster: what holds unless told, what is allowed, as one JSON object.
 *
 *     {"ssh":"me@login.example","conf":null,"partition":"gpu","account":null,"place":"ours","link":"10.0.0.1:7078",...}
 */
#pragma once

#include "base/doc_read.h"
#include "base/json_write.h"
#include "model/supplier.h"

#define FG_CLUSTER_LEASE_US     60'000'000LL
#define FG_CLUSTER_LEASE_US_MIN 6'000'000LL /* three beats of 2 s */
#define FG_CLUSTER_REUSE_US     2'000'000LL
#define FG_CLUSTER_PATIENCE_US  600'000'000LL
#define FG_CLUSTER_POLL_US      5'000'000LL
#define FG_CLUSTER_TIMEOUT_US   10'000'000LL /* of one call to a cluster, unless told */

struct fg_cluster_terms fg_cluster_terms_default(void);

const char *fg_cluster_place_name(enum fg_cluster_place place); /* "ours", "slurm" */
int fg_cluster_place_find(const char *name);                    /* the way, or -1 */

/* FG_EINVAL with the reason. */
[[nodiscard]] int fg_cluster_terms_check(const struct fg_cluster_terms *terms,
                                         struct fg_err *err);

/* Into the open object. */
void fg_cluster_terms_json(struct fg_json *json, const struct fg_cluster_terms *terms);
/* A whole object; what is absent stays as it is in `out`.  FG_EINVAL. */
[[nodiscard]] int fg_cluster_terms_read(struct fg_doc_reader *reader,
                                        const struct fg_doc *doc,
                                        struct fg_cluster_terms *out);
