/* call.h - one HTTP request from its first line to its answer.
 *
 * Life: taken from a pool when the request line is there, filled as bytes come, given back when the
 * answer is out and no command of it is under way.  Its memory is used again by the next one.
 * Threads: a request belongs to the worker that serves its connection.  While it waits (asked,
 * parked) nothing touches it but fg_call_wake(), from any thread.
 */
#pragma once

#include "api/api.h"
#include "api/header.h"
#include "api/hub.h"
#include "api/routes.h"
#include "base/json_write.h"
#include "store/reader.h"

#include <microhttpd.h>

struct fg_connection;

enum fg_call_phase {
    FG_CALL_LINE,    /* the request line is there, the header is not */
    FG_CALL_BODY,    /* accepted; the body comes in */
    FG_CALL_DISCARD, /* refused (`err`, `status`); what comes in is dropped until it ends */
    FG_CALL_ASKED,   /* suspended: waits for fg_call_wake() */
    FG_CALL_ANSWERED,
};

struct fg_call {
    struct fg_api *api;
    struct fg_connection *connection;
    struct MHD_Connection *mhd;
    struct fg_worker *worker; /* the thread that serves now */
    enum fg_call_phase phase;
    const struct fg_route *route;
    const char *capture; /* what {..} of the route matched */
    size_t rest;         /* first segment of {path*} */
    bool is_head;
    bool close; /* close the connection after the answer */
    struct fg_target target;
    struct fg_headers headers;
    struct fg_actor actor;

    struct fg_arena *arena;  /* dies with the request; also for answers of commands */
    struct fg_buf body, out; /* out: what is answered */
    struct fg_json json;     /* writes to `out` */
    uint64_t body_len;
    void *upload; /* of a blob route: see blobs.c */

    int status; /* of a refusal */
    struct fg_err err;

    struct fg_command command; /* at most one is under way */
    int64_t asked_us;          /* when it went out; monotonic */
    struct fg_submit_item item;
    const char *kept_text; /* the answer of an earlier command, when one asks two */
    size_t kept_len;
    void (*then)(struct fg_call *call); /* called on a worker once woken */
    void (*work)(struct fg_call *call); /* see fg_call_work() */
    void *work_data;                    /* the handler's own; in the arena */
    void (*work_drop)(void *data); /* frees what it owns when the call ends; NULL: nothing */
    struct fg_waiter waiter;       /* for long polls */
    atomic_int refs;               /* the connection, and a posted command */
    atomic_bool woken;
    atomic_bool command_done;

    struct fg_call *next;          /* the pool's own */
    char uri[FG_TARGET_BYTES_MAX]; /* last: not cleared between uses */
};

struct fg_call_pool *fg_call_pool_new(struct fg_api *api);
void fg_call_pool_free(struct fg_call_pool *pool); /* nothing may be under way */
/* Refuse further commands, wait until none is under way, and a while for their answers to go out. */
void fg_call_pool_drain(struct fg_call_pool *pool);

struct fg_call *fg_call_take(struct fg_call_pool *pool);
void fg_call_unref(struct fg_call *call);
/* A command goes out (false: the pool is closed), and has come back. */
[[nodiscard]] bool fg_call_pool_ask(struct fg_call_pool *pool);
void fg_call_pool_told(struct fg_call_pool *pool);
/* Replace the arena, still empty, by one for a whole batch. */
void fg_call_need_room(struct fg_call *call);

/* Hand call->command (its operands are set) to the control thread and suspend; `then` is called with the
 * answer in it. */
void fg_call_ask(struct fg_call *call,
                 enum fg_command_kind kind,
                 void (*then)(struct fg_call *call));
/* The same, but `then` is also called at the deadline (monotonic), when the client is gone, or when the
 * service stops: call->command_done tells.  The command may still be under way then. */
void fg_call_ask_until(struct fg_call *call,
                       enum fg_command_kind kind,
                       int64_t deadline_us,
                       void (*then)(struct fg_call *call));
/* Suspend, and have `work` done by a thread of its own; then `then` is called on a worker.  For what takes seconds of
 * computing: no other request waits for it.  `work` may use the call but answers nothing. */
void fg_call_work(struct fg_call *call,
                  void (*work)(struct fg_call *call),
                  void (*then)(struct fg_call *call));
/* Let a suspended request go on.  Any thread; only the first call counts. */
void fg_call_wake(struct fg_call *call);

/* The socket of its client. */
int fg_call_fd(const struct fg_call *call);

/* What the listener calls: with the header, with pieces of the body (*len > 0), at its end, and again
 * when woken. */
enum MHD_Result fg_call_serve(struct fg_call *call,
                              const char *method,
                              const char *version,
                              const char *bytes,
                              size_t *len);

/* The document of the body, an object.  Returns 0, FG_EINVAL or FG_ETOOBIG. */
[[nodiscard]] int fg_call_doc(struct fg_call *call,
                              const struct fg_doc **out,
                              struct fg_err *err);
/* A body that is empty, or {"remark": "..."}: the remark; `*out` is left alone without one.  FG_EINVAL. */
[[nodiscard]] int fg_call_remark(struct fg_call *call, const char **out, struct fg_err *err);
/* The same with a member `flag` that is true or false; absent: as it was. */
[[nodiscard]] int fg_call_remark_and(struct fg_call *call,
                                     const char *flag,
                                     const char **out,
                                     bool *out_flag,
                                     struct fg_err *err);
/* What {id} matched.  Returns 0, or FG_ENOENT: it is no id, so nothing has it. */
[[nodiscard]] int fg_call_id(struct fg_call *call,
                             const char *noun,
                             uint64_t *out,
                             struct fg_err *err);
/* May the actor see something of this project?  If not, it is answered as if it were not there. */
static inline bool fg_call_sees(const struct fg_call *call, fg_project_id project)
{
    return call->actor.project == 0 || call->actor.project == project;
}
/* May the actor ask about this job?  For commands, which look for the job themselves: it costs nothing if
 * the actor sees all.  Returns 0, FG_ENOENT, or what the reader said. */
[[nodiscard]] int fg_call_check_job(struct fg_call *call, fg_job_id job, struct fg_err *err);
/* Is it there, and may the actor see it?  `out` (may be NULL): some of it. */
struct fg_job_brief {
    fg_project_id project;
    enum fg_job_state state;
    uint32_t attempt, tasks;
    int exit_code; /* what `fastgpu wait` exits with, once it is over */
};
[[nodiscard]] int fg_call_find_job(struct fg_call *call,
                                   fg_job_id job,
                                   struct fg_job_brief *out,
                                   struct fg_err *err);
/* What {path*} matched, its segments joined by '/'. */
const char *fg_call_rest(struct fg_call *call);
