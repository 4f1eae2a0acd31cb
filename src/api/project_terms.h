/* project_terms.h - limits for each user and budgets of projects, as JSON. */
#pragma once

#include "base/doc.h"
#include "base/json_write.h"
#include "model/project.h"

/* "user_limits" and "budget" into the open object. */
void fg_project_write_terms(struct fg_json *json, const struct fg_project *project);
/* "spent_uusd", "committed_uusd" and "renews_at" of what the controller says of the project (NULL: nothing). */
void fg_project_write_spent(struct fg_json *json, const struct fg_doc *held);

/* What is not in the object stays as it is; null: no limit, no budget.  FG_EINVAL. */
int fg_project_read_user_limits(const struct fg_doc *doc,
                                struct fg_project *project,
                                struct fg_err *err);
int fg_project_read_budget(const struct fg_doc *doc,
                           struct fg_project *project,
                           struct fg_err *err);
