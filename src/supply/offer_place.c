/* offer_place.c - who sells, what it is called there, and where it stands; see offer_row.h */
#include "supply/offer_row.h"

#include <ctype.h>
#include <string.h>

/* Write `field` as a name: runs of what a name may not have become one '-'.  True: it had to be changed. */
static bool make_name(struct fg_field field, char out[FG_NAME_MAX], bool *cut)
{
    size_t len = 0;
    bool changed = false;
    *cut = false;
    for (size_t i = 0; i < field.len; i++) {
        unsigned char c = (unsigned char)field.text[i];
        bool good = c < 0x80 && (isalnum(c) || c == '.' || c == '_' || c == '-');
        if (len + 1 >= FG_NAME_MAX) {
            *cut = true;
            break;
        }
        if (good)
            out[len++] = (char)c;
        else if (len && out[len - 1] != '-')
            out[len++] = '-';
        changed = changed || !good;
    }
    if (changed)
        while (len && out[len - 1] == '-')
            len--;
    out[len] = '\0';
    return changed;
}

static int read_name(struct fg_offer_row *row,
                     const char *what,
                     struct fg_field field,
                     char out[FG_NAME_MAX],
                     struct fg_err *err)
{
    char shown[FG_FIELD_SHOWN];
    bool cut;
    if (fg_offer_is_empty(field)) {
        out[0] = '\0';
        return 0;
    }
    bool changed = make_name(field, out, &cut);
    if (cut)
        return fg_fail(err, FG_EINVAL, "%s: `%s...`, %zu bytes, expected at most %d", what,
                       fg_field_shown(field, shown), field.len, FG_NAME_MAX - 1);
    if (!out[0])
        return fg_fail(err, FG_EINVAL, "%s: `%s`, expected letters and digits", what,
                       fg_field_shown(field, shown));
    if (changed)
        fg_offer_repair(row, "%s `%s` is written %s", what, fg_field_shown(field, shown), out);
    return 0;
}

/* "us-central1-a" of Google's, "us-east-1a" of Amazon's: the length of the region in it; 0: no such zone. */
static size_t region_in_zone(const char *zone)
{
    size_t len = strlen(zone);
    if (len < 6 || !islower((unsigned char)zone[len - 1]))
        return 0;
    if (isdigit((unsigned char)zone[len - 2]) && memchr(zone, '-', len))
        return len - 1;
    if (zone[len - 2] == '-' && isdigit((unsigned char)zone[len - 3])
        && memchr(zone, '-', len - 2))
        return len - 2;
    return 0;
}

/* "use1-az2" of Amazon's: the same zone for all accounts. */
static bool is_zone_id(const char *name)
{
    size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyz");
    size_t digits = strspn(name + letters, "0123456789");
    const char *rest = name + letters + digits;
    return letters >= 2 && letters <= 5 && digits > 0 && strncmp(rest, "-az", 3) == 0
           && isdigit((unsigned char)rest[3]);
}

static void swap(char a[FG_NAME_MAX], char b[FG_NAME_MAX])
{
    char kept[FG_NAME_MAX];
    memcpy(kept, a, FG_NAME_MAX);
    memcpy(a, b, FG_NAME_MAX);
    memcpy(b, kept, FG_NAME_MAX);
}

/* Region and zone that were mixed up, where their form says so. */
static void sort_places(struct fg_offer_row *row)
{
    struct fg_offer *offer = &row->offers[0];
    size_t in_region = region_in_zone(offer->region);
    size_t in_zone = region_in_zone(offer->zone);
    bool is_id = is_zone_id(offer->region) && offer->zone[0] && !is_zone_id(offer->zone);
    bool is_swapped = in_region && offer->zone[0] && strlen(offer->zone) == in_region
                      && strncmp(offer->region, offer->zone, in_region) == 0;
    if (is_id || is_swapped) {
        swap(offer->region, offer->zone);
        fg_offer_repair(row, "region and zone were the other way round");
    } else if (in_region && !offer->zone[0]) {
        memcpy(offer->zone, offer->region, FG_NAME_MAX);
        offer->region[in_region] = '\0';
        fg_offer_repair(row, "region %s is a zone of %s", offer->zone, offer->region);
    } else if (in_zone && !offer->region[0]) {
        memcpy(offer->region, offer->zone, in_zone);
        offer->region[in_zone] = '\0';
        fg_offer_repair(row, "region %s is taken from zone %s", offer->region, offer->zone);
    }
}

int fg_offer_row_names(const struct fg_offer_reading *reading,
                       const struct fg_offer_cells *cells,
                       struct fg_offer_row *row,
                       struct fg_err *err)
{
    struct fg_offer *offer = &row->offers[0];
    struct fg_field supplier = cells->of[FG_OFFER_SUPPLIER];
    if (reading->supplier)
        supplier = (struct fg_field){reading->supplier, strlen(reading->supplier)};
    int rc = read_name(row, "supplier", supplier, offer->supplier, err);
    if (rc == 0 && !offer->supplier[0])
        rc = fg_fail(err, FG_EINVAL, "no supplier");
    if (rc == 0)
        rc =
            read_name(row, "instance type", cells->of[FG_OFFER_INSTANCE], offer->instance, err);
    if (rc == 0)
        rc = read_name(row, "region", cells->of[FG_OFFER_REGION], offer->region, err);
    if (rc == 0)
        rc = read_name(row, "zone", cells->of[FG_OFFER_ZONE], offer->zone, err);
    if (rc == 0)
        sort_places(row);
    return rc;
}
