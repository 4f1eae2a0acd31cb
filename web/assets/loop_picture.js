// loop_picture.js - the loop as a picture: each stage with the number that matters, leading to its view.
//
//     supply --> pool --> running --> finished
//        ^                   ^            |
//      plan <-- demand <-- queue        cost
//
// Status and counts come with the overview; what other routes know is asked here, seldom, and a stage whose route refuses
// (the role, or the project of the token) is not shown.

import * as api from "./api.js";
import { h, icon, say, show } from "./dom.js";
import * as format from "./format.js";
import * as live from "./live.js";
import { t } from "./words.js";

export const OVER = ["succeeded", "failed", "cancelled", "timed_out"];
const OPEN_ORDERS = "planned,approved,ordered,delivered,inspected,active";

/** One stage: number, what it counts, a line of facts, and the arrow to the next one. */
function stage(name, label, href, arrow) {
    const number = h("b.stage-number.num"), fact = h("span.stage-fact");
    let is_odd = false;
    const el = h("a.stage", { href, class: `stage at-${name} ${arrow}` }, icon(name), h("span.stage-label", null, label), number, fact);
    return {
        el,
        update(n, text) {
            if (number.textContent && number.textContent !== n) { // the eye is led to what changes
                is_odd = !is_odd; // another name, so that it begins anew
                el.classList.toggle("is-new", is_odd);
                el.classList.toggle("is-new-again", !is_odd);
            }
            say(number, n);
            say(fact, text);
        },
    };
}

/** A watch of one stage; refused: the stage goes. */
function asked(place, every_ms, topics, run) {
    show(place.el, false);
    return live.watch({
        topics, every_ms, least_ms: 5000,
        async run(signal) {
            try {
                await run(signal);
                show(place.el, true);
            } catch (error) {
                if (error.kind !== "refused") throw error;
                show(place.el, false);
            }
        },
    });
}

/** What is expected next, over all classes: [devices in the next hour, the most of the day, when]. */
export function expected(series) {
    const sums = new Map();
    for (const each of series) for (const point of each.points ?? []) sums.set(point.time, (sums.get(point.time) ?? 0) + point.mean);
    const hours = [...sums].sort((a, b) => (a[0] < b[0] ? -1 : 1));
    if (!hours.length) return null;
    const top = hours.reduce((best, hour) => (hour[1] > best[1] ? hour : best));
    return [hours[0][1], top[1], format.moment(top[0])];
}

export function loop_picture(who) {
    const stages = {
        supply: stage("supply", t("Supply"), "#/supply", "to-right"), pool: stage("pool", t("Pool"), "#/pool", "to-right"),
        running: stage("running", t("Running"), "#/jobs?state=running,starting", "to-right"), finished: stage("finished", t("Finished"), `#/jobs?state=${OVER.join(",")}`, "to-below"),
        plan: stage("planned", t("Plan"), "#/plans", "to-above"), demand: stage("demand", t("Demand"), "#/forecast", "to-left"),
        queue: stage("queue", t("Queue"), "#/jobs?state=queued", "to-left to-above"), cost: stage("cost", t("Cost"), "#/cost", ""),
    };
    const watches = [
        asked(stages.supply, 60000, ["order", "offer"], async (signal) => {
            const [orders, offers] = await Promise.all([api.get(`/v1/orders?state=${OPEN_ORDERS}&limit=1000`, signal), api.get("/v1/offers?limit=1", signal)]);
            const items = orders.items ?? [], waits = items.filter((order) => order.state === "planned").length;
            stages.supply.update(format.count(items.length), [t`open orders`, waits ? t`${format.count(waits)} to approve` : "", t`${format.count(offers.total)} offers`].filter(Boolean).join(" · "));
        }),
        asked(stages.plan, 60000, ["plan"], async (signal) => {
            const items = (await api.get("/v1/plans?limit=20", signal)).items ?? [], drafts = items.filter((plan) => plan.state === "draft");
            const newest = items[0];
            stages.plan.update(format.count(drafts.length), [drafts.length === 1 ? t("plan to decide about") : t("plans to decide about"), newest ? t`newest expects ${format.money(newest.cost_uusd)}` : ""].filter(Boolean).join(" · "));
        }),
        asked(stages.demand, 300000, [], async (signal) => {
            const found = expected((await api.get("/v1/forecast?horizon=24&history=1", signal)).series ?? []);
            stages.demand.update(found ? format.amount(found[0]) : "–", found ? t`devices expected next hour · at most ${format.amount(found[1])} at ${format.hour(found[2])}` : t("nothing is known yet"));
        }),
        asked(stages.cost, 60000, ["jobs"], async (signal) => {
            const { total } = await api.get("/v1/cost?limit=1", signal);
            stages.cost.update(format.dollars((total?.uusd ?? 0) / 1e6), [t("this month"), total?.unused_uusd > 0 ? t`${format.dollars(total.unused_uusd / 1e6)} of it unused` : ""].filter(Boolean).join(" · "));
        }),
    ];
    return {
        el: h("nav.loop", { "aria-label": t("The parts of the loop") }, Object.values(stages).map((s) => s.el)),
        stop: () => watches.forEach((watch) => watch.stop()),
        update(status) {
            const jobs = status.jobs ?? {}, capacity = status.capacity ?? {};
            const over = OVER.reduce((sum, state) => sum + (jobs[state] ?? 0), 0);
            const runs = (jobs.running ?? 0) + (jobs.starting ?? 0);
            const devices = capacity.gpu_milli > 0 ? t`${format.milli(capacity.gpu_used_milli)} of ${format.milli(capacity.gpu_milli)} devices granted` : t`${format.milli(capacity.cpu_used_milli)} of ${format.milli(capacity.cpu_milli)} cores granted`;
            stages.pool.update(format.count(status.node_count), `${status.node_count === 1 ? t("node") : t("nodes")} · ${devices}`);
            stages.queue.update(format.count(jobs.queued), jobs.queued === 1 ? t("job waits") : t("jobs wait"));
            stages.running.update(format.count(runs), [runs === 1 ? t("job") : t("jobs"), jobs.starting ? t`${format.count(jobs.starting)} starting` : ""].filter(Boolean).join(" · "));
            stages.finished.update(format.count(over), over ? t`${format.count(jobs.succeeded)} succeeded · ${format.count((jobs.failed ?? 0) + (jobs.timed_out ?? 0))} failed` : t("none yet"));
        },
    };
}
