/* guard.c - see guard.h */
#include "tune/guard.h"

#include <assert.h>

#define DAYS_MAX 400
#define SEED     1

enum fg_guard_verdict fg_guard(const double *measured,
                               const double *replayed,
                               size_t before,
                               size_t since,
                               double promised,
                               struct fg_change *out)
{
    double expected[DAYS_MAX], was = 0, would = 0;
    assert(before + since <= DAYS_MAX);
    *out = (struct fg_change){.days = since};
    for (size_t i = 0; i < before; i++) {
        was += measured[i];
        would += replayed[i];
    }
    if (since < FG_GUARD_DAYS || before < FG_GUARD_DAYS || was <= 0 || would <= 0)
        return FG_GUARD_WAIT;
    for (size_t i = 0; i < since; i++)
        expected[i] = replayed[before + i] * was / would;
    *out = fg_change_of(expected, measured + before, since, 1, SEED);
    return out->low > promised && out->change > 0 ? FG_GUARD_ROLL_BACK : FG_GUARD_KEEP;
}
