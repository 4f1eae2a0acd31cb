/* sim_store.h - SIMULATED store for the controller's simulation test: rows in memory, a committed copy and the batch
 * on top of it, failures on demand.  Never linked into the program. */
#pragma once

#include "store/store.h"

struct sim_store;

struct sim_store *sim_store_new(void);
void sim_store_free(struct sim_store *store);
extern const struct fg_store_ops sim_store_ops;

/* The next `n` calls of begin, commit or a write fail with this code. */
void sim_store_fail(struct sim_store *store, int code, uint32_t calls);
/* The process died: what was not committed is gone. */
void sim_store_crash(struct sim_store *store);

/* Committed truth, for the invariants. */
struct sim_books;
const struct sim_books *sim_store_books(const struct sim_store *store); /* see sim_books.h */
size_t sim_store_jobs(const struct sim_store *store);
const struct fg_job *sim_store_job(const struct sim_store *store,
                                   fg_job_id id); /* NULL: not committed */
/* What attempts that ended cost, less what was booked for it. */
int64_t sim_store_unbooked_uusd(const struct sim_store *store);
/* Device-microseconds that ran until now, by the hours and levels of demand; false: something was moved out of them. */
bool sim_store_ran_us(const struct sim_store *store, int64_t now_us, int64_t *out_device_us);
/* Milli-devices that jobs hold. */
int64_t sim_store_held_milli(const struct sim_store *store);
int64_t sim_store_finished_us(const struct sim_store *store, fg_job_id id);
