/* plugin_exec.c - suppliers that are programs: one process a call, one line in, one line out; see plugin.h */
#include "base/exec.h"
#include "provision/plugin.h"

#include "base/clock.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PATH_WORDS "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

size_t fg_plugin_bytes_max(enum fg_provision_op op)
{
    bool is_long = op == FG_PROVISION_OFFERS || op == FG_PROVISION_INSPECT;
    return is_long ? FG_PROVISION_LONG_BYTES_MAX : FG_PROVISION_BYTES_MAX;
}

void fg_last_line(const struct fg_buf *text,
                  const struct fg_secret *secret,
                  char out[FG_LAST_LINE_MAX])
{
    size_t end = text->len;
    out[0] = '\0';
    while (end > 0 && (isspace((unsigned char)text->text[end - 1]) || !text->text[end - 1]))
        end--;
    size_t begin = end;
    while (begin > 0 && text->text[begin - 1] != '\n' && text->text[begin - 1])
        begin--;
    char *line = end > begin ? strndup(text->text + begin, end - begin) : NULL;
    if (!line)
        return;
    strcpy(out, ": ");
    fg_secret_copy(secret, out + 2, FG_LAST_LINE_MAX - 2, line);
    free(line);
}

/* Why there is no answer, or NULL: there is one. */
static const char *find_fault(const struct fg_exec_result *result, int *out_rc, char text[64])
{
    *out_rc = FG_EBACKEND;
    if (result->timed_out) {
        *out_rc = FG_ETIMEOUT;
        return "no answer in time, killed";
    }
    if (result->too_big) {
        *out_rc = FG_ETOOBIG;
        return "a larger answer than is allowed, killed";
    }
    if (result->stopped)
        return "the service stops, killed";
    if (result->exit_code == 0)
        return NULL;
    if (result->exit_code < 0)
        snprintf(text, 64, "ended by signal %d", result->term_signal);
    else
        snprintf(text, 64, "exit status %d", result->exit_code);
    return text;
}

static void read_result(const struct fg_exec_result *result,
                        const struct fg_provision_call *call,
                        const struct fg_secret *secret,
                        struct fg_answer_sheet *out)
{
    char text[64], last[FG_LAST_LINE_MAX];
    int rc;
    const char *fault = find_fault(result, &rc, text);
    fg_last_line(&result->err, secret, last);
    /* The first line is the answer; what stands after it is not for us. */
    const char *line = result->out.text ? result->out.text : "";
    const char *newline = memchr(line, '\n', result->out.len);
    size_t len = newline ? (size_t)(newline - line) : result->out.len;
    if (fault)
        fg_answer_fail(out, rc, "the plug-in gave no answer to %s: %s%s",
                       fg_provision_op_name(call->op), fault, last);
    else if (len == 0)
        fg_answer_fail(out, FG_EBACKEND, "the plug-in wrote no answer to %s%s",
                       fg_provision_op_name(call->op), last);
    else
        fg_protocol_read(line, len, call, secret, out);
}

/* Run the program once; `input` is what it reads. */
static int run(const struct fg_plugin_site *site,
               const struct fg_provision_call *call,
               const struct fg_buf *input,
               struct fg_exec_result *out,
               struct fg_err *err)
{
    const struct fg_supplier *supplier = call->supplier;
    FG_AUTO(fg_buf) struct fg_buf name = {}, file = {}, folder = {}, home = {};
    const char *argv[FG_SUPPLIER_ARGS_MAX + 1] = {};
    for (uint32_t i = 0; i < supplier->argv_len && i < FG_SUPPLIER_ARGS_MAX; i++)
        argv[i] = supplier->argv[i];
    fg_buf_printf(&name, "FASTGPU_SUPPLIER=%s", supplier->name);
    fg_buf_printf(&folder, "FASTGPU_STATE_DIR=%s", site->folder);
    fg_buf_printf(&home, "HOME=%s", site->folder);
    fg_buf_printf(&file, "FASTGPU_SECRET_FILE=%s", supplier->secret_file);
    const char *envs[] = {PATH_WORDS, "LANG=C.UTF-8",
                          name.text,  folder.text,
                          home.text,  supplier->secret_file[0] ? file.text : NULL,
                          NULL};
    struct fg_exec exec = {.argv = argv,
                           .envs = envs,
                           .folder = site->folder,
                           .input = input->text,
                           .input_len = input->len,
                           .timeout_us = site->timeout_us,
                           .output_max = fg_plugin_bytes_max(call->op),
                           .stop_fd = site->stop_fd};
    return fg_exec_run(&exec, out, err);
}

void fg_plugin_exec(const struct fg_plugin_site *site,
                    const struct fg_provision_call *call,
                    struct fg_answer_sheet *out)
{
    FG_AUTO(fg_secret) struct fg_secret secret = {};
    FG_AUTO(fg_buf) struct fg_buf input = {};
    FG_AUTO(fg_exec_result) struct fg_exec_result result = {};
    struct fg_err err = {};
    int rc = fg_secret_read(call->supplier->secret_file, &secret, &err);
    fg_protocol_write(&input, call);
    fg_buf_puts(&input, "\n");
    if (rc == 0)
        rc = run(site, call, &input, &result, &err);
    if (rc < 0)
        fg_answer_fail(out, rc, "%s", err.text);
    else
        read_result(&result, call, &secret, out);
}

int fg_plugin_exec_send(const struct fg_plugin_site *site,
                        const struct fg_provision_call *call,
                        const char *bytes,
                        size_t len,
                        struct fg_buf *out,
                        struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf input = {};
    FG_AUTO(fg_exec_result) struct fg_exec_result result = {};
    char text[64], last[FG_LAST_LINE_MAX];
    fg_buf_add(&input, bytes, len);
    int rc = run(site, call, &input, &result, err);
    if (rc < 0)
        return rc;
    fg_buf_add(out, result.out.text ? result.out.text : "", result.out.len);
    const char *fault = find_fault(&result, &rc, text);
    fg_last_line(&result.err, NULL, last);
    return fault ? fg_fail(err, rc, "%s%s", fault, last) : 0;
}
