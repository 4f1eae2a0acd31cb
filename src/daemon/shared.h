/* shared.h - this daemon as one of several with one state: what the configuration says of it, and how it ends its
 * leadership.
 *
 *     config, password file --> SHARED --> standby
 *                                 '-- does not lead any more: this process starts itself anew, at once
 *
 * To start anew is execve(): all threads end in that moment, nothing is written or sent any more, and the process
 * comes back under the same number as a daemon that follows.
 */
#pragma once

#include "daemon/daemon.h"
#include "model/service_config.h"
#include "slurm/journal.h"
#include "standby/standby.h"

struct fg_shared;

struct fg_shared_options {
    const struct fg_service_config *config;
    const char *data_dir;
    const struct fg_daemon_options *daemon; /* as it was started */
    const char *service_url;                /* where it listens */
    void (*follows)(void *self);            /* see standby.h */
    void *self;
};

/* All texts are copied.  NULL and `err` on failure. */
struct fg_shared *fg_shared_new(const struct fg_shared_options *options, struct fg_err *err);
/* End here and now, and begin again as a daemon that follows. */
[[gnu::noreturn]] void fg_shared_start_anew(struct fg_shared *shared, const char *why);
/* Close the store before.  NULL is allowed. */
void fg_shared_free(struct fg_shared *shared);
struct fg_standby *fg_shared_standby(struct fg_shared *shared);

/* The file of a blob, by its hash ("blake2b:..."), where the next leader can read it.  Any thread. */
int fg_shared_keep_blob(struct fg_shared *shared, const char *hash, struct fg_err *err);
/* Files of the data folder that every leader must have alike, as far as they are there. */
int fg_shared_keep_keys(struct fg_shared *shared, struct fg_err *err);
/* For fg_slurm_options.  Used on the thread of the store. */
const struct fg_journal_twin *fg_shared_journal(struct fg_shared *shared);
/* Fills `why` for a client that should go to the leader. */
void fg_shared_explain(struct fg_shared *shared, struct fg_err *why);
