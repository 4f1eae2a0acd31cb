/* routes.h - the operations of routes.def as a table, and the one function that says who may. */
#pragma once

#include "api/target.h"
#include "model/project.h"

struct fg_call;

enum fg_body_kind {
    FG_BODY_NONE,
    FG_BODY_JSON,
    FG_BODY_MAYBE,
    FG_BODY_BATCH,
    FG_BODY_BLOB,
    FG_BODY_SHEET
};
enum fg_scope { FG_SCOPE_OPEN, FG_SCOPE_WHOLE };

struct fg_route {
    const char *method;
    const char *pattern; /* "/v1/jobs/{id}/why" */
    enum fg_role role;   /* FG_ROLE_NONE: anyone */
    enum fg_scope scope;
    void (*handle)(struct fg_call *call);
    enum fg_body_kind body;
    const char *params; /* known query parameters, words */
};

extern const struct fg_route fg_routes[];
extern const size_t fg_routes_len;

/* The operation for this method and path; HEAD is served as GET where the table has no HEAD.
 * `captures` (at least 2) borrows what {..} matched; for {path*} it is the index of the first segment
 * that `*out_rest` tells.
 * Returns 0; FG_ENOENT: no such path; FG_ESTATE: the path has other methods, and `allow` (128 bytes)
 * lists them. */
[[nodiscard]] int fg_route_find(const char *method,
                                const struct fg_target *target,
                                const struct fg_route **out,
                                const char **out_capture,
                                size_t *out_rest,
                                char *allow);

/* May this actor do this operation at all?  The only place that compares roles.
 * Returns 0, FG_EAUTH (nobody is known), or FG_EPERM. */
[[nodiscard]] int fg_route_authorise(const struct fg_route *route,
                                     const struct fg_actor *actor,
                                     struct fg_err *err);

#define X(method, path, role, scope, handler, body, params)                                    \
    void fg_handle_##handler(struct fg_call *call);
#include "api/routes.def"
#undef X
