/* job_view.h - rows of the store as the JSON of the API. */
#pragma once

#include "base/json_write.h"
#include "store/reader.h"

/* One JOB object; the caller may add members: it is left open. */
void fg_job_view_open(struct fg_json *json, const struct fg_job_view *job, int64_t now_us);
/* One whole JOB object. */
void fg_job_view_write(struct fg_json *json, const struct fg_job_view *job, int64_t now_us);
void fg_attempt_view_write(struct fg_json *json, const struct fg_attempt_view *attempt);
void fg_artifact_view_write(struct fg_json *json, const struct fg_artifact_view *artifact);

/* "12" */
void fg_json_kv_id(struct fg_json *json, const char *key, uint64_t id);
void fg_json_kv_time(struct fg_json *json, const char *key, int64_t time_us); /* 0: null */
/* Seconds with the digits that matter; negative: null. */
void fg_json_kv_seconds(struct fg_json *json, const char *key, int64_t duration_us);

/* What `fastgpu wait` exits with, of a job that is over. */
int fg_job_view_exit(const struct fg_job_view *job);
