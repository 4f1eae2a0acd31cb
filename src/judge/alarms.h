/* alarms.h - what was seen becomes alerts: one for each cause, that neither flicker nor repeat.
 *
 *     looks, each with what it saw --> ALARMS --raised, changed, cleared--> the caller
 *
 * An alert is raised when as many of the last looks were bad as its cause asks for (model/alert_cause.def), and cleared when
 * all looks of `clear_us` on end were calm; what is neither bad nor calm does neither.  So between two raises of one key there
 * are at least `clear_us` without anything bad.  What is not seen in a look is calm in it.
 *
 * Pure, one owner, bounded: what is beyond `max` is not watched, and counted.
 */
#pragma once

#include "base/auto.h"
#include "model/alert.h"

#include <stdbool.h>
#include <stddef.h>

struct fg_alarms;

struct fg_alarms *fg_alarms_new(size_t max); /* NULL: no memory */
void fg_alarms_free(struct fg_alarms *alarms);
FG_AUTO_DEFINE(fg_alarms)

/* The key of a cause and its subject, never 0: numbers and a text, any of them 0 or "". */
uint64_t fg_alarm_key(enum fg_alert_cause cause, uint64_t a, uint64_t b, const char *text);

/* An alert that is open from before: it is not raised again. */
void fg_alarms_restore(struct fg_alarms *alarms, const struct fg_alert *alert, int64_t now_us);
void fg_alarms_forget(struct fg_alarms *alarms); /* all */

enum fg_sight { FG_SIGHT_CALM, FG_SIGHT_UNSURE, FG_SIGHT_BAD };

/* Within a look: this was seen.  Of several with one key the worst counts; counts and costs of bad ones are summed, the rest is
 * that of the first.  What is not bad says nothing but key and cause. */
void fg_alarms_see(struct fg_alarms *alarms, const struct fg_alert *what, enum fg_sight sight);

enum fg_alarm_news { FG_ALARM_RAISED, FG_ALARM_CHANGED, FG_ALARM_CLEARED };

/* The alert belongs to the alarms; the caller may set its id.  CHANGED: other words or figures, once a minute at most. */
typedef void fg_alarms_fn(void *self, enum fg_alarm_news news, struct fg_alert *alert);

/* The look is over. */
void fg_alarms_settle(
    struct fg_alarms *alarms, int64_t now_us, int64_t clear_us, fg_alarms_fn *tell, void *self);

/* One that is raised; NULL: there is none of that id. */
struct fg_alert *fg_alarms_find(struct fg_alarms *alarms, uint64_t id);
size_t fg_alarms_raised(const struct fg_alarms *alarms);
uint64_t fg_alarms_dropped(const struct fg_alarms *alarms); /* not watched for want of room */
