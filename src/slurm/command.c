/* command.c - see command.h */
#include "slurm/command.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENVS_MAX 12

/* What Slurm's clients say when nobody answered: the request may have been done nevertheless. */
static const char *const unreached[] = {
    "Unable to contact slurm controller",
    "Socket timed out",
    "ommunication connection failure",
    "Connection refused",
    "Connection reset",
    "Connection timed out",
    "Zero Bytes were transmitted",
    "Insane message length",
    "Protocol authentication error",
    "authentication", /* munge is away */
    "in standby mode",
    "backup controller",
    "Could not establish a configuration source",
    "Unexpected message received",
    "Transport endpoint is not connected",
    "Message receive failure",
    "Message send failure",
};

static bool is_unreached(const char *text)
{
    for (size_t i = 0; i < sizeof(unreached) / sizeof(unreached[0]); i++)
        if (strstr(text, unreached[i]))
            return true;
    return false;
}

/* The first line that says something, without the command's own prefix. */
static void shorten(const char *text, char out[FG_TEXT_MAX])
{
    char line[FG_TEXT_MAX];
    const char *word = strstr(text, "error: ");
    const char *from = word ? word + 7 : text;
    size_t len = strcspn(from, "\n");
    snprintf(line, sizeof(line), "%.*s", (int)(len < FG_TEXT_MAX - 1 ? len : FG_TEXT_MAX - 1),
             from);
    fg_copy_clean(out, FG_TEXT_MAX, line);
}

static int judge(const struct fg_slurm_site *site,
                 const struct fg_slurm_command *command,
                 const struct fg_exec_result *result,
                 struct fg_err *err)
{
    char said[FG_TEXT_MAX] = "";
    const char *name = command->words, *errors = result->err.text ? result->err.text : "";
    if (result->timed_out)
        return fg_fail(err, FG_EUNREACH, "%s: no answer within %ld s", name,
                       (long)(command->timeout_us / 1000000));
    if (result->stopped)
        return fg_fail(err, FG_EUNREACH, "%s: stopped", name);
    if (result->too_big)
        return fg_fail(err, FG_EUNREACH, "%s: more than %zu bytes", name, command->output_max);
    if (result->exit_code == 0)
        return 0;
    shorten(errors, said);
    bool by_ssh = site->supplier->cluster.ssh[0] != '\0';
    if (result->exit_code < 0 || (by_ssh && result->exit_code == 255) || is_unreached(errors))
        return fg_fail(err, FG_EUNREACH, "%s: %s", name, said[0] ? said : "it was killed");
    if (result->exit_code == 127)
        return fg_fail(err, FG_EBACKEND, "%s: %s", name, said[0] ? said : "not found");
    return fg_fail(err, FG_ESTATE, "%s", said[0] ? said : "Slurm refused it without a reason");
}

/* -- the vector -- */

struct vector {
    struct fg_buf remote; /* ssh: the command line of the other side */
    char host[FG_TEXT_MAX], port[32];
    const char *words[FG_TEXT_MAX];
    size_t len;
    char conf[FG_TEXT_MAX + 16], home[FG_TEXT_MAX + 8], user[FG_NAME_MAX + 8],
        agent[FG_TEXT_MAX + 16];
    const char *envs[ENVS_MAX];
};

static void vector_free(struct vector *vector)
{
    fg_buf_free(&vector->remote);
}

static void quote(struct fg_buf *out, const char *text)
{
    fg_buf_puts(out, out->len ? " '" : "'");
    for (; *text; text++)
        if (*text == '\'')
            fg_buf_puts(out, "'\\''");
        else
            fg_buf_add(out, text, 1);
    fg_buf_puts(out, "'");
}

/* "[user@]host[:port]", "[user@][::1]:22" */
static void split_host(struct vector *vector, const char *ssh)
{
    fg_copy(vector->host, sizeof(vector->host), ssh);
    char *colon = strrchr(vector->host, ':'), *bracket = strrchr(vector->host, ']');
    bool is_address = colon && !bracket && strchr(vector->host, ':') != colon;
    if (colon && colon > bracket && !is_address) {
        *colon = '\0';
        snprintf(vector->port, sizeof(vector->port), "%.16s", colon + 1);
    }
    char *open = strchr(vector->host, '[');
    if (open && bracket) {
        memmove(open, open + 1, strlen(open));
        bracket[-1] = '\0';
    }
}

static const char *const remote_envs[] = {"LC_ALL=C", "TZ=UTC", "SLURM_BITSTR_LEN=0",
                                          "SLURM_TIME_FORMAT=standard"};

static void by_ssh(struct vector *vector,
                   const struct fg_cluster_terms *terms,
                   const struct fg_slurm_command *command)
{
    static const char *const options[] = {"ssh", "-T",
                                          "-o",  "BatchMode=yes",
                                          "-o",  "ConnectTimeout=5",
                                          "-o",  "ServerAliveInterval=5",
                                          "-o",  "ForwardAgent=no",
                                          "-o",  "ForwardX11=no"};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        vector->words[vector->len++] = options[i];
    split_host(vector, terms->ssh);
    if (vector->port[0]) {
        vector->words[vector->len++] = "-p";
        vector->words[vector->len++] = vector->port;
    }
    vector->words[vector->len++] = "--";
    vector->words[vector->len++] = vector->host;
    quote(&vector->remote, "env");
    for (size_t i = 0; i < sizeof(remote_envs) / sizeof(remote_envs[0]); i++)
        quote(&vector->remote, remote_envs[i]);
    if (terms->conf[0]) {
        snprintf(vector->conf, sizeof(vector->conf), "SLURM_CONF=%s", terms->conf);
        quote(&vector->remote, vector->conf);
    }
    const char *word = command->words;
    for (size_t i = 0; i < command->words_len; i++, word += strlen(word) + 1)
        quote(&vector->remote, word);
    vector->words[vector->len++] = vector->remote.text;
}

static void here(struct vector *vector, const struct fg_slurm_command *command)
{
    const char *word = command->words;
    for (size_t i = 0; i < command->words_len && i < FG_TEXT_MAX - 1;
         i++, word += strlen(word) + 1)
        vector->words[vector->len++] = word;
}

static void add_envs(struct vector *vector, const struct fg_cluster_terms *terms)
{
    size_t len = 0;
    const char *home = getenv("HOME"), *user = getenv("USER"), *agent = getenv("SSH_AUTH_SOCK");
    vector->envs[len++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (size_t i = 0; i < sizeof(remote_envs) / sizeof(remote_envs[0]); i++)
        vector->envs[len++] = remote_envs[i];
    snprintf(vector->home, sizeof(vector->home), "HOME=%.255s", home ? home : "/");
    vector->envs[len++] = vector->home;
    if (user) {
        snprintf(vector->user, sizeof(vector->user), "USER=%.63s", user);
        vector->envs[len++] = vector->user;
    }
    if (terms->ssh[0] && agent) {
        snprintf(vector->agent, sizeof(vector->agent), "SSH_AUTH_SOCK=%.255s", agent);
        vector->envs[len++] = vector->agent;
    } else if (terms->conf[0]) {
        snprintf(vector->conf, sizeof(vector->conf), "SLURM_CONF=%s", terms->conf);
        vector->envs[len++] = vector->conf;
    }
    vector->envs[len] = NULL;
}

int fg_slurm_command_run(const struct fg_slurm_site *site,
                         const struct fg_slurm_command *command,
                         struct fg_buf *out,
                         struct fg_err *err)
{
    const struct fg_cluster_terms *terms = &site->supplier->cluster;
    struct vector vector = {};
    struct fg_exec_result result = {};
    add_envs(&vector, terms);
    if (terms->ssh[0])
        by_ssh(&vector, terms, command);
    else
        here(&vector, command);
    struct fg_exec exec = {.argv = vector.words,
                           .envs = vector.envs,
                           .folder = "/",
                           .input = command->input,
                           .input_len = command->input_len,
                           .timeout_us = command->timeout_us,
                           .output_max = command->output_max,
                           .stop_fd = site->stop_fd};
    int rc = fg_exec_run(&exec, &result, err);
    if (rc == 0)
        rc = judge(site, command, &result, err);
    fg_buf_free(out);
    if (rc == 0) {
        *out = result.out;
        result.out = (struct fg_buf){};
    }
    fg_exec_result_free(&result);
    vector_free(&vector);
    return rc;
}
