/* outlook.h - what jobs will ask for in the next hours, for rules of scaling (control/scale_step.c).
 *
 *     hours of demand (store) --forecast, once an hour, in a thread of its own--> OUTLOOK <--question-- control thread
 *
 * Lazy: nothing is computed while nobody asks.  The first question, and the first of an hour, wakes the thread; until it is
 * done the first one has no answer, later ones that of the hour before.  Without any history nothing is forecast: 0.
 */
#pragma once

#include "control/control.h"

struct fg_outlook;

/* Reads the database of `db_path`.  NULL and `err`: no memory, or no thread. */
struct fg_outlook *fg_outlook_start(const char *db_path, struct fg_err *err);
/* Waits for a forecast under way.  NULL is allowed. */
void fg_outlook_stop(struct fg_outlook *outlook);

/* As fg_control_options.outlook.  Never waits for a forecast. */
bool fg_outlook_ask(struct fg_outlook *outlook,
                    const struct fg_outlook_question *question,
                    double *out_devices);
