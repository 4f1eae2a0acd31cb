/* context.c - what every command does with the service; see verb.h */
#include "cli/verb.h"

#include "cli/view.h"
#include "client/locate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fg_cli_hint(struct fg_cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(cli->hint, sizeof(cli->hint), fmt, ap);
    va_end(ap);
}

int fg_cli_connect(struct fg_cli *cli, struct fg_err *err)
{
    struct fg_place place;
    int rc = fg_locate_service(fg_args_get(&cli->args, "url"), &place, err);
    if (rc < 0)
        return rc;
    cli->client = fg_client_new(place.url, place.token, err);
    explicit_bzero(place.token, sizeof(place.token));
    return cli->client ? 0 : FG_EINVAL;
}

void fg_answer_free(struct fg_answer *answer)
{
    fg_buf_free(&answer->body);
    fg_arena_free(answer->arena);
    *answer = (struct fg_answer){};
}

/* Parse what came; an empty body is an empty object. */
static int parse(struct fg_answer *answer, const char *path, struct fg_err *err)
{
    if (answer->body.len == 0)
        fg_buf_puts(&answer->body, "{}");
    answer->arena = fg_arena_new(fg_doc_room(answer->body.len));
    int rc = fg_doc_json_answer(answer->body.text, answer->body.len, answer->arena,
                                &answer->doc, err);
    return rc < 0 ? fg_wrap(err, FG_EBACKEND, "answer to %s", path) : 0;
}

int fg_cli_send(struct fg_cli *cli,
                const char *method,
                const char *path,
                const char *json,
                struct fg_answer *out,
                struct fg_err *err)
{
    struct fg_answer answer = {};
    struct fg_call call = {
        .method = method, .path = path, .json = json, .json_len = json ? strlen(json) : 0};
    int rc = fg_client_call(cli->client, &call, &answer.body, err);
    if (rc >= 0)
        rc = parse(&answer, path, err);
    if (rc < 0) {
        fg_answer_free(&answer);
        return rc;
    }
    fg_answer_free(out);
    *out = answer;
    return 0;
}

int fg_cli_get(struct fg_cli *cli, const char *path, struct fg_answer *out, struct fg_err *err)
{
    return fg_cli_send(cli, "GET", path, NULL, out, err);
}

int fg_cli_id(const char *word, uint64_t *out, struct fg_err *err)
{
    size_t digits = strspn(word, "0123456789");
    if (digits == 0 || digits > 18 || word[digits] != '\0' || strtoull(word, NULL, 10) == 0)
        return fg_fail(err, FG_EINVAL, "%.60s: not a job id, expected a number like 12", word);
    *out = strtoull(word, NULL, 10);
    return 0;
}

bool fg_cli_json(const struct fg_cli *cli, const struct fg_doc *doc)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    if (!fg_args_has(&cli->args, "json"))
        return false;
    fg_view_json(&text, doc);
    printf("%s\n", text.text);
    return true;
}

int fg_cli_number(const struct fg_cli *cli,
                  const char *name,
                  int64_t min,
                  int64_t max,
                  int64_t otherwise,
                  int64_t *out,
                  struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, name);
    *out = otherwise;
    if (!text)
        return 0;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected %" PRId64 " to %" PRId64, name,
                       text, min, max);
    *out = value;
    return 0;
}
