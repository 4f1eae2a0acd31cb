/* top_overview.h - the part of `fastgpu top` that is the page's overview: totals with their curves, suppliers, what needs attention. */
#pragma once

#include "cli/top_screen.h"
#include "cli/top_state.h"

/* The numbers of this picture go into the curves. */
void fg_top_learn(struct fg_top *top,
                  const struct fg_doc *status,
                  const struct fg_top_pool *pool);
void fg_top_totals(struct fg_top_screen *screen,
                   const struct fg_top *top,
                   const struct fg_doc *status,
                   const struct fg_top_pool *pool);
/* One line a supplier; none if there is only this machine. */
void fg_top_suppliers(struct fg_top_screen *screen,
                      struct fg_top *top,
                      const struct fg_top_pool *pool);
/* Nodes that are not up, and, asked for every few pictures, decisions that wait; none: no line. */
void fg_top_attention(struct fg_top_screen *screen,
                      struct fg_top *top,
                      const struct fg_doc *map);
