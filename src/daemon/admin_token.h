/* admin_token.h - the first token: made on the first start, shown in a private file once. */
#pragma once

#include "control/control.h"

/* If `path` is absent (first start, or an operator removed it to get a new one), make an admin token: its hash goes
 * through the controller to the store, then the secret to `path` (0600).  A crash between the two leaves a token that
 * nobody knows, and the next start makes another. */
int fg_admin_token_ensure(struct fg_control *control,
                          const char *path,
                          int64_t now_us,
                          struct fg_err *err);
