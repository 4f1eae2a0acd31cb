/* call_ask.c - a call that waits for the control thread: see call.h
 *
 *     worker: suspend, post --> control thread: done() --> wake --> worker: then()
 */
#include "api/answer.h"
#include "api/call.h"
#include "api/connection.h"
#include "api/loop.h"
#include "api/tally.h"

#include <assert.h>
#include <pthread.h>

void fg_call_wake(struct fg_call *call)
{
    if (!atomic_exchange(&call->woken, true))
        fg_loop_resume(call->connection->loop, call->mhd);
}

/* On the control thread. */
static void on_done(struct fg_command *command)
{
    struct fg_call *call = command->poster;
    struct fg_call_pool *pool = call->api->calls;
    struct MHD_Connection *mhd = call->mhd;
    struct fg_loop *loop = NULL;

    if (command->kind == FG_CMD_SUBMIT)
        fg_tally_submit(call->api->tally, fg_api_mono_us(call->api) - call->asked_us);
    atomic_store(&call->command_done, true);
    /* If it still sleeps it is ours to wake, and it cannot end before that.  If not, it may end with our
     * reference.  Once awake it may ask again, so the reference goes first. */
    bool sleeps = !atomic_exchange(&call->woken, true);
    if (sleeps)
        loop = call->connection->loop;
    fg_call_unref(call);
    if (sleeps)
        fg_loop_resume(loop, mhd);
    fg_call_pool_told(pool);
}

static void refuse(struct fg_call *call)
{
    fg_fail(&call->err, FG_EUNREACH, "the service is stopping");
    fg_answer_error(call, &call->err);
}

/* False: refused, there will be no answer. */
static bool prepare(struct fg_call *call,
                    enum fg_command_kind kind,
                    void (*then)(struct fg_call *call))
{
    struct fg_command *command = &call->command;

    assert(atomic_load(&call->refs) == 1);
    if (!fg_call_pool_ask(call->api->calls)) {
        refuse(call);
        return false;
    }
    command->kind = kind;
    call->asked_us = fg_api_mono_us(call->api);
    command->actor = call->actor;
    command->arena = call->arena;
    command->rc = 0;
    command->err.text[0] = 0;
    command->done = on_done;
    command->poster = call;
    call->then = then;
    call->phase = FG_CALL_ASKED;
    atomic_store(&call->woken, false);
    atomic_store(&call->command_done, false);
    atomic_fetch_add(&call->refs, 1);
    fg_connection_waits(call->connection);
    return true;
}

static void post(struct fg_call *call)
{
    call->api->options.post(call->api->options.self, &call->command);
}

void fg_call_ask(struct fg_call *call,
                 enum fg_command_kind kind,
                 void (*then)(struct fg_call *call))
{
    if (!prepare(call, kind, then))
        return;
    /* First suspend: done() may come before post() returns. */
    MHD_suspend_connection(call->mhd);
    post(call);
}

static void *work(void *self)
{
    struct fg_call *call = self;
    call->work(call);
    on_done(&call->command);
    return NULL;
}

void fg_call_work(struct fg_call *call,
                  void (*to_do)(struct fg_call *call),
                  void (*then)(struct fg_call *call))
{
    pthread_t thread;
    if (!prepare(call, FG_CMD_STATUS, then)) /* the control thread never sees it */
        return;
    call->work = to_do;
    MHD_suspend_connection(call->mhd);
    if (pthread_create(&thread, NULL, work, call) == 0)
        pthread_detach(thread);
    else
        work(call); /* no thread to be had: slower for others, but done */
}

static struct fg_call *call_of(struct fg_waiter *waiter)
{
    return (struct fg_call *)((char *)waiter - offsetof(struct fg_call, waiter));
}

static void suspend(struct fg_waiter *waiter)
{
    MHD_suspend_connection(call_of(waiter)->mhd);
}

static void wake(struct fg_waiter *waiter)
{
    fg_call_wake(call_of(waiter));
}

void fg_call_ask_until(struct fg_call *call,
                       enum fg_command_kind kind,
                       int64_t deadline_us,
                       void (*then)(struct fg_call *call))
{
    if (!prepare(call, kind, then))
        return;
    call->waiter = (struct fg_waiter){
        .fd = call->connection->fd, .deadline_us = deadline_us, .wake = wake};
    if (fg_hub_park(call->api->hub, &call->waiter, suspend)) {
        post(call);
        return;
    }
    fg_call_unref(call);
    fg_call_pool_told(call->api->calls);
    call->then = NULL;
    refuse(call);
}
