/* worker.h - what each serving thread has for itself: a reader of the store, and small caches.
 *
 * Nothing in here is shared, so nothing is locked.  Caches are at most a second old, and younger than
 * the last change made through this API (api->generation).
 */
#pragma once

#include "api/api.h"
#include "store/reader.h"

struct fg_workers;
struct fg_worker;

struct fg_workers *fg_workers_new(struct fg_api *api);
void fg_workers_free(struct fg_workers *workers); /* after the threads have ended */

/* The calling thread's own, made at the first call; NULL if there is no memory. */
struct fg_worker *fg_worker_of(struct fg_workers *workers);

/* Its reader, opened at the first call.  NULL and `err` on failure. */
struct fg_reader *fg_worker_reader(struct fg_worker *worker, struct fg_err *err);

/* The live token with that hash: not revoked, not expired.  Returns 0, FG_ENOENT, or what the reader
 * said. */
[[nodiscard]] int fg_worker_token(struct fg_worker *worker,
                                  const uint8_t hash[32],
                                  struct fg_token *out,
                                  struct fg_err *err);

/* The project of that name, archived ones too.  Returns 0, FG_ENOENT, or what the reader said. */
[[nodiscard]] int fg_worker_project(struct fg_worker *worker,
                                    const char *name,
                                    fg_project_id *out,
                                    struct fg_err *err);
/* Its name, for showing; "" if unknown.  Valid until the next call of any of these. */
const char *fg_worker_project_name(struct fg_worker *worker, fg_project_id id);
