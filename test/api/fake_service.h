/* fake_service.h - the API alone, with a FAKE control thread behind it: for tests of src/api.
 *
 *     test --HTTP--> src/api --command--> fake control thread --> a real store in a temporary folder
 *
 * The fake keeps jobs in the store, never runs one, and answers why, pool and status with fixed texts.
 */
#pragma once

#include "api/server.h"
#include "store/store.h"

struct fake_service;

enum fake_token {
    FAKE_VIEWER,
    FAKE_MEMBER,
    FAKE_OPERATOR,
    FAKE_ADMIN,
    FAKE_OTHER, /* admin of project "other" and nothing else */
    FAKE_TOKENS,
};

/* Ends the test program if it cannot. */
struct fake_service *fake_service_start(void);
void fake_service_stop(struct fake_service *service); /* removes the folder too */

uint16_t fake_port(const struct fake_service *service);
const char *fake_dir(const struct fake_service *service); /* the data folder */
const char *fake_token(const struct fake_service *service, enum fake_token which);
struct fg_api *fake_api(struct fake_service *service);
struct fg_config *fake_config(void); /* changed before start: the settings to use */

/* Move a job along, as if an engine had done it: attempt 1 begins, or the job is over. */
void fake_job_begin(struct fake_service *service, fg_job_id job, uint32_t attempt);
void fake_job_end(struct fake_service *service,
                  fg_job_id job,
                  enum fg_job_state state,
                  int exit_code);
/* Append to a log of a job's task 0. */
void fake_log(struct fake_service *service,
              fg_job_id job,
              uint32_t attempt,
              const char *stream,
              const char *bytes,
              size_t len);
/* Answer the next commands with this code; 0: as usual. */
void fake_fail_with(struct fake_service *service, int code);
/* Answer nothing for so long. */
void fake_pause(struct fake_service *service, int64_t pause_us);
