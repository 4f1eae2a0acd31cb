/* exporter_config.c - see exporter_config.h */
#include "model/exporter_config.h"

#include "base/text.h"

#include <string.h>

/* A name of a node, "*", or the beginning of names and "*". */
static bool is_nodes(const char *text)
{
    size_t len =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return text[0] && (text[len] == '\0' || strcmp(text + len, "*") == 0);
}

static int read_member(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_exporter *out)
{
    static const char *const names[] = {"nodes", "url"};
    const char *text;
    bool is_url = strcmp(doc->key, "url") == 0;
    if (!is_url && strcmp(doc->key, "nodes") != 0)
        return fg_read_fail_unknown(reader, doc, names, 2);
    size_t mark = fg_read_enter(reader, doc->key);
    int rc =
        fg_read_text(reader, doc, (is_url ? sizeof(out->url) : sizeof(out->nodes)) - 1, &text);
    if (rc == 0 && is_url && strncmp(text, "http://", 7) != 0
        && strncmp(text, "https://", 8) != 0)
        rc = fg_read_fail(reader, doc, "expected http://HOST:PORT/metrics");
    if (rc == 0 && !is_url && !is_nodes(text))
        rc = fg_read_fail(reader, doc, "expected the name of a node, CLUSTER.* or *");
    if (rc == 0)
        fg_copy(is_url ? out->url : out->nodes, is_url ? sizeof(out->url) : sizeof(out->nodes),
                text);
    fg_read_leave(reader, mark);
    return rc;
}

static int read_exporter(struct fg_doc_reader *reader,
                         const struct fg_doc *doc,
                         struct fg_exporter *out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    *out = (struct fg_exporter){.nodes = "*"};
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next)
        rc = read_member(reader, child, out);
    if (rc == 0 && !out->url[0])
        rc = fg_read_fail(reader, doc, "url: missing, expected http://HOST:PORT/metrics");
    return rc;
}

int fg_exporter_config_read(struct fg_doc_reader *reader,
                            const struct fg_doc *doc,
                            struct fg_exporter out[FG_EXPORTERS_MAX],
                            size_t *out_len)
{
    size_t len = 0;
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next) {
        if (len == FG_EXPORTERS_MAX)
            return fg_read_fail(reader, child, "more than %d exporters", FG_EXPORTERS_MAX);
        size_t mark = fg_read_enter_at(reader, len);
        rc = read_exporter(reader, child, &out[len++]);
        fg_read_leave(reader, mark);
    }
    if (rc == 0)
        *out_len = len;
    return rc;
}
