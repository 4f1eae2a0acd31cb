/* roles_test.c - every route of routes.def with every role: who may is let through, who may not is not. */
#include "api/routes.h"
#include "test/api/fake_service.h"
#include "test/api/http.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static struct fake_service *service;

/* A path that fits the pattern; what it names may not exist. */
static void fill_pattern(const char *pattern, char out[512])
{
    static const struct {
        const char *hole, *text;
    } fills[] = {
        {"{id}", "99"},
        {"{name}", "node-1"},
        {"{path*}", "a/b.txt"},
        {"{hash}", "blake2b:0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
    };
    size_t len = 0;
    while (*pattern) {
        size_t step = 1;
        const char *text = NULL;
        for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
            if (strncmp(pattern, fills[i].hole, strlen(fills[i].hole)) != 0)
                continue;
            step = strlen(fills[i].hole);
            text = fills[i].text;
        }
        len += (size_t)snprintf(out + len, 512 - len, "%.*s", text ? 512 : 1,
                                text ? text : pattern);
        pattern += step;
    }
}

static int status_of(const struct fg_route *route, const char *token)
{
    char path[512];
    struct http_answer answer = {};
    const char *body = route->body == FG_BODY_NONE ? NULL : "{}";
    fill_pattern(route->pattern, path);
    int status = http_call(fake_port(service), token, route->method, path, body, &answer);
    http_clear(&answer);
    return status;
}

static void every_route_with_every_role(void)
{
    static const enum fg_role roles[FAKE_TOKENS] = {
        FG_ROLE_VIEWER, FG_ROLE_MEMBER, FG_ROLE_OPERATOR, FG_ROLE_ADMIN, FG_ROLE_ADMIN};
    for (size_t i = 0; i < fg_routes_len; i++) {
        const struct fg_route *route = &fg_routes[i];
        for (int who = -1; who < FAKE_TOKENS; who++) {
            enum fg_role role = who < 0 ? FG_ROLE_NONE : roles[who];
            int status =
                status_of(route, who < 0 ? NULL : fake_token(service, (enum fake_token)who));
            bool bound = who == FAKE_OTHER && route->scope == FG_SCOPE_WHOLE;
            bool allowed = role >= route->role && !bound;
            printf("# %s %s as %s%s: %d\n", route->method, route->pattern,
                   role == FG_ROLE_NONE ? "nobody" : fg_role_name(role),
                   who == FAKE_OTHER ? " of one project" : "", status);
            if (allowed)
                OK(status != 401 && status != 403 && status != 0 && status < 500);
            else
                EQ(status, role == FG_ROLE_NONE ? 401 : 403);
        }
    }
}

static void bad_tokens_are_nobody(void)
{
    static const char *const tokens[] = {
        "",
        "fgpu_",
        "fgpu_0000000000000000000000000000000000000000000", /* well formed is not enough: see below */
        "fgpu_9999999999999999999999999999999999999999999",
        "fgpu_99999999999999999999999999999999999999999999",
        "FGPU_9999999999999999999999999999999999999999999",
        "'; drop table tokens; --",
    };
    struct http_answer answer = {};
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        bool real = i == 2; /* the viewer's */
        EQ(http_call(fake_port(service), tokens[i], "GET", "/v1/jobs", NULL, &answer),
           real ? 200 : 401);
        OK(real || !tokens[i][0] || !strstr(answer.body, tokens[i])
           || strcmp(tokens[i], "fgpu_") == 0);
    }
    EQ(http_call(fake_port(service), "x", "GET", "/healthz", NULL, &answer), 200);
    http_clear(&answer);
}

static void a_token_lives_until_it_is_revoked(void)
{
    struct http_answer answer = {};
    const char *admin = fake_token(service, FAKE_ADMIN);
    char secret[64], path[64];

    EQ(http_call(fake_port(service), admin, "POST", "/v1/tokens",
                 "{\"user\":\"ann\",\"role\":\"member\"}", &answer),
       201);
    const char *at = strstr(answer.body, "\"token\":\"");
    OK(at != NULL);
    snprintf(secret, sizeof(secret), "%.48s", at ? at + 9 : "");
    OK(strncmp(secret, "fgpu_", 5) == 0);
    snprintf(path, sizeof(path), "/v1/tokens/%d", atoi(answer.body + strlen("{\"id\":\"")));
    EQ(http_call(fake_port(service), secret, "GET", "/v1/whoami", NULL, &answer), 200);
    OK(strstr(answer.body, "{\"user\":\"ann\",\"role\":\"member\",\"project\":null}") != NULL);
    EQ(http_call(fake_port(service), admin, "GET", "/v1/tokens", NULL, &answer), 200);
    OK(strstr(answer.body, "\"user\":\"ann\"") && !strstr(answer.body, secret));
    EQ(http_call(fake_port(service), admin, "DELETE", path, NULL, &answer), 200);
    EQ(http_call(fake_port(service), secret, "GET", "/v1/whoami", NULL, &answer), 401);
    EQ(http_call(fake_port(service), admin, "DELETE", "/v1/tokens/999", NULL, &answer), 404);
    EQ(http_call(fake_port(service), admin, "POST", "/v1/tokens",
                 "{\"user\":\"ann\",\"role\":\"king\"}", &answer),
       400);
    EQ(http_call(fake_port(service), admin, "POST", "/v1/tokens", "{\"user\":\"ann\"}",
                 &answer),
       400);
    EQ(http_call(fake_port(service), admin, "POST", "/v1/tokens",
                 "{\"user\":\"ann\",\"role\":\"viewer\",\"project\":\"nope\"}", &answer),
       404);
    http_clear(&answer);
}

int main(void)
{
    service = fake_service_start();
    RUN(every_route_with_every_role);
    RUN(bad_tokens_are_nobody);
    RUN(a_token_lives_until_it_is_revoked);
    fake_service_stop(service);
    return tap_done();
}
