/* proposal.h - another policy that is proposed: which settings, what that would have done, and how far it has come.
 *
 *     PROPOSED --> ADOPTED --> ROLLED_BACK
 *         |  |        '------> SUPERSEDED (by one that was adopted after it)
 *         |  '---------------> SUPERSEDED (by one that was proposed after it)
 *         '-----> REJECTED
 */
#pragma once

#include "base/doc_read.h"
#include "base/json_write.h"
#include "model/limits.h"

enum fg_proposal_state {
    FG_PROPOSAL_PROPOSED,
    FG_PROPOSAL_ADOPTED,
    FG_PROPOSAL_REJECTED,
    FG_PROPOSAL_ROLLED_BACK,
    FG_PROPOSAL_SUPERSEDED,
    FG_PROPOSAL_STATES
};

const char *fg_proposal_state_name(enum fg_proposal_state state); /* "proposed", ... */
/* FG_ESTATE: not from there. */
[[nodiscard]] int fg_proposal_move(enum fg_proposal_state *state,
                                   enum fg_proposal_state to,
                                   struct fg_err *err);

#define FG_PROPOSAL_CHANGES_MAX 32
#define FG_PROPOSAL_FIGURES_MAX 16
#define FG_PROPOSAL_TEXT_MAX    4000
#define FG_KNOB_VALUE_MAX       32

/* A setting (schedule/knobs.def) that changes. */
struct fg_knob_change {
    const char *setting, *from, *to;
    const char *why; /* plain words */
};

/* What it would have done on days that were held back: means over days, and of the relative change the 95 % interval. */
struct fg_proposal_figure {
    const char *metric;
    double now, then;         /* in the unit that the name of the metric ends with */
    double change, low, high; /* -0.1: a tenth less */
};

/* What it says.  Texts are borrowed, or in the arena of the reader. */
struct fg_proposal_body {
    const char *objective;
    struct fg_knob_change changes[FG_PROPOSAL_CHANGES_MAX];
    size_t changes_len;
    struct fg_proposal_figure expected[FG_PROPOSAL_FIGURES_MAX];
    size_t expected_len;
    int64_t days, worse_days; /* held back; on so many of them the objective was worse */
    const char *text;         /* all of it in words */
};

struct fg_proposal {
    uint64_t id; /* 1, 2, ...; never used again */
    enum fg_proposal_state state;
    int64_t created_us, decided_us; /* 0 not yet */
    char created_by[FG_NAME_MAX], decided_by[FG_NAME_MAX];
    char remark[FG_TEXT_MAX]; /* of who decided */
    const char *json;         /* what it says (fg_proposal_write) */
};

/* A value of a setting that was adopted, in place of what the configuration says. */
struct fg_knob_row {
    const char *setting;
    const char *base, *value; /* as the configuration had it then; as it is now */
    uint64_t proposal;
};

/* The members of a proposal, into the open object. */
void fg_proposal_write(struct fg_json *json, const struct fg_proposal_body *body);
/* Read them, an object.  FG_EINVAL: what was expected. */
[[nodiscard]] int fg_proposal_read(struct fg_doc_reader *reader,
                                   const struct fg_doc *doc,
                                   struct fg_proposal_body *out);
