/* stay.h - one job's time in a cluster, and what it asks of a ledger.  For the readers of this folder. */
#pragma once

#include "demand/ledger.h"

struct fg_stay {
    struct fg_ledger_key key;
    int64_t wanted_us;  /* since when it could have run */
    int64_t started_us; /* 0: not */
    int64_t ended_us;   /* 0: it is still there */
    int64_t device_milli;
};

/* Stays whose end is not known wait here until the file has been read, and with it the newest moment in it. */
struct fg_stays {
    struct fg_ledger *ledger;
    struct fg_stay *open;
    size_t open_len, open_room;
    int64_t newest_us;
};

[[nodiscard]] int fg_stays_add(struct fg_stays *stays,
                               const struct fg_stay *stay,
                               struct fg_err *err);
/* Books those that are still there until `newest_us`, and closes the ledger. */
[[nodiscard]] int fg_stays_close(struct fg_stays *stays, struct fg_err *err);
void fg_stays_free(struct fg_stays *stays);
static inline void fg_stays_drop(struct fg_stays *stays)
{
    fg_stays_free(stays);
}
