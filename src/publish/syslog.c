/* syslog.c - events to syslog (RFC 5424) and to systemd's journal (see outlet.h).
 *
 * Over TCP messages are framed by octet counting (RFC 6587, 3.4.1).  Neither protocol confirms: what the socket took counts
 * as sent.  A stream whose other end is gone is opened anew and the batch sent again.
 */
#include "publish/syslog_text.h"
#include "publish/wire.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct line_out {
    const struct fg_sink_setting *sink;
    const struct fg_outlet_site *site;
    struct fg_wire wire;
    char host[256];
};

static int lines_open(const struct fg_sink_setting *sink,
                      const struct fg_outlet_site *site,
                      void **out,
                      struct fg_err *err)
{
    struct line_out *lines = calloc(1, sizeof(*lines));
    if (!lines)
        return fg_fail(err, FG_ENOMEM, "no memory for a sink");
    *lines = (struct line_out){.sink = sink, .site = site, .wire = {.fd = -1}};
    gethostname(lines->host, sizeof(lines->host) - 1);
    *out = lines;
    return 0;
}

static void lines_free(void *outlet)
{
    struct line_out *lines = outlet;
    fg_wire_close(&lines->wire);
    free(lines);
}

static void write_note(const struct line_out *lines,
                       const struct fg_note *note,
                       struct fg_buf *out)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    if (lines->sink->kind == FG_SINK_JOURNAL) {
        fg_journal_write(out, note, lines->sink->source);
        return;
    }
    fg_syslog_write(&text, note, lines->sink->source, lines->host, (long)getpid());
    if (lines->wire.is_stream)
        fg_buf_printf(out, "%zu ", text.len);
    fg_buf_add(out, text.text, text.len);
}

static int lines_send(
    void *outlet, const struct fg_note *notes, size_t len, size_t *out_done, struct fg_err *err)
{
    struct line_out *lines = outlet;
    int rc = 0;
    *out_done = 0;
    if (lines->wire.fd >= 0 && fg_wire_is_over(&lines->wire))
        fg_wire_close(&lines->wire);
    if (lines->wire.fd < 0)
        rc = fg_wire_open(&lines->wire, lines->sink->where, lines->site, err);
    size_t done = 0;
    for (; rc == 0 && done < len; done += rc == 0) {
        FG_AUTO(fg_buf) struct fg_buf text = {};
        write_note(lines, &notes[done], &text);
        rc = fg_wire_write(&lines->wire, text.text, text.len, lines->site, err);
    }
    if (rc == 0 && fg_wire_is_over(&lines->wire))
        rc = fg_fail(err, FG_EUNREACH, "the other end closed the connection");
    if (rc < 0 && rc != FG_ETOOBIG)
        fg_wire_close(&lines->wire);
    /* Of a stream that broke nobody knows how much arrived. */
    *out_done = rc < 0 && rc != FG_ETOOBIG && lines->wire.is_stream ? 0 : done;
    return rc;
}

const struct fg_outlet_ops fg_outlet_syslog = {lines_open, lines_send, lines_free};
const struct fg_outlet_ops fg_outlet_journal = {lines_open, lines_send, lines_free};
