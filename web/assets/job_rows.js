// job_rows.js - one line for a job: as it runs, as it waits, as it ended.

import { h, mark, say, show } from "./dom.js";
import * as format from "./format.js";
import { ask, badge, elapsed_s, ending, link_job, progress } from "./parts.js";
import { sparkline } from "./chart.js";
import { t } from "./words.js";

/** Number and name, leading to the job; project and user below. */
function title() {
    const id = h("span.job-id.num"), name = h("span.job-name");
    const link = h("a.job-link", null, id, name);
    const who = h("span.muted.job-who");
    return {
        el: h("span.job-title", null, link, who),
        update(job, more) {
            say(id, job.id);
            say(name, job.name);
            mark(link, "href", link_job(job.id));
            mark(link, "title", job.name);
            say(who, [job.project, job.user, more].filter(Boolean).join(" · "));
            mark(who, "title", who.textContent);
        },
    };
}

const NO_POINTS = [];

/** A running job; usage(id) -> points (null: no curve is shown), tick(now) moves the time. */
export function running_row(usage, gpu_tops) {
    let job = null, drawn = null;
    const head = title(), time = progress(), spark = sparkline(132, 30);
    const where = h("span.mono.job-where"), elapsed = h("span.num"), limit = h("span.muted.num"), live_use = h("span.muted.num.job-use");
    const state = badge();
    const curve = h("span.job-spark", null, spark.el, live_use);
    const el = h("li.row.row-running", null, head.el, where,
        h("span.job-time", null, h("span.job-clock", null, elapsed, limit), time.el),
        curve, state.el);
    function draw(points) {
        drawn = points;
        const cpu_top = Math.max(1000, job.request?.cpu_milli ?? 0, ...points.map((p) => p.cpu_milli ?? 0));
        const gpu_top = Math.max(1000, gpu_tops(job));
        spark.update([
            { className: "cpu", top: cpu_top, points: points.map((p) => [p.at, p.cpu_milli]) },
            { className: "gpu", top: gpu_top, points: points.map((p) => [p.at, p.gpu_milli]) },
        ]);
        const last = points.at(-1);
        const words = last ? [format.known(last.gpu_milli) && last.gpu_milli > 0 ? `GPU ${format.percent(last.gpu_milli, gpu_top)}` : "", format.known(last.cpu_milli) ? `CPU ${format.milli(last.cpu_milli)}` : ""].filter(Boolean).join(" · ") : "";
        say(live_use, words || t("no reading yet"));
        mark(spark.el, "aria-label", t`use so far: ${words || t("no reading yet")}`);
    }
    const self = {
        el,
        update(next) {
            job = next;
            head.update(job);
            state.update(job.state);
            show(state.el, job.state !== "running");
            say(where, [(job.devices ?? []).join(" "), job.node].filter(Boolean).join(" · "));
            mark(where, "title", where.textContent);
            show(curve, usage);
            const points = usage?.(job.id) ?? NO_POINTS;
            if (usage && points !== drawn) draw(points);
            self.tick(Date.now());
        },
        tick(now) {
            const s = elapsed_s(job, now);
            say(elapsed, job.state === "starting" ? t("starting") : format.ticking(s));
            say(limit, job.time_limit_s ? t` of ${format.duration(job.time_limit_s)}` : "");
            show(time.el, job.time_limit_s);
            time.update(s, job.time_limit_s);
        },
    };
    return self;
}

/** A waiting job; why(id) -> {summary, position} or nothing yet. */
export function waiting_row(why) {
    let job = null;
    const place = h("span.num.job-place"), head = title(), since = h("span.num.muted"), reason = h("span.job-reason");
    const el = h("li.row.row-waiting", null, place, head.el, since, reason);
    const self = {
        el,
        update(next) {
            job = next;
            const known = why(job.id);
            head.update(job, ask(job));
            say(place, known?.position ? `${known.position}.` : "");
            mark(place, "title", known?.position ? t`place ${known.position} in the queue` : null);
            const text = format.prose(known?.summary || job.reason);
            say(reason, text);
            show(reason, text);
            self.tick(Date.now());
        },
        tick(now) {
            const waited = (now - format.moment(job.submitted)) / 1000;
            say(since, t`waits ${format.ticking(Math.max(0, waited))}`);
        },
    };
    return self;
}

/** A job that is over. */
export function finished_row() {
    let job = null, ended = NaN;
    const head = title(), state = badge(), how = h("span.num.muted"), took = h("span.num"), cost = h("span.num.muted"), when = h("span.num.muted");
    const el = h("li.row.row-finished", null, state.el, head.el, how, took, cost, when);
    const self = {
        el,
        update(next) {
            job = next;
            head.update(job);
            state.update(job.state);
            say(how, ending(job));
            mark(how, "title", job.reason || null);
            say(took, format.duration(elapsed_s(job, NaN)));
            say(cost, format.known(job.cost_uusd) ? format.money(job.cost_uusd) : "");
            ended = format.moment(job.finished);
            mark(when, "title", format.exact(ended));
            self.tick(Date.now());
        },
        tick(now) {
            say(when, format.ago(ended, now));
        },
    };
    return self;
}
