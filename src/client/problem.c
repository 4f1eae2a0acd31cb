/* problem.c - see problem.h */
#include "client/problem.h"

#include "base/arena.h"
#include "base/doc.h"

#include <string.h>

#define PROBLEM_SIZE_MAX ((size_t)(64 * 1024))

int fg_code_find(const char *name)
{
    static const struct {
        const char *name;
        int code;
    } rows[] = {
#define X(name, value, http, exit, retry, text) {#name, name},
#include "base/err.def"
#undef X
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(name, rows[i].name) == 0)
            return rows[i].code;
    return 0;
}

/* The first code of the table with that HTTP status; the nearest class if there is none. */
static int code_of_status(int status)
{
    static const int codes[] = {
#define X(name, value, http, exit, retry, text) name,
#include "base/err.def"
#undef X
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (fg_code_http(codes[i]) == status)
            return codes[i];
    return status >= 500 ? FG_EBACKEND : FG_EINVAL;
}

static const char *text_of(const struct fg_doc *doc, const char *key)
{
    const struct fg_doc *member = fg_doc_get(doc, key);
    return member && member->kind == FG_DOC_TEXT && member->text[0] ? member->text : NULL;
}

static void take_out_controls(struct fg_err *err)
{
    if (err)
        for (char *at = err->text; *at; at++)
            if ((unsigned char)*at < 0x20 || *at == 0x7f)
                *at = ' ';
}

int fg_problem_read(int status, const char *body, size_t len, struct fg_err *err)
{
    int code = code_of_status(status);
    if (len > PROBLEM_SIZE_MAX || len == 0)
        return fg_fail(err, code, "the server answered HTTP %d", status);

    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len));
    const struct fg_doc *doc;
    if (fg_doc_json(body, len, arena, &doc, NULL) < 0)
        return fg_fail(err, code, "the server answered HTTP %d", status);

    const char *name = text_of(doc, "code");
    const char *detail = text_of(doc, "detail");
    if (!detail)
        detail = text_of(doc, "title");
    int named = name ? fg_code_find(name) : 0;
    if (named != 0)
        code = named;
    if (detail)
        fg_fail(err, code, "%s", detail);
    else
        fg_fail(err, code, "the server answered HTTP %d", status);
    take_out_controls(err);
    return code;
}
