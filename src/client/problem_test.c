/* problem_test.c - what a refusal of the server becomes. */
#include "client/problem.h"

#include "test/tap.h"

#include <string.h>

static void refusals(void)
{
    static const struct {
        int status;
        const char *body;
        int code;
        const char *text;
    } rows[] = {
        {404,
         "{\"title\":\"no such object\",\"detail\":\"job 9: not "
         "known\",\"code\":\"FG_ENOENT\"}",
         FG_ENOENT, "job 9: not known"},
        {403, "{\"detail\":\"gpus: 4 of 4 used\",\"code\":\"FG_EQUOTA\"}", FG_EQUOTA,
         "gpus: 4 of 4 used"},
        {404, "{\"title\":\"no such object\"}", FG_ENOENT, "no such object"},
        {401, "<html>", FG_EAUTH, "the server answered HTTP 401"},
        {418, "", FG_EINVAL, "the server answered HTTP 418"},
        {599, "{}", FG_EBACKEND, "the server answered HTTP 599"},
        {400, "{\"detail\":\"a\\u001b[31mb\\nc\",\"code\":\"FG_NEW\"}", FG_EINVAL, "a [31mb c"},
        {400, "[1,2]", FG_EINVAL, "the server answered HTTP 400"},
        {400, "{\"detail\":5,\"code\":{}}", FG_EINVAL, "the server answered HTTP 400"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_err err = {};
        EQ(fg_problem_read(rows[i].status, rows[i].body, strlen(rows[i].body), &err),
           rows[i].code);
        EQ(err.code, rows[i].code);
        if (!OK(strcmp(err.text, rows[i].text) == 0))
            printf("# %s\n", err.text);
    }
}

static void names(void)
{
    EQ(fg_code_find("FG_EQUOTA"), FG_EQUOTA);
    EQ(fg_code_find("FG_E"), 0);
}

int main(void)
{
    RUN(refusals);
    RUN(names);
    return tap_done();
}
