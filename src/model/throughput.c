/* throughput.c - how fast a job is on which kind of accelerator, `throughput: {h100: 2.0, a100: 1}`.  See job_read.h */
#include "model/job_read.h"
#include "model/names.h"

#include <math.h>
#include <string.h>

#define KINDS_MAX 16

struct rate {
    char kind[FG_KIND_MAX];
    uint32_t milli;
};

struct rates {
    struct rate items[KINDS_MAX]; /* the fastest first; of equals as they were written */
    size_t len;
};

static int read_rate(struct fg_doc_reader *reader, const struct fg_doc *doc, struct rate *out)
{
    bool is_number = doc->kind == FG_DOC_INT || doc->kind == FG_DOC_REAL;
    double milli = is_number ? round(doc->real * 1000) : 0;
    if (!(milli >= 1 && milli <= FG_RATE_MILLI_MAX))
        return fg_read_fail(reader, doc, "expected a rate from 0.001 to %d",
                            FG_RATE_MILLI_MAX / 1000);
    out->milli = (uint32_t)milli;
    int rc = fg_kind_read(reader->path, doc->key, out->kind, reader->err);
    return rc < 0 ? fg_read_wrap(reader, doc, rc) : 0;
}

static void insert(struct rates *rates, const struct rate *rate)
{
    size_t at = rates->len++;
    for (; at > 0 && rates->items[at - 1].milli < rate->milli; at--)
        rates->items[at] = rates->items[at - 1];
    rates->items[at] = *rate;
}

static int read_rates(struct fg_doc_reader *reader, const struct fg_doc *doc, struct rates *out)
{
    out->len = 0;
    if (doc->len < 1 || doc->len > KINDS_MAX)
        return fg_read_fail(reader, doc, "%zu kinds, expected 1 to %d", doc->len, KINDS_MAX);
    for (const struct fg_doc *at = doc->first; at; at = at->next) {
        struct rate rate = {};
        size_t mark = fg_read_enter(reader, at->key);
        int rc = read_rate(reader, at, &rate);
        if (rc < 0)
            return rc;
        fg_read_leave(reader, mark);
        insert(out, &rate);
    }
    return 0;
}

static int add(struct fg_doc_reader *reader,
               const struct fg_doc *doc,
               const struct fg_request *request,
               const struct rate *rate,
               struct fg_job_spec *out)
{
    if (out->any_of_len == FG_ANY_OF_MAX)
        return fg_read_fail(reader, doc, "more than %d alternatives by kind", FG_ANY_OF_MAX);
    struct fg_request *to = &out->any_of[out->any_of_len++];
    *to = *request;
    if (!rate)
        return 0;
    to->rate_milli = rate->milli;
    if (!fg_kind_is(request->kind, rate->kind)) /* keep what says more */
        memcpy(to->kind, rate->kind, sizeof(to->kind));
    return 0;
}

/* An alternative of a kind that takes in several of those named becomes one for each of these. */
static int add_all(struct fg_doc_reader *reader,
                   const struct fg_doc *doc,
                   const struct fg_request *request,
                   const struct rates *rates,
                   struct fg_job_spec *out)
{
    const struct rate *general = NULL;
    bool any = false;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rates->len; i++) {
        const struct rate *rate = &rates->items[i];
        if (fg_kind_is(rate->kind, request->kind)) {
            rc = add(reader, doc, request, rate, out);
            any = true;
        } else if (fg_kind_is(request->kind, rate->kind)) {
            general = rate;
        }
    }
    if (rc < 0 || any)
        return rc;
    if (!general)
        return fg_read_fail(reader, doc, "nothing is said of %s, which resources name",
                            request->kind);
    return add(reader, doc, request, general, out);
}

int fg_request_read_throughput(struct fg_doc_reader *reader,
                               const struct fg_doc *doc,
                               struct fg_job_spec *out)
{
    struct fg_request was[FG_ANY_OF_MAX];
    size_t was_len = out->any_of_len;
    struct rates rates = {};
    bool any = false;
    memcpy(was, out->any_of, sizeof(was));
    size_t mark = fg_read_enter(reader, "throughput");
    int rc = read_rates(reader, doc, &rates);
    out->any_of_len = 0;
    for (size_t i = 0; rc == 0 && i < was_len; i++) {
        any |= was[i].count > 0;
        rc = was[i].count > 0 ? add_all(reader, doc, &was[i], &rates, out)
                              : add(reader, doc, &was[i], NULL, out);
    }
    if (rc == 0 && !any)
        rc = fg_read_fail(reader, doc, "resources ask for no accelerator");
    if (rc == 0)
        fg_read_leave(reader, mark);
    return rc;
}
