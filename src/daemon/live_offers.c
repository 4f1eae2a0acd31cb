/* live_offers.c - see live_offers.h */
#include "daemon/live_offers.h"

#include "daemon/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct list {
    struct list *next;
    struct fg_offer *offers;
    size_t len;
    int64_t now_us;
};

struct fg_live_offers {
    struct fg_offer_store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t bell;
    struct list *first; /* one a supplier, in the order they came */
    bool stop;
};

static void list_free(struct list *list)
{
    if (!list)
        return;
    free(list->offers);
    free(list);
}

/* Of two rows that are one offer the first stays: a plug-in may repeat itself. */
static size_t without_twins(struct fg_offer *offers, size_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < len; i++) {
        bool twin = false;
        for (size_t k = 0; k < kept && !twin; k++)
            twin = fg_offer_same(&offers[k], &offers[i]);
        if (!twin)
            offers[kept++] = offers[i];
    }
    return kept;
}

static void import(struct fg_live_offers *live, struct list *list)
{
    struct fg_err err = {};
    struct fg_offer_changes changes;
    struct fg_offer_import what = {.offers = list->offers,
                                   .len = without_twins(list->offers, list->len),
                                   .complete = true,
                                   .now_us = list->now_us};
    int rc = fg_offer_store_import(live->store, &what, &changes, &err);
    if (rc < 0)
        fg_log("event=offers-not-kept supplier=%s code=%s why=\"%s\"", list->offers[0].supplier,
               fg_code_name(rc), err.text);
    else if (changes.added + changes.changed + changes.withdrawn > 0)
        fg_log("event=offers supplier=%s added=%zu changed=%zu withdrawn=%zu",
               list->offers[0].supplier, changes.added, changes.changed, changes.withdrawn);
}

/* The next list; NULL: none, and none will come. */
static struct list *take(struct fg_live_offers *live)
{
    pthread_mutex_lock(&live->lock);
    while (!live->first && !live->stop)
        pthread_cond_wait(&live->bell, &live->lock);
    struct list *list = live->first;
    if (list)
        live->first = list->next;
    pthread_mutex_unlock(&live->lock);
    return list;
}

static void *run(void *self)
{
    struct fg_live_offers *live = self;
    for (struct list *list = take(live); list; list = take(live)) {
        import(live, list);
        list_free(list);
    }
    return NULL;
}

struct fg_live_offers *fg_live_offers_start(struct fg_offer_store *store, struct fg_err *err)
{
    struct fg_live_offers *live = calloc(1, sizeof(*live));
    if (!live) {
        fg_fail(err, FG_ENOMEM, "no memory for live offers");
        return NULL;
    }
    live->store = store;
    pthread_mutex_init(&live->lock, NULL);
    pthread_cond_init(&live->bell, NULL);
    if (pthread_create(&live->thread, NULL, run, live) != 0) {
        fg_fail(err, FG_ENOMEM, "no thread for live offers");
        free(live);
        return NULL;
    }
    return live;
}

void fg_live_offers_stop(struct fg_live_offers *live)
{
    if (!live)
        return;
    pthread_mutex_lock(&live->lock);
    live->stop = true;
    pthread_cond_signal(&live->bell);
    pthread_mutex_unlock(&live->lock);
    pthread_join(live->thread, NULL);
    pthread_cond_destroy(&live->bell);
    pthread_mutex_destroy(&live->lock);
    free(live);
}

/* In place of an older list of the same supplier, else at the end. */
static struct list *put_in(struct fg_live_offers *live, struct list *list)
{
    struct list **at = &live->first;
    while (*at && strcmp((*at)->offers[0].supplier, list->offers[0].supplier) != 0)
        at = &(*at)->next;
    struct list *older = *at;
    list->next = older ? older->next : NULL;
    *at = list;
    return older;
}

void fg_live_offers_put(struct fg_live_offers *live,
                        const struct fg_offer *offers,
                        size_t len,
                        int64_t now_us)
{
    if (len == 0)
        return;
    struct list *list = calloc(1, sizeof(*list));
    struct fg_offer *copy = calloc(len, sizeof(*copy));
    if (!list || !copy)
        abort();
    memcpy(copy, offers, len * sizeof(*copy));
    *list = (struct list){.offers = copy, .len = len, .now_us = now_us};
    pthread_mutex_lock(&live->lock);
    struct list *older = put_in(live, list);
    pthread_cond_signal(&live->bell);
    pthread_mutex_unlock(&live->lock);
    list_free(older);
}
