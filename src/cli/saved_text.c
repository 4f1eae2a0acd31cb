/* saved_text.c - see saved_text.h */
#include "cli/saved_text.h"

#include "cli/human.h"
#include "cli/view.h"

#include <math.h>
#include <stdio.h>

void fg_saved_joules(double joules, char out[FG_HUMAN_MAX])
{
    char text[FG_HUMAN_MAX];
    fg_human_energy(fabs(joules), text);
    snprintf(out, FG_HUMAN_MAX, "%s%.30s", joules < 0 ? "-" : "", text);
}

static void caps_text(struct fg_buf *out, const struct fg_doc *caps)
{
    char saved[FG_HUMAN_MAX], avoided[FG_HUMAN_MAX], spent[FG_HUMAN_MAX], slowed[FG_HUMAN_MAX];
    fg_saved_joules(fg_view_real(caps, "saved_j", 0), saved);
    fg_human_energy(fg_view_real(caps, "avoided_j", 0), avoided);
    fg_human_energy(fg_view_real(caps, "spent_j", 0), spent);
    fg_human_duration((int64_t)(fg_view_real(caps, "slowed_device_s", 0) * 1e6), slowed);
    fg_buf_printf(out,
                  "saved by power caps: %s (%s not drawn, %s drawn more where a cap did not "
                  "pay); devices worked %s longer\n",
                  saved, avoided, spent, slowed);
}

static void sleep_text(struct fg_buf *out, const struct fg_doc *sleep)
{
    char saved[FG_HUMAN_MAX], avoided[FG_HUMAN_MAX], spent[FG_HUMAN_MAX], asleep[FG_HUMAN_MAX],
        assumed[FG_HUMAN_MAX];
    fg_saved_joules(fg_view_real(sleep, "saved_j", 0), saved);
    fg_human_energy(fg_view_real(sleep, "avoided_j", 0), avoided);
    fg_human_energy(fg_view_real(sleep, "spent_j", 0), spent);
    fg_human_energy(fg_view_real(sleep, "assumed_j", 0), assumed);
    fg_human_duration((int64_t)(fg_view_real(sleep, "asleep_s", 0) * 1e6), asleep);
    fg_buf_printf(out,
                  "saved by sleep: %s (%s not drawn in %s asleep, %s of it by assumed watts; "
                  "%s to go down and come up)\n",
                  saved, avoided, asleep, assumed, spent);
}

static bool is_any(const struct fg_doc *saved)
{
    return fg_view_real(saved, "avoided_j", 0) > 0 || fg_view_real(saved, "spent_j", 0) > 0;
}

void fg_saved_text(struct fg_buf *out, const struct fg_doc *savings)
{
    const struct fg_doc *caps = fg_doc_get(savings, "caps"),
                        *sleep = fg_doc_get(savings, "sleep");
    if (caps && is_any(caps))
        caps_text(out, caps);
    if (sleep && is_any(sleep))
        sleep_text(out, sleep);
}
