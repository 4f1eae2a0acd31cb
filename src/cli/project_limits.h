/* project_limits.h - limits for each user and budgets, of fastgpu project set and show. */
#pragma once

#include "base/json_write.h"
#include "cli/verb.h"

/* A limit: a number times `scale`, or "none" for null, under `key`.  FG_EINVAL. */
int fg_project_write_limit(struct fg_json *json,
                           const char *option,
                           const char *key,
                           const char *text,
                           double scale,
                           struct fg_err *err);
/* "user_limits" and "budget", if their options are given. */
int fg_project_write_limits(const struct fg_cli *cli, struct fg_json *json, struct fg_err *err);
/* Lines about them, for people. */
void fg_project_print_limits(const struct fg_doc *project);
