/* tuning.h - once a night, in quiet hours: `fastgpu tune` on the service's own history, in a process of its own.
 *
 *     tune_hours --TUNING--> fastgpu tune --background --propose --> the API, as anybody's
 *
 * The process has the lowest priority, one thread and a bound on its memory, is killed when the quiet hours or the service end,
 * and goes on with what it knew if it is started again.  What it says is a line in the log.
 */
#pragma once

#include "base/err.h"
#include "model/service_config.h"

struct fg_tuning;

/* `*out` is NULL if the configuration names no quiet hours.  FG_EINVAL: a wrong objective; FG_ENOMEM. */
[[nodiscard]] int fg_tuning_start(const struct fg_service_config *config,
                                  const char *data_dir,
                                  struct fg_tuning **out,
                                  struct fg_err *err);
/* Ends what goes on and waits for the thread.  NULL is allowed. */
void fg_tuning_stop(struct fg_tuning *tuning);
