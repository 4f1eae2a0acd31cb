/* pages.c - see pages.h */
#include "cli/pages.h"

#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_MAX 1000

static int read_page(struct fg_cli *cli,
                     const char *path,
                     int64_t limit,
                     struct fg_buf *cursor,
                     struct fg_answer *out,
                     struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf full = {};
    fg_buf_printf(&full, "%s%climit=%" PRId64, path, strchr(path, '?') ? '&' : '?', limit);
    if (cursor->len > 0) {
        fg_buf_puts(&full, "&cursor=");
        fg_url_escape(&full, cursor->text, false);
    }
    int rc = fg_cli_get(cli, full.text, out, err);
    fg_buf_clear(cursor);
    if (rc == 0)
        fg_buf_puts(cursor, fg_view_text(out->doc, "next"));
    return rc;
}

int fg_pages_read(struct fg_cli *cli,
                  const char *path,
                  int64_t limit,
                  fg_item_fn *on_item,
                  void *self,
                  bool *out_more,
                  struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf cursor = {};
    FG_AUTO(fg_answer) struct fg_answer page = {};
    int64_t count = 0;
    do {
        int64_t left = limit > 0 && limit - count < PAGE_MAX ? limit - count : PAGE_MAX;
        int rc = read_page(cli, path, left, &cursor, &page, err);
        if (rc < 0)
            return rc;
        for (const struct fg_doc *item = fg_view_first(page.doc, "items"); item;
             item = item->next) {
            rc = on_item(self, item);
            if (rc != 0)
                return rc;
            count++;
        }
    } while (cursor.len > 0 && (limit == 0 || count < limit));
    if (out_more)
        *out_more = cursor.len > 0;
    return 0;
}

int fg_pages_json(void *self, const struct fg_doc *item)
{
    struct fg_buf *out = self;
    if (out->len > 1)
        fg_buf_puts(out, ",");
    fg_buf_puts(out, "\n");
    fg_view_json(out, item);
    return 0;
}

int fg_pages_print_json(struct fg_cli *cli, const char *path, int64_t limit, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    fg_buf_puts(&out, "[");
    int rc = fg_pages_read(cli, path, limit, fg_pages_json, &out, NULL, err);
    if (rc < 0)
        return rc;
    fg_buf_puts(&out, out.len > 1 ? "\n]\n" : "]\n");
    fwrite(out.text, 1, out.len, stdout);
    return 0;
}
