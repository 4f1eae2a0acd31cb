/* tune_inner.h - the state of one tuning, shared by the files tune*.c only. */
#pragma once

#include "tune/search.h"
#include "tune/tune.h"

enum tune_phase { TUNE_BASE, TUNE_SEARCH, TUNE_SINGLES, TUNE_JOINT, TUNE_HELD, TUNE_DONE };

/* Jobs of some days of the trace, from the first of the warm ones on. */
struct tune_slice {
    struct fg_sim_trace trace; /* its jobs are owned, the rest is the whole trace's */
    int64_t zero_us;           /* of its first job, in the whole trace */
    int64_t from_us;           /* where the days that count begin, in the simulation */
    size_t days;
};

/* A replay. */
struct tune_task {
    bool is_held;
    struct fg_knobs knobs;
    struct fg_tune_days days; /* what came of it */
    int rc;
    struct fg_err err;
};

#define TUNE_WHY_MAX 160

struct fg_tune {
    struct fg_tune_options options;
    struct fg_space space;
    struct fg_search *search;
    struct tune_slice train, held;
    enum tune_phase phase;
    bool is_stopped;

    struct tune_task *tasks;
    size_t tasks_len, tasks_room;
    struct fg_tune_days base; /* of the policy that runs, on the days of the search */

    /* The best, while it is freed of changes that bring nothing. */
    uint8_t best[FG_SPACE_GENES_MAX], joint[FG_SPACE_GENES_MAX];
    double best_score;
    size_t single[FG_SPACE_GENES_MAX]; /* genes, as tasks of the round */
    double harm[FG_SPACE_GENES_MAX];   /* by gene: how much the score loses without it */

    uint8_t shown[FG_TUNE_CANDIDATES_MAX][FG_SPACE_GENES_MAX];
    struct fg_tune_candidate candidates[FG_TUNE_CANDIDATES_MAX];
    size_t candidates_len;
    enum fg_tune_verdict verdict;
    int broken;
    struct fg_proposal_body body;
    char from[FG_SPACE_GENES_MAX][FG_KNOB_TEXT_MAX];
    char why[FG_SPACE_GENES_MAX][TUNE_WHY_MAX];
    struct fg_buf text;
};

/* tune.c: the score of days of the search; less is better, the policy that runs has 0. */
double fg_tune_score(const struct fg_tune *tune, const struct fg_tune_days *days);

/* tune_words.c: what is proposed, in words and as a proposal. */
void fg_tune_changes(const struct fg_tune *tune,
                     const uint8_t *individual,
                     char *out,
                     size_t size);
void fg_tune_write_body(struct fg_tune *tune);
