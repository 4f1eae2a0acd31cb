/* measure.c - see measure.h */
#include "transfer/measure.h"

#include "base/grow.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HALF_LIFE_US (7LL * 24 * 3600 * 1000000)

static const char *const protocol_names[FG_PROTOCOLS] = {"file", "ssh", "http", "s3", "link"};

struct link {
    struct fg_measure kept[FG_MEASURES_KEPT]; /* a ring */
    size_t added;                             /* ever */
};

struct fg_measure_book {
    struct link *links; /* [len] */
    size_t len, room;
};

const char *fg_protocol_name(enum fg_protocol protocol)
{
    return protocol_names[protocol];
}

int fg_protocol_find(const char *name)
{
    for (int i = 0; i < FG_PROTOCOLS; i++)
        if (strcmp(name, protocol_names[i]) == 0)
            return i;
    return -1;
}

bool fg_measure_is_site(const char *site)
{
    size_t len = strlen(site);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)site[i] <= ' ' || (unsigned char)site[i] >= 127)
            return false;
    return len > 0 && len < FG_NAME_MAX;
}

void fg_measure_write(struct fg_buf *out, const struct fg_measure *measure)
{
    assert(fg_measure_is_site(measure->a) && fg_measure_is_site(measure->b));
    fg_buf_printf(out, "v1 %lld %s %s %s %lld %lld %lld %u\n", (long long)measure->time_us,
                  measure->a, measure->b, protocol_names[measure->protocol],
                  (long long)measure->latency_us, (long long)measure->bytes_per_s,
                  (long long)measure->bytes, measure->streams);
}

/* The next word, at most `size` with its end; false: there is none, or it is too long. */
static bool take_word(const char **at, char *out, size_t size)
{
    size_t len = strcspn(*at, " ");
    if (len == 0 || len >= size)
        return false;
    memcpy(out, *at, len);
    out[len] = '\0';
    *at += len + ((*at)[len] == ' ');
    return true;
}

static bool take_number(const char **at, int64_t least, int64_t *out)
{
    char word[24];
    if (!take_word(at, word, sizeof(word)))
        return false;
    const char *digits = word + (word[0] == '-');
    size_t len = strspn(digits, "0123456789");
    if (len == 0 || len > 18 || digits[len] != '\0')
        return false;
    *out = strtoll(word, NULL, 10);
    return *out >= least;
}

int fg_measure_parse(const char *line, struct fg_measure *out)
{
    struct fg_measure measure = {};
    char version[8], protocol[16];
    int64_t streams = 0;
    bool good = take_word(&line, version, sizeof(version)) && strcmp(version, "v1") == 0
                && take_number(&line, 1, &measure.time_us)
                && take_word(&line, measure.a, sizeof(measure.a))
                && take_word(&line, measure.b, sizeof(measure.b))
                && take_word(&line, protocol, sizeof(protocol))
                && take_number(&line, -1, &measure.latency_us)
                && take_number(&line, 0, &measure.bytes_per_s)
                && take_number(&line, 0, &measure.bytes) && take_number(&line, 1, &streams)
                && *line == '\0';
    int found = good ? fg_protocol_find(protocol) : -1;
    if (found < 0 || !fg_measure_is_site(measure.a) || !fg_measure_is_site(measure.b)
        || streams > 1024)
        return FG_EINVAL;
    measure.protocol = (enum fg_protocol)found;
    measure.streams = (uint32_t)streams;
    *out = measure;
    return 0;
}

struct fg_measure_book *fg_measure_book_new(void)
{
    struct fg_measure_book *book = calloc(1, sizeof(*book));
    if (!book)
        abort();
    return book;
}

void fg_measure_book_free(struct fg_measure_book *book)
{
    if (!book)
        return;
    free(book->links);
    free(book);
}

static bool is_link(const struct link *link,
                    const char *a,
                    const char *b,
                    enum fg_protocol protocol)
{
    const struct fg_measure *any = &link->kept[0];
    return any->protocol == protocol
           && ((strcmp(any->a, a) == 0 && strcmp(any->b, b) == 0)
               || (strcmp(any->a, b) == 0 && strcmp(any->b, a) == 0));
}

static struct link *find_link(const struct fg_measure_book *book,
                              const char *a,
                              const char *b,
                              enum fg_protocol protocol)
{
    for (size_t i = 0; i < book->len; i++)
        if (is_link(&book->links[i], a, b, protocol))
            return &book->links[i];
    return NULL;
}

static struct link *add_link(struct fg_measure_book *book)
{
    if (book->len >= FG_MEASURED_LINKS_MAX)
        return NULL;
    book->links = fg_grow(book->links, book->len, &book->room, sizeof(*book->links));
    struct link *link = &book->links[book->len++];
    *link = (struct link){};
    return link;
}

void fg_measure_book_add(struct fg_measure_book *book, const struct fg_measure *measure)
{
    struct link *link = find_link(book, measure->a, measure->b, measure->protocol);
    if (!link && !(link = add_link(book)))
        return;
    link->kept[link->added++ % FG_MEASURES_KEPT] = *measure;
}

size_t fg_measure_book_read(struct fg_measure_book *book, FILE *in)
{
    char line[FG_MEASURE_LINE_MAX];
    size_t bad = 0;
    bool whole = true; /* the line before ended within the room */
    while (fgets(line, sizeof(line), in)) {
        struct fg_measure measure;
        char *end = strchr(line, '\n');
        bool begins = whole;
        whole = end != NULL;
        if (end)
            *end = '\0';
        if (!begins)
            continue;
        if (whole && fg_measure_parse(line, &measure) == 0)
            fg_measure_book_add(book, &measure);
        else
            bad++;
    }
    return bad;
}

struct weighed {
    int64_t value;
    uint64_t weight;
};

static int by_value(const void *a, const void *b)
{
    const struct weighed *left = a, *right = b;
    return (left->value > right->value) - (left->value < right->value);
}

/* The least value at which half of the weight is reached; `otherwise` of nothing. */
static int64_t median(struct weighed *items, size_t len, int64_t otherwise)
{
    uint64_t total = 0, seen = 0;
    if (len == 0)
        return otherwise;
    qsort(items, len, sizeof(*items), by_value);
    for (size_t i = 0; i < len; i++)
        total += items[i].weight;
    for (size_t i = 0; i + 1 < len; i++) {
        seen += items[i].weight;
        if (seen * 2 >= total)
            return items[i].value;
    }
    return items[len - 1].value;
}

/* Halves each week, linear in between; whole numbers, so that every machine finds the same. */
static uint64_t weight_of(int64_t age_us)
{
    if (age_us < 0)
        age_us = 0;
    uint64_t weight = (1ULL << 20) >> (age_us / HALF_LIFE_US);
    return weight
           - weight / 2 * (uint64_t)(age_us % HALF_LIFE_US / 1000000)
                 / (HALF_LIFE_US / 1000000);
}

static bool estimate(const struct link *link, int64_t now_us, struct fg_measure_estimate *out)
{
    struct weighed latency[FG_MEASURES_KEPT], one[FG_MEASURES_KEPT], many[FG_MEASURES_KEPT];
    size_t latency_len = 0, one_len = 0, many_len = 0;
    *out = (struct fg_measure_estimate){};
    size_t len = link->added < FG_MEASURES_KEPT ? link->added : FG_MEASURES_KEPT;
    for (size_t i = 0; i < len; i++) {
        const struct fg_measure *kept = &link->kept[i];
        if (now_us - kept->time_us > FG_MEASURE_AGE_MAX_US)
            continue;
        uint64_t weight = weight_of(now_us - kept->time_us);
        out->measures++;
        out->newest_us = kept->time_us > out->newest_us ? kept->time_us : out->newest_us;
        if (kept->latency_us >= 0)
            latency[latency_len++] = (struct weighed){kept->latency_us, weight};
        if (kept->bytes_per_s <= 0 || kept->bytes < FG_MEASURE_BYTES_LEAST)
            continue;
        if (kept->streams > 1)
            many[many_len++] = (struct weighed){kept->bytes_per_s, weight};
        else
            one[one_len++] = (struct weighed){kept->bytes_per_s, weight};
    }
    out->latency_us = median(latency, latency_len, -1);
    out->bytes_per_s = median(one, one_len, 0);
    out->many_bytes_per_s = median(many, many_len, 0);
    return out->measures > 0;
}

bool fg_measure_book_find(const struct fg_measure_book *book,
                          const char *a,
                          const char *b,
                          enum fg_protocol protocol,
                          int64_t now_us,
                          struct fg_measure_estimate *out)
{
    const struct link *link = find_link(book, a, b, protocol);
    return link && estimate(link, now_us, out);
}

size_t fg_measure_book_len(const struct fg_measure_book *book)
{
    return book->len;
}

bool fg_measure_book_at(const struct fg_measure_book *book,
                        size_t at,
                        int64_t now_us,
                        struct fg_measure *out,
                        struct fg_measure_estimate *out_estimate)
{
    *out = book->links[at].kept[0];
    return estimate(&book->links[at], now_us, out_estimate);
}

void fg_measure_book_write(const struct fg_measure_book *book, struct fg_buf *out)
{
    for (size_t i = 0; i < book->len; i++) {
        const struct link *link = &book->links[i];
        size_t first = link->added < FG_MEASURES_KEPT ? 0 : link->added - FG_MEASURES_KEPT;
        for (size_t k = first; k < link->added; k++)
            fg_measure_write(out, &link->kept[k % FG_MEASURES_KEPT]);
    }
}
