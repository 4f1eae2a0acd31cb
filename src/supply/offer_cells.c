/* offer_cells.c - columns by name, rows in cells; see offer_cells.h */
#include "supply/offer_cells.h"

#include "model/offer_json.h"

#include <ctype.h>
#include <string.h>

static const struct {
    const char *name, *others;
} columns[FG_OFFER_COLUMNS] = {
#define X(column, name, others) {name, others},
#include "supply/offer_column.def"
#undef X
};

const char *fg_offer_column_name(enum fg_offer_column column)
{
    return columns[column].name;
}

/* Equal but for letter case and '_' (and blanks and '-', which stand for it). */
static bool is_same_name(struct fg_field field, const char *name, size_t name_len)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < field.len && strchr("_- ", field.text[i]) && field.text[i])
            i++;
        while (k < name_len && name[k] == '_')
            k++;
        if (i == field.len || k == name_len)
            return i == field.len && k == name_len;
        if (tolower((unsigned char)field.text[i++]) != tolower((unsigned char)name[k++]))
            return false;
    }
}

static bool is_one_of(struct fg_field field, const char *names)
{
    while (*names) {
        size_t len = strcspn(names, "|");
        if (is_same_name(field, names, len))
            return true;
        names += len + (names[len] == '|');
    }
    return false;
}

/* The column of that name; -1: not known. */
static int find_column(const struct fg_offer_reading *reading, struct fg_field name)
{
    if (reading->supplier_column && fg_field_is(name, reading->supplier_column))
        return FG_OFFER_SUPPLIER;
    for (int i = 0; i < FG_OFFER_COLUMNS; i++) {
        if (i == FG_OFFER_SUPPLIER && reading->supplier_column)
            continue;
        if (is_same_name(name, columns[i].name, strlen(columns[i].name))
            || is_one_of(name, columns[i].others))
            return i;
    }
    return -1;
}

static int check_header(const struct fg_offer_reading *reading,
                        const struct fg_offer_header *header,
                        struct fg_err *err)
{
    static const enum fg_offer_column needed[] = {FG_OFFER_ACCELERATOR, FG_OFFER_COUNT};
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (header->at[needed[i]] < 0)
            return fg_fail(err, FG_EINVAL, "no column %s", columns[needed[i]].name);
    if (header->at[FG_OFFER_PRICE] < 0 && header->at[FG_OFFER_SPOT] < 0)
        return fg_fail(err, FG_EINVAL, "no column price_usd_h and none spot_price_usd_h");
    if (!reading->supplier && header->at[FG_OFFER_SUPPLIER] < 0)
        return fg_fail(err, FG_EINVAL,
                       "no column %s: say who sells with --supplier NAME, or which column does "
                       "with --supplier-column",
                       reading->supplier_column ? reading->supplier_column : "supplier");
    return 0;
}

int fg_offer_header_read(const struct fg_offer_reading *reading,
                         struct fg_field line,
                         struct fg_offer_header *out,
                         struct fg_err *err)
{
    struct fg_row names;
    int rc = fg_row_split(line, ',', 0, &names, err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < FG_OFFER_COLUMNS; i++)
        out->at[i] = -1;
    out->columns_len = names.len;
    if (names.len == 1 && line.len
        && (memchr(line.text, ';', line.len) || memchr(line.text, '\t', line.len)))
        return fg_fail(err, FG_EINVAL,
                       "columns are parted by semicolons or tabs, expected commas");
    for (size_t i = 0; i < names.len; i++) {
        int column = find_column(reading, names.fields[i]);
        if (column >= 0 && out->at[column] >= 0)
            return fg_fail(err, FG_EINVAL, "two columns for %s", columns[column].name);
        if (column >= 0)
            out->at[column] = (int)i;
    }
    return check_header(reading, out, err);
}

/* Without the blanks that stood within quotes. */
static struct fg_field trim(struct fg_field field)
{
    while (field.len && isblank((unsigned char)field.text[0])) {
        field.text++;
        field.len--;
    }
    while (field.len && isblank((unsigned char)field.text[field.len - 1]))
        field.len--;
    return field;
}

int fg_offer_cells_cut(const struct fg_offer_header *header,
                       struct fg_field line,
                       struct fg_offer_cells *out,
                       struct fg_err *err)
{
    struct fg_row row;
    int rc = fg_row_split(line, ',', header->columns_len, &row, err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < FG_OFFER_COLUMNS; i++)
        out->of[i] =
            header->at[i] < 0 ? (struct fg_field){"", 0} : trim(row.fields[header->at[i]]);
    return 0;
}

/* -- JSON -------------------------------------------------------------------------------------------- */

static int cell_of(const struct fg_doc *value,
                   struct fg_arena *arena,
                   struct fg_field *out,
                   struct fg_err *err)
{
    switch (value->kind) {
    case FG_DOC_NULL:
        *out = (struct fg_field){"", 0};
        return 0;
    case FG_DOC_TEXT:
        *out = (struct fg_field){value->text, value->text_len};
        return 0;
    case FG_DOC_INT:
        out->text = fg_arena_printf(arena, "%lld", (long long)value->integer);
        out->len = strlen(out->text);
        return 0;
    case FG_DOC_REAL:
        out->text = fg_arena_printf(arena, "%.15g", value->real);
        out->len = strlen(out->text);
        return 0;
    default:
        return fg_fail(err, FG_EINVAL, "%s: %s, expected a number or a text", value->key,
                       fg_doc_kind_name(value->kind));
    }
}

int fg_offer_cells_of(const struct fg_offer_reading *reading,
                      const struct fg_doc *object,
                      struct fg_arena *arena,
                      struct fg_offer_cells *out,
                      struct fg_err *err)
{
    char shown[FG_FIELD_SHOWN];
    if (object->kind != FG_DOC_MAP)
        return fg_fail(err, FG_EINVAL, "%s, expected an object",
                       fg_doc_kind_name(object->kind));
    for (int i = 0; i < FG_OFFER_COLUMNS; i++)
        out->of[i] = (struct fg_field){"", 0};
    for (const struct fg_doc *member = object->first; member; member = member->next) {
        struct fg_field name = {member->key, strlen(member->key)};
        int column = find_column(reading, name);
        if (column < 0)
            return fg_fail(err, FG_EINVAL, "unknown member %s", fg_field_shown(name, shown));
        int rc = cell_of(member, arena, &out->of[column], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

bool fg_offer_is_ours(const struct fg_doc *object)
{
    return fg_doc_get(object, "price_uusd_per_hour") != NULL;
}

int fg_offer_ours_read(const struct fg_doc *object,
                       struct fg_arena *arena,
                       struct fg_offer *out,
                       struct fg_err *err)
{
    struct fg_doc *copy = FG_NEW(arena, struct fg_doc, 1);
    const struct fg_doc **end = &copy->first;
    *copy = (struct fg_doc){.kind = FG_DOC_MAP, .line = object->line};
    for (const struct fg_doc *member = object->first; member; member = member->next) {
        if (!fg_offer_json_knows(member->key))
            continue;
        struct fg_doc *kept = FG_NEW(arena, struct fg_doc, 1);
        *kept = *member;
        kept->next = NULL;
        *end = kept;
        end = (const struct fg_doc **)&kept->next;
        copy->len++;
    }
    return fg_offer_json_read(copy, arena, out, err);
}
