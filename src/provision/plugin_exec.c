/* plugin_exec.c - suppliers that are programs: one process a call, one line in, one line out; see plugin.h */
#include "provision/exec.h"
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

void fg_plugin_exec(const struct fg_plugin_site *site,
                    const struct fg_provision_call *call,
                    struct fg_answer_sheet *out)
{
    const struct fg_supplier *supplier = call->supplier;
    FG_AUTO(fg_secret) struct fg_secret secret = {};
    FG_AUTO(fg_buf) struct fg_buf input = {}, name = {}, file = {}, folder = {}, home = {};
    FG_AUTO(fg_exec_result) struct fg_exec_result result = {};
    const char *argv[FG_SUPPLIER_ARGS_MAX + 1] = {};
    struct fg_err err = {};
    if (fg_secret_read(supplier->secret_file, &secret, &err) < 0) {
        fg_answer_fail(out, FG_EAUTH, "%s", err.text);
        return;
    }
    for (uint32_t i = 0; i < supplier->argv_len && i < FG_SUPPLIER_ARGS_MAX; i++)
        argv[i] = supplier->argv[i];
    fg_protocol_write(&input, call);
    fg_buf_puts(&input, "\n");
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
                           .input = input.text,
                           .input_len = input.len,
                           .timeout_us = site->timeout_us,
                           .output_max = fg_plugin_bytes_max(call->op),
                           .stop_fd = site->stop_fd};
    if (fg_exec_run(&exec, &result, &err) < 0)
        fg_answer_fail(out, FG_EBACKEND, "%s", err.text);
    else
        read_result(&result, call, &secret, out);
}
