/* learn.h - what outcomes teach of a job before it runs.
 *
 *     ends of attempts --note()--> LEARN --expect()--> how long, how much memory, how often it fails
 *
 * Each class (class.h) keeps a histogram that fades.  What is expected of a job is mixed from coarse to fine: all jobs, then the
 * request, the project, the user, the same work; what a class has seen n times weighs n against FG_LEARN_PRIOR for all that is coarser (the mean
 * of a Dirichlet process with the coarser class as its base; Teh, "A hierarchical Bayesian language model based on Pitman-Yor
 * processes", ACL 2006, without discounts).  So a first job borrows, and a hundredth speaks for itself.
 *
 * A run that its time limit ended counts as long as it ran: at least so long it would have been.
 * Owner:   control or a simulation holds one.  Memory is taken at the start, but for histograms of memory.
 * Threads: one owner, one thread.  Pure and deterministic.
 */
#pragma once

#include "base/auto.h"
#include "base/config.h"
#include "learn/class.h"

struct fg_learn;

/* The settings learn_... are looked at at each call; learn_classes_max here only.  NULL: no memory. */
struct fg_learn *fg_learn_new(const struct fg_config *config);
void fg_learn_free(struct fg_learn *learn); /* NULL is allowed */
FG_AUTO_DEFINE(fg_learn)

/* How a job or one attempt of it ended. */
struct fg_outcome {
    int64_t time_us; /* when */
    int64_t ran_us;  /* all attempts of it together; 0: says nothing of how long it takes */
    int64_t mem_mib; /* the most that one task held; -1 unknown */
    bool is_job;     /* the job is over: counted; else an attempt that is followed by another */
    bool failed;     /* through its own fault */
    bool interrupted; /* preempted, or its node was lost */
};

/* Teach it. */
void fg_learn_note(struct fg_learn *learn,
                   const struct fg_class *class,
                   const struct fg_outcome *outcome);

/* What it is called, for lists: fg_shape_text of the name of a job of this shape; NULL: it has none. */
void fg_learn_name(struct fg_learn *learn, uint64_t shape, const char *text);

struct fg_learned {
    enum fg_class_level level; /* the finest class that has seen something */
    int64_t p50_us, p80_us, p95_us, mean_us;
    int64_t mem_p50_mib, mem_p95_mib, mem_most_mib; /* 0: unknown */
    uint64_t jobs, failed, interrupted; /* of that class, since it is known: not faded */
    int64_t first_us, last_us;          /* moments of the first and the last of them */
    double weight; /* runs that its quantiles are made of, as they count now */
};

/* Returns false, and zeroes: nothing was ever seen. */
bool fg_learn_expect(const struct fg_learn *learn,
                     const struct fg_class *class,
                     struct fg_learned *out);
/* Fill in predicted_us, at most its time limit, and predicted_most_us if it has none; 0 where nothing is known, or the settings say
 * that it is not wanted. */
void fg_learn_predict(const struct fg_learn *learn,
                      struct fg_job *job,
                      const struct fg_request *any_of,
                      size_t any_of_len);

/* What a task of the job is to have set apart of host memory, in MiB, at most `most_mib`; 0: what it asks.  With `learn_memory` 1 of jobs
 * that ask for none, 2 also of those that ask for more than they will take.  As 95 of 100 jobs like it took, and
 * `learn_memory_margin`, rounded up by an eighth at most; for an attempt after the first what it asks, or without that the most that any took. */
uint64_t fg_learn_memory(const struct fg_learn *learn,
                         const struct fg_job *job,
                         const struct fg_request *any_of,
                         size_t any_of_len,
                         uint64_t most_mib);

/* -- lists ------------------------------------------------------------------------------------------------ */

struct fg_learn_row {
    uint64_t key; /* of the class: an id for as long as it is known */
    enum fg_class_level level;
    const struct fg_class
        *class;       /* of the last job of it; borrowed until the next note, as is: */
    const char *name; /* of its shape; "" none, or forgotten */
    uint64_t jobs;
    int64_t last_us;
};

/* Classes in no particular order, `*at` zero at first.  false: no more. */
bool fg_learn_next(const struct fg_learn *learn, size_t *at, struct fg_learn_row *out);
/* The class of this key, and what is expected of its jobs with all that it borrows.  false: there is none. */
bool fg_learn_row(const struct fg_learn *learn,
                  uint64_t key,
                  struct fg_learn_row *out,
                  struct fg_learned *out_learned);
