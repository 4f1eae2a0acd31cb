/* correction_print.c - see correction_print.h */
#include "cli/correction_print.h"

#include "cli/view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define LEARN_LEAST 3 /* days before anything is learned */

void fg_correction_print(const struct fg_doc *item)
{
    const struct fg_doc *correction = fg_doc_get(item, "correction");
    const char *class = fg_view_text(item, "class");
    int64_t days = fg_view_int(correction, "days", 0);
    double more = 100 * (fg_view_real(correction, "factor", 1) - 1),
           wider = 100 * (fg_view_real(correction, "width", 1) - 1);
    if (days == 0) {
        printf("  %s: too little is known yet, %d whole days are needed\n", class, LEARN_LEAST);
        return;
    }
    printf("  %s: ", class);
    if (fabs(more) < 0.05)
        printf("the middle of the forecast stays");
    else
        printf("the forecast is %s by %.1f %%", more > 0 ? "raised" : "lowered", fabs(more));
    if (fabs(wider) < 0.05)
        printf(", its bands stay");
    else
        printf(", its bands become %.1f %% %s", fabs(wider), wider > 0 ? "wider" : "narrower");
    printf(" (from %" PRId64 " days)\n", days);
}
