/* metrics_told.c - what is wrong and who is told of events, for /metrics. */
#include "api/metrics.h"

#include "store/reader_alert.h"

#define ALERTS_MAX 10000

enum { OPEN, ACKNOWLEDGED, STATES };

struct alert_sums {
    int64_t counts[FG_ALERT_CAUSES][FG_SEVERITIES][STATES];
};

static int count_alert(void *self, const struct fg_alert *alert)
{
    struct alert_sums *sums = self;
    sums->counts[alert->cause][alert->severity][alert->acknowledged_us ? ACKNOWLEDGED : OPEN]++;
    return 0;
}

/* Each cause has a series also while there is none of it: so that it can be seen to come. */
static void write_alerts(struct fg_metric_text *to, const struct alert_sums *sums)
{
    static const char *const states[STATES] = {"open", "acknowledged"};
    fg_export_family(to, "fastgpu_alerts", FG_METRIC_GAUGE, "",
                     "What is wrong or wasteful now, by cause.");
    for (int cause = 0; cause < FG_ALERT_CAUSES; cause++)
        for (int severity = 0; severity < FG_SEVERITIES; severity++)
            for (int state = 0; state < STATES; state++) {
                int64_t count = sums->counts[cause][severity][state];
                if (count == 0 && (int)fg_alert_causes[cause].severity != severity)
                    continue;
                fg_export_sample(to, "");
                fg_export_label(to, "cause", fg_alert_causes[cause].name);
                fg_export_label(to, "severity", fg_severity_name((enum fg_severity)severity));
                fg_export_label(to, "state", states[state]);
                fg_export_value(to, (double)count);
            }
}

int fg_metrics_alerts(const struct fg_metrics_ask *ask,
                      struct fg_metric_text *to,
                      struct fg_err *err)
{
    struct alert_sums *sums = FG_NEW(ask->arena, struct alert_sums, 1);
    struct fg_alert_filter filter = {.project = ask->call->actor.project,
                                     .states = FG_ALERTS_OPEN | FG_ALERTS_ACKNOWLEDGED,
                                     .limit = ALERTS_MAX};
    int rc = fg_reader_alerts(ask->reader, &filter, count_alert, sums, err);
    if (rc == 0)
        write_alerts(to, sums);
    return rc;
}

/* -- publishing --------------------------------------------------------------------------------------------- */

static double sent(const struct fg_publish_view *view)
{
    return (double)view->row.sent;
}
static double dropped(const struct fg_publish_view *view)
{
    return (double)view->row.dropped;
}
static double waiting(const struct fg_publish_view *view)
{
    return (double)view->waiting;
}
static double retries(const struct fg_publish_view *view)
{
    return (double)view->retries;
}
static double failing(const struct fg_publish_view *view)
{
    return view->state == FG_PUBLISH_FAILING;
}

void fg_metrics_publishing(const struct fg_metrics_ask *ask, struct fg_metric_text *to)
{
    static const struct {
        const char *name, *help;
        enum fg_metric_type type;
        double (*value)(const struct fg_publish_view *view);
    } rows[] = {
        {"fastgpu_publish_sent", "Events that the sink confirmed.", FG_METRIC_COUNTER, sent},
        {"fastgpu_publish_dropped", "Events that it did not get, and will not.",
         FG_METRIC_COUNTER, dropped},
        {"fastgpu_publish_waiting", "Events that it has still to get.", FG_METRIC_GAUGE,
         waiting},
        {"fastgpu_publish_retries", "Tries that failed, since the service started.",
         FG_METRIC_COUNTER, retries},
        {"fastgpu_publish_failing", "1: it does not take events now.", FG_METRIC_GAUGE,
         failing},
    };
    struct fg_publisher *publisher = ask->call->api->options.publisher;
    struct fg_publish_view view;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fg_export_family(to, rows[i].name, rows[i].type, "", rows[i].help);
        for (size_t k = 0; fg_publisher_look(publisher, k, &view); k++) {
            fg_export_sample(to, "");
            fg_export_label(to, "sink", view.setting->name);
            fg_export_label(to, "kind", fg_sink_kind_name(view.setting->kind));
            fg_export_value(to, rows[i].value(&view));
        }
    }
}
