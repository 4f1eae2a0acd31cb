/* plan_print.h - a plan of the service as something to review, and how it differs from what there is, or from another. */
#pragma once

#include "cli/term.h"

#include "base/doc.h"

/* The answer of GET /v1/plans/{id}. */
void fg_plan_print(const struct fg_doc *doc, const struct fg_term *term);

/* What the orders of `plan` add to, or take from, `other`: another plan, or (NULL) `orders`, the items of GET /v1/orders. */
void fg_plan_diff_print(const struct fg_doc *plan,
                        const struct fg_doc *other,
                        const struct fg_doc *orders,
                        const struct fg_term *term);
