/* correction_print.h - what was learned of the forecasts of a class, in a line of words. */
#pragma once

#include "base/doc.h"

/* `item` has the members class and correction (factor, width, days). */
void fg_correction_print(const struct fg_doc *item);
