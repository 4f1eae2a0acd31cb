/* supplier_json.h - a supplier as one JSON object: as it is asked for, shown and kept.
 *
 *     {"name":"acme","kind":"exec","argv":["/opt/acme/plugin","--region","eu"],"secret_file":"/etc/fastgpu/acme.secret",
 *      "timeout_us":60000000,"paused":false,
 *      "policy":{"max_uusd_per_hour":50000000,"max_uusd":5000000000,"period":"month"}}
 *
 * One of kind slurm has "cluster", its terms (cluster_terms.h), as well.
 * The path of the secret is in it, never the secret.
 */
#pragma once

#include "base/doc.h"
#include "base/json_write.h"
#include "model/supplier.h"

#define FG_SUPPLIER_TIMEOUT_US     60'000'000LL    /* of one call, unless told */
#define FG_SUPPLIER_TIMEOUT_US_MAX 3'600'000'000LL /* one hour */

/* Into the open object. */
void fg_supplier_json_members(struct fg_json *json, const struct fg_supplier *supplier);

/* `name` is the one of the path; a member of that name must be the same.  FG_EINVAL. */
[[nodiscard]] int fg_supplier_json_read(const struct fg_doc *doc,
                                        const char *name,
                                        struct fg_arena *arena,
                                        struct fg_supplier *out,
                                        struct fg_err *err);
