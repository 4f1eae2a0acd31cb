/* csv.c - see csv.h */
#include "plan/csv.h"

#include <stdlib.h>

static void begin(struct fg_csv *csv)
{
    if (csv->began)
        return;
    csv->began = true;
    csv->record_line = csv->line + 1;
}

static void put(struct fg_csv *csv, char byte)
{
    begin(csv);
    if (csv->bytes.len - csv->field_at >= csv->field_max) {
        csv->cut = true;
        return;
    }
    fg_buf_add(&csv->bytes, byte ? &byte : "?", 1);
}

static void end_field(struct fg_csv *csv)
{
    begin(csv);
    if (!csv->ends) {
        csv->ends = calloc(csv->fields_max, sizeof(*csv->ends));
        csv->texts = calloc(csv->fields_max, sizeof(*csv->texts));
        if (!csv->ends || !csv->texts)
            abort();
    }
    if (csv->ends_len == csv->fields_max) {
        csv->cut = true;
        csv->bytes.len = csv->field_at;
        return;
    }
    fg_buf_add(&csv->bytes, "", 1);
    csv->ends[csv->ends_len++] = csv->bytes.len;
    csv->field_at = csv->bytes.len;
}

static void end_record(struct fg_csv *csv)
{
    if (csv->began) {
        end_field(csv);
        for (size_t i = 0; i < csv->ends_len; i++)
            csv->texts[i] = csv->bytes.text + (i > 0 ? csv->ends[i - 1] : 0);
        csv->record(csv->self, csv->texts, csv->ends_len);
    }
    fg_buf_clear(&csv->bytes);
    csv->ends_len = csv->field_at = 0;
    csv->began = csv->cut = csv->bad_quote = false;
    csv->state = FG_CSV_START;
}

/* Outside of quotes. */
static void take_plain(struct fg_csv *csv, char byte)
{
    switch (byte) {
    case ',':
        end_field(csv);
        csv->state = FG_CSV_START;
        break;
    case '\n':
        end_record(csv);
        break;
    case '\r':
        break;
    case '"':
        begin(csv);
        if (csv->state == FG_CSV_START) {
            csv->state = FG_CSV_QUOTED;
            break;
        }
        csv->bad_quote = true;
        put(csv, byte);
        break;
    default:
        put(csv, byte);
        csv->state = FG_CSV_PLAIN;
    }
}

static void take(struct fg_csv *csv, char byte)
{
    switch (csv->state) {
    case FG_CSV_QUOTED:
        if (byte == '"')
            csv->state = FG_CSV_QUOTE;
        else
            put(csv, byte);
        break;
    case FG_CSV_QUOTE: /* the first of two, or the last one of the field */
        if (byte == '"') {
            put(csv, byte);
            csv->state = FG_CSV_QUOTED;
            break;
        }
        csv->bad_quote |= byte != ',' && byte != '\n' && byte != '\r';
        csv->state = FG_CSV_PLAIN;
        take_plain(csv, byte);
        break;
    default:
        take_plain(csv, byte);
    }
}

/* The mark is no part of the first field. */
static bool is_mark(struct fg_csv *csv, char byte)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (csv->marks < 3 && byte == mark[csv->marks] && csv->line == 0 && !csv->began) {
        csv->marks++;
        csv->marked = true;
    }
    return csv->marked;
}

/* Bytes that are just text, to be taken at once. */
static size_t plain_len(const struct fg_csv *csv, const char *bytes, size_t len)
{
    size_t i = 0;
    if (csv->state == FG_CSV_QUOTE)
        return 0;
    if (csv->state == FG_CSV_QUOTED)
        while (i < len && bytes[i] != '"' && bytes[i] != '\n' && bytes[i] != '\0')
            i++;
    else
        while (i < len && bytes[i] != '"' && bytes[i] != '\n' && bytes[i] != '\0'
               && bytes[i] != ',' && bytes[i] != '\r')
            i++;
    return i;
}

static void put_all(struct fg_csv *csv, const char *bytes, size_t len)
{
    begin(csv);
    size_t room = csv->field_max - (csv->bytes.len - csv->field_at);
    csv->cut |= len > room;
    fg_buf_add(&csv->bytes, bytes, len < room ? len : room);
    if (csv->state == FG_CSV_START)
        csv->state = FG_CSV_PLAIN;
}

void fg_csv_feed(struct fg_csv *csv, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t plain = is_mark(csv, bytes[i]) ? 0 : plain_len(csv, bytes + i, len - i);
        if (plain > 0) {
            put_all(csv, bytes + i, plain);
            i += plain;
            continue;
        }
        if (!csv->marked)
            take(csv, bytes[i]);
        csv->marked = false;
        if (bytes[i++] == '\n')
            csv->line++;
    }
}

void fg_csv_end(struct fg_csv *csv)
{
    csv->bad_quote |= csv->state == FG_CSV_QUOTED;
    end_record(csv);
}

void fg_csv_free(struct fg_csv *csv)
{
    fg_buf_free(&csv->bytes);
    free(csv->ends);
    free(csv->texts);
    csv->ends = NULL;
    csv->texts = NULL;
}
