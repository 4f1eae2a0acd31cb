/* command.h - what is asked of the control thread, and what happened.
 *
 * An API thread fills a command, posts it, and gets it back through done() when the answer is
 * durable.  The command and all it points to belong to the poster and stay put until done().
 */
#pragma once

#include "base/arena.h"
#include "model/job.h"
#include "model/order_json.h"
#include "model/plan_record.h"
#include "model/project.h"
#include "model/proposal.h"
#include "model/publish_row.h"
#include "model/reservation_json.h"
#include "model/scale_rule.h"
#include "model/supplier.h"

enum fg_command_kind {
    FG_CMD_SUBMIT, /* submit: 1 .. FG_BATCH_MAX specs, all or none */
    FG_CMD_CANCEL, /* job (array: every element, job is its first) */
    FG_CMD_WAIT,   /* done() comes when the job is over; wait_cancel() ends it early */
    FG_CMD_WHY,    /* out_text: the true reason, JSON object in `arena` */
    FG_CMD_MOVES, /* out_text: moves that would let waiting jobs start, JSON array in `arena` */
    FG_CMD_POOL, /* name, text = supplier (NULL: all); out_text: nodes with devices and who holds them, JSON array in `arena` */
    FG_CMD_POOL_MAP, /* out_text: the same as columns, see openapi.yaml, JSON object in `arena` */
    FG_CMD_PRICES, /* out_text: what is asked for an hour of each kind, JSON array in `arena` */
    FG_CMD_LEARNED, /* name (NULL: all), text = part of a name (NULL: any); out_text: what outcomes taught, JSON object in `arena` */
    FG_CMD_UTILISATION, /* name = project (NULL too), supplier, node or class; out_text: how much of each does work, JSON array in `arena` */
    FG_CMD_ALERT_ACKNOWLEDGE, /* alert: somebody knows of it */
    FG_CMD_STATUS,            /* out_text: counts, totals, notices, JSON object in `arena` */
    FG_CMD_MAKE_ROOM, /* job: move others so that it starts; out_text: the moves, JSON object */
    FG_CMD_NODE_DRAIN,      /* name, text = reason, move */
    FG_CMD_NODE_RESUME,     /* name */
    FG_CMD_NODE_LOST,       /* name, text = reason: it is surely off, what ran there is lost */
    FG_CMD_SUPPLIER_STATUS, /* name (NULL: all); out_text: JSON array in `arena` */
    FG_CMD_RESERVATIONS,    /* name (NULL: all); out_text: JSON array in `arena` */
    FG_CMD_RESERVATION_ADD, /* reservation: a new one; out_text: JSON object */
    FG_CMD_RESERVATION_REMOVE, /* name */
    FG_CMD_SUPPLIER_PUT,       /* supplier: new or changed; out_text: JSON object */
    FG_CMD_SUPPLIER_REMOVE,    /* name */
    FG_CMD_SUPPLIER_PAUSE,     /* name: no new orders; out_text: JSON object */
    FG_CMD_SUPPLIER_RESUME,    /* name */
    FG_CMD_SUPPLIER_OFFERS,    /* name: ask it what it sells now; the answer comes later */
    FG_CMD_ORDER_CREATE,       /* order: a new one; out_text: JSON object, out_id = its id */
    FG_CMD_ORDER_APPROVE,      /* order_id, text = remark; out_text: JSON object; these too: */
    FG_CMD_ORDER_CANCEL,       /* before anything was delivered */
    FG_CMD_ORDER_RELEASE,      /* what was delivered is given back */
    FG_CMD_SCALE_LIST,         /* name (NULL: all); out_text: JSON array in `arena` */
    FG_CMD_SCALE_PUT,          /* scale: new or changed; out_text: JSON object */
    FG_CMD_SCALE_REMOVE,       /* name; its orders stay */
    FG_CMD_PLAN_PUT,           /* plan: a new one; out_id = its id */
    FG_CMD_PLAN_APPROVE,       /* plan (id), text = remark */
    FG_CMD_PLAN_REJECT,        /* the same */
    FG_CMD_PLAN_APPLY,         /* plan (id), orders: all are made, or none */
    FG_CMD_POLICY,          /* out_text: the settings that may change, JSON array in `arena` */
    FG_CMD_PROPOSAL_PUT,    /* proposal: a new one; out_id = its id */
    FG_CMD_PROPOSAL_ADOPT,  /* proposal (id), text = remark: it is the policy from now on */
    FG_CMD_PROPOSAL_REJECT, /* the same */
    FG_CMD_PROPOSAL_ROLLBACK, /* what it changed is as it was */
    FG_CMD_PROJECT_PUT,       /* project (id 0: by name, created if new); out_id = its id */
    FG_CMD_TOKEN_PUT,         /* token (id 0: new); out_id = its id */
    FG_CMD_PUBLISHED,         /* published: how far a sink of events has come */
};

struct fg_submit_item {
    const struct fg_job_spec *spec; /* checked by the parser; project "" already resolved */
    const char *spec_json;          /* canonical form */
    size_t spec_json_len;
    fg_project_id project;
    fg_job_id out_id; /* first id; an array takes out_count in a row */
    uint32_t out_count;
    bool out_repeated; /* the idempotency key was known: out_id is the old one */
};

struct fg_command {
    enum fg_command_kind kind;
    struct fg_actor actor;
    struct fg_arena *arena; /* for answers */

    struct fg_submit_item *items;
    size_t items_len;
    fg_job_id job;
    bool array;
    bool move; /* NODE_DRAIN: preemptible jobs that run there are stopped, to start elsewhere */
    const char *name;
    const char *text;
    const struct fg_advance_spec *reservation;
    const struct fg_supplier *supplier;
    const struct fg_order_ask *order;
    fg_order_id order_id;
    uint64_t alert; /* its id */
    const struct fg_scale_rule *scale;
    const struct fg_plan_record *plan;
    const struct fg_proposal *proposal;
    const struct fg_order_ask *orders; /* of an approved plan */
    size_t orders_len;
    struct fg_project *project;
    struct fg_token *token;
    const struct fg_publish_row *published;

    /* answer */
    int rc;
    struct fg_err err;
    uint64_t out_id;
    const char *out_text;
    size_t out_len;
    enum fg_job_state out_state; /* WAIT, CANCEL */
    int64_t out_retry_s;         /* with FG_EBUSY: when again; 0 soon */
    int32_t out_exit_code;       /* WAIT: what `fastgpu wait` exits with */

    /* Once, from the control thread; must not block. */
    void (*done)(struct fg_command *command);
    void *poster;            /* the poster's own */
    struct fg_command *next; /* the queue's own */
};

/* Something that happened.  Append-only, numbered without gaps. */
struct fg_event {
    uint64_t seq;
    int64_t time_us;
    const char *kind;      /* "job.submitted", "job.running", "node.drained", ... */
    fg_job_id job;         /* 0 none */
    fg_project_id project; /* 0 none: every project may see it */
    const char *json;      /* further members, one object, or "" */
};
