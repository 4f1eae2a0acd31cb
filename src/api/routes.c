/* routes.c - see routes.h */
#include "api/routes.h"

#include <stdio.h>
#include <string.h>

const struct fg_route fg_routes[] = {
#define X(method, path, role, scope, handler, body, params)                                    \
    {#method,        path,  FG_ROLE_##role, FG_SCOPE_##scope, fg_handle_##handler,             \
     FG_BODY_##body, params},
#include "api/routes.def"
#undef X
};
const size_t fg_routes_len = sizeof(fg_routes) / sizeof(fg_routes[0]);

/* Whether the path fits the pattern; `{name}` takes one segment, `{name*}` one or more. */
static bool matches(const char *pattern,
                    const struct fg_target *target,
                    const char **out_capture,
                    size_t *out_rest)
{
    size_t at = 0;
    pattern++; /* the first '/' */
    while (*pattern) {
        size_t len = strcspn(pattern, "/");
        if (at == target->segments_len)
            return false;
        const char *segment = target->segments[at];
        if (pattern[0] == '{' && pattern[len - 2] == '*') {
            *out_rest = at;
            return true;
        }
        if (pattern[0] == '{')
            *out_capture = segment;
        else if (strncmp(pattern, segment, len) != 0 || segment[len] != 0)
            return false;
        at++;
        pattern += len + (pattern[len] == '/');
    }
    return at == target->segments_len;
}

static void add_method(char *allow, size_t size, const char *method)
{
    size_t len = strlen(allow);
    if (!strstr(allow, method))
        snprintf(allow + len, size - len, "%s%s", len ? ", " : "", method);
}

int fg_route_find(const char *method,
                  const struct fg_target *target,
                  const struct fg_route **out,
                  const char **out_capture,
                  size_t *out_rest,
                  char *allow)
{
    const struct fg_route *as_get = NULL;
    const char *capture = NULL;
    size_t rest = 0;
    bool is_head = strcmp(method, "HEAD") == 0;

    allow[0] = 0;
    *out_capture = NULL;
    *out_rest = 0;
    for (size_t i = 0; i < fg_routes_len; i++) {
        if (!matches(fg_routes[i].pattern, target, &capture, &rest))
            continue;
        *out = &fg_routes[i];
        *out_capture = capture;
        *out_rest = rest;
        if (strcmp(fg_routes[i].method, method) == 0)
            return 0;
        if (is_head && strcmp(fg_routes[i].method, "GET") == 0)
            as_get = &fg_routes[i];
        add_method(allow, 128, fg_routes[i].method);
    }
    if (as_get) {
        *out = as_get;
        return 0;
    }
    return allow[0] ? FG_ESTATE : FG_ENOENT;
}

int fg_route_authorise(const struct fg_route *route,
                       const struct fg_actor *actor,
                       struct fg_err *err)
{
    if (route->role == FG_ROLE_NONE)
        return 0;
    if (actor->role == FG_ROLE_NONE)
        return fg_fail(err, FG_EAUTH, "send a token: Authorization: Bearer fgpu_...");
    if (actor->role < route->role)
        return fg_fail(err, FG_EPERM, "your role is %s, this needs %s",
                       fg_role_name(actor->role), fg_role_name(route->role));
    if (route->scope == FG_SCOPE_WHOLE && actor->project != 0)
        return fg_fail(err, FG_EPERM,
                       "your token is bound to one project, this concerns all of them");
    return 0;
}
