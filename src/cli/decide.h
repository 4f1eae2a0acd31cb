/* decide.h - plans and proposals are decided upon by a word behind their address: POST /v1/plans/7/approve */
#pragma once

#include "cli/verb.h"

/* "/v1/plans/7/approve" of the words "plan", "7" and "/approve".  FG_EINVAL: the second is no number. */
[[nodiscard]] int fg_decide_path(const char *thing,
                                 const char *word,
                                 const char *what,
                                 struct fg_buf *out,
                                 struct fg_err *err);
/* Decide upon the thing that the first word of the command names, with its --remark; print what it is now. */
[[nodiscard]] int fg_decide(struct fg_cli *cli,
                            const char *thing,
                            const char *what,
                            struct fg_err *err);
