/* stay.c - see stay.h */
#include "demand/stay.h"

#include "base/grow.h"

#include <stdlib.h>

void fg_stays_free(struct fg_stays *stays)
{
    free(stays->open);
    stays->open = NULL;
}

static int book(struct fg_stays *stays, const struct fg_stay *stay, struct fg_err *err)
{
    struct fg_ledger *ledger = stays->ledger;
    int64_t end_us = stay->ended_us ? stay->ended_us : stays->newest_us;
    int64_t start_us = stay->started_us ? stay->started_us : end_us;
    int64_t ran_us = end_us > start_us ? end_us - start_us : 0;
    int64_t wanted_us = stay->wanted_us < start_us ? stay->wanted_us : start_us;
    int rc = fg_ledger_span(ledger, &stay->key, FG_LEDGER_WAITING, wanted_us, start_us,
                            stay->device_milli, err);
    if (rc == 0)
        rc = fg_ledger_span(ledger, &stay->key, FG_LEDGER_RUNNING, start_us, start_us + ran_us,
                            stay->device_milli, err);
    if (rc == 0)
        rc = fg_ledger_span(ledger, &stay->key, FG_LEDGER_ASKED, wanted_us, wanted_us + ran_us,
                            stay->device_milli, err);
    return rc;
}

static void see(struct fg_stays *stays, int64_t time_us)
{
    if (time_us > stays->newest_us)
        stays->newest_us = time_us;
}

int fg_stays_add(struct fg_stays *stays, const struct fg_stay *stay, struct fg_err *err)
{
    see(stays, stay->wanted_us);
    see(stays, stay->started_us);
    see(stays, stay->ended_us);
    if (stay->ended_us)
        return book(stays, stay, err);
    stays->open =
        fg_grow(stays->open, stays->open_len, &stays->open_room, sizeof(stays->open[0]));
    stays->open[stays->open_len++] = *stay;
    return 0;
}

int fg_stays_close(struct fg_stays *stays, struct fg_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < stays->open_len; i++)
        rc = book(stays, &stays->open[i], err);
    return rc < 0 ? rc : fg_ledger_close(stays->ledger, stays->newest_us, err);
}
