/* predict.h - how long a job will run, from jobs like it that ran before.
 *
 *     ends of jobs --note()--> PREDICT --us()--> the run time to expect
 *
 * The average of the last two runs of the same user with the same request; else of the same project with the same
 * request (Tsafrir, Etsion and Feitelson, "Backfilling using system-generated predictions rather than user runtime
 * estimates", TPDS 2007).  It orders jobs only: reservations and backfill go by the time limit, which is kept.
 *
 * Memory: fixed at the start; what has not been seen for longest is forgotten.  Pure and deterministic.
 */
#pragma once

#include "base/auto.h"
#include "model/job.h"

struct fg_predict;

struct fg_predict *fg_predict_new(size_t classes_max); /* NULL: no memory */
void fg_predict_free(struct fg_predict *predict);      /* NULL is allowed */
FG_AUTO_DEFINE(fg_predict)

/* The job, which asks for these alternatives, ran for so long. */
void fg_predict_note(struct fg_predict *predict,
                     const struct fg_job *job,
                     const struct fg_request *any_of,
                     size_t any_of_len,
                     int64_t ran_us);
/* What to expect of it, at most its time limit; 0: nothing like it has run. */
int64_t fg_predict_us(const struct fg_predict *predict,
                      const struct fg_job *job,
                      const struct fg_request *any_of,
                      size_t any_of_len);
