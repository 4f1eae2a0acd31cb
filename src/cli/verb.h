/* verb.h - a command of the command line.  commands.def lists them; each is a file cmd_*.c. */
#pragma once

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/term.h"
#include "client/client.h"

#include "base/arena.h"
#include "base/doc.h"

struct fg_cli;

/* Returns the exit status, 0 or more; or a negative code with `err`, which the caller prints. */
typedef int fg_verb_fn(struct fg_cli *cli, struct fg_err *err);

enum fg_verb_flag {
    FG_VERB_LOCAL = 1, /* needs no service: has no --url */
    FG_VERB_STOP = 2,  /* the first word ends the options */
    FG_VERB_LATE = 4,  /* connects by itself, where it has to */
};

struct fg_verb {
    const char *name;         /* "ps", "node list" */
    const char *words;        /* "ID...": for the help */
    int words_min, words_max; /* -1: any number */
    unsigned flags;
    const char *group;   /* heading in the help */
    const char *summary; /* one line, lower case, no final stop */
    const char *detail;  /* paragraphs for --help and the manual; "" none */
    const struct fg_opt *opts;
    fg_verb_fn *run;
};

/* All commands, in the order of commands.def. */
extern const struct fg_verb fg_verbs[];
extern const size_t fg_verbs_len;
/* What every command, and every command that talks to the service, takes. */
extern const struct fg_opt fg_opts_all[];
extern const struct fg_opt fg_opts_service[];
#define FG_OPT_JSON                                                                            \
    {                                                                                          \
        "json", 0, NULL, "print JSON", NULL                                                    \
    }
#define FG_OPT_QUIET                                                                           \
    {                                                                                          \
        "quiet", 'q', NULL, "print ids or names only", NULL                                    \
    }

/* The tables of options of `verb`, ended by NULL. */
void fg_verb_tables(const struct fg_verb *verb, const struct fg_opt *out[4]);

/* One run of one command. */
struct fg_cli {
    const struct fg_cli_hooks *hooks;
    const struct fg_verb *verb;
    const struct fg_opt *tables[4]; /* of its options; `args` refers to it */
    struct fg_args args;
    struct fg_term out, err;    /* standard output, standard error */
    struct fg_client *client;   /* after fg_cli_connect() */
    char hint[FG_ERR_TEXT_MAX]; /* a whole sentence for the reader of the error; "" none */
};

/* Find the service and make the client.  Nothing is sent yet. */
[[nodiscard]] int fg_cli_connect(struct fg_cli *cli, struct fg_err *err);

/* Add a hint to the error that is about to be given back. */
[[gnu::format(printf, 2, 3)]] void fg_cli_hint(struct fg_cli *cli, const char *fmt, ...);

/* Answer of the service, as it came and parsed.  Zero it to begin. */
struct fg_answer {
    struct fg_buf body;
    struct fg_arena *arena;
    const struct fg_doc *doc;
};
void fg_answer_free(struct fg_answer *answer);
static inline void fg_answer_drop(struct fg_answer *answer)
{
    fg_answer_free(answer);
}

/* GET `path`; POST or PUT `json` to it.  The old content of `out` is freed first. */
[[nodiscard]] int fg_cli_get(struct fg_cli *cli,
                             const char *path,
                             struct fg_answer *out,
                             struct fg_err *err);
[[nodiscard]] int fg_cli_send(struct fg_cli *cli,
                              const char *method,
                              const char *path,
                              const char *json,
                              struct fg_answer *out,
                              struct fg_err *err);

/* With --json: print `doc` as JSON.  True: so it was, and there is nothing more to print. */
[[nodiscard]] bool fg_cli_json(const struct fg_cli *cli, const struct fg_doc *doc);

/* The id in a word of the command line: decimal, 1 or more.  Else FG_EINVAL. */
[[nodiscard]] int fg_cli_id(const char *word, uint64_t *out, struct fg_err *err);

/* The whole number that option `name` gives, `otherwise` without it.  FG_EINVAL: not within min..max. */
[[nodiscard]] int fg_cli_number(const struct fg_cli *cli,
                                const char *name,
                                int64_t min,
                                int64_t max,
                                int64_t otherwise,
                                int64_t *out,
                                struct fg_err *err);
