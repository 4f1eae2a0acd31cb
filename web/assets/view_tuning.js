// view_tuning.js - policies proposed from the service's own history: what would change, what it would have done, who decided.

import * as api from "./api.js";
import { h, keyed, put, show, svg } from "./dom.js";
import * as format from "./format.js";
import { energy } from "./job_power.js";
import { deed, table, watching } from "./panels.js";
import { badge, empty } from "./parts.js";
import { t } from "./words.js";

const READ = 20;
const WIDTH = 220, HEIGHT = 18, LEAST = 0.05;

/** A share as a signed percentage: "+3.2 %". */
export const signed = (value) => (Number.isFinite(value) ? `${value > 0 ? "+" : value < 0 ? "−" : ""}${format.amount(Math.abs(100 * value))} %` : "–");

const large = new Intl.NumberFormat(format.NUMBERS, { notation: "scientific", maximumSignificantDigits: 4 });
const number = (value) => (value < 0 ? `−${number(-value)}` : value < 1e6 ? format.amount(value) : large.format(value));

// What the end of a metric's name says of its values.
const UNITS = { s: format.duration, j: energy, kwh: (value) => energy(value * 3.6e6), usd: format.dollars };
const unit_of = (metric) => /_(s|j|kwh|usd)$/.exec(metric)?.[1];

/** "jct_mean_s" as words, and a value of it with its unit. */
export const measure = (metric) => (unit_of(metric) ? metric.slice(0, metric.lastIndexOf("_")) : metric).replaceAll("_", " ");
export const valued = (metric, value) => (UNITS[unit_of(metric)] ?? number)(value);

/** The change and its 95 % interval, with zero in the middle; `most`: the edge of all of them. */
function interval(one, most) {
    const x = (value) => WIDTH / 2 + (Math.max(-most, Math.min(most, value)) / most) * (WIDTH / 2 - 6);
    return svg("svg.interval", { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t`${measure(one.metric)}: ${signed(one.change)}, between ${signed(one.low)} and ${signed(one.high)}` },
        svg("line.axis", { x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2 }), svg("line.zero", { x1: WIDTH / 2, x2: WIDTH / 2, y1: 1, y2: HEIGHT - 1 }),
        svg("rect.interval-span", { x: x(one.low), y: 5, width: Math.max(2, x(one.high) - x(one.low)), height: 8, rx: 2 }), svg("circle.interval-dot", { cx: x(one.change), cy: HEIGHT / 2, r: 4 }));
}

function expected_table(proposal) {
    const most = Math.max(LEAST, ...proposal.expected.flatMap((one) => [Math.abs(one.low), Math.abs(one.high), Math.abs(one.change)]));
    const sheet = table(t("What it would have done"), [t("Measure"), `#${t("Change")}`, t("95 % interval"), `#${t("Now")}`, `#${t("Then")}`], (one) => one.metric, (one) => [
        measure(one.metric), signed(one.change), h("span.interval-cell", null, interval(one, most), h("span.num.muted", null, t`${signed(one.low)} to ${signed(one.high)}`)), valued(one.metric, one.now), valued(one.metric, one.then)]);
    sheet.update(proposal.expected);
    return sheet.el;
}

function changes_table(proposal) {
    const sheet = table(t("What would change"), [t("Setting"), `#${t("From")}`, `#${t("To")}`, t("Why")], (one) => one.setting, (one) => [h("code", null, one.setting), one.from, h("b", null, one.to), one.why]);
    sheet.update(proposal.changes);
    return sheet.el;
}

function deeds(proposal) {
    const path = (verb) => `/v1/proposals/${encodeURIComponent(proposal.id)}/${verb}`;
    if (proposal.state === "proposed")
        return [deed(t("Adopt"), { path: path("adopt"), topic: "proposal", done: t("It is the policy now."), primary: true, title: t`Adopt proposal ${proposal.id}?`, text: t("It is the policy from now on, without a restart. It can be taken back."), action: t("Adopt the policy") }),
            deed(t("Reject"), { path: path("reject"), topic: "proposal", done: t("Rejected."), danger: true, title: t`Reject proposal ${proposal.id}?`, text: t("It will not be adopted."), action: t("Reject the proposal") })];
    if (proposal.state === "adopted")
        return [deed(t("Roll back"), { path: path("rollback"), topic: "proposal", done: t("It is as it was before."), danger: true, title: t`Roll back proposal ${proposal.id}?`, text: t("What it changed, and nobody else since, is as it was before it was adopted."), action: t("Roll back") })];
    return [];
}

/** Who made it and who decided, in one line. */
function story(proposal) {
    const at = (iso) => format.date(format.moment(iso));
    const decided = proposal.decided_at ? t`decided ${at(proposal.decided_at)} by ${proposal.decided_by || t("the service")}` : "";
    return [t`made ${at(proposal.created_at)} by ${proposal.created_by || t("the service")}`, decided, proposal.remark ? `“${proposal.remark}”` : "", t`objective: ${proposal.objective}`].filter(Boolean).join(" · ");
}

function proposal_panel(who) {
    const el = h("section.panel.proposal");
    let shown = "";
    return {
        el,
        update(proposal) {
            const text = JSON.stringify(proposal);
            if (text === shown) return;
            shown = text;
            const id = `proposal-${proposal.id}`;
            el.setAttribute("aria-labelledby", id);
            const days = proposal.days > 0 ? t`On ${format.plural(proposal.days, "day")} that were held back; worse on ${format.count(proposal.worse_days)} of them.` : "";
            const whole = h("details.as-table", null, h("summary", null, t("In words")), h("p.proposal-text", null, proposal.text));
            put(el, h("header.page-head", null, h("h2", { id }, t`Proposal ${proposal.id}`), badge(proposal.state).el, who.can("admin") && !who.project ? h("span.deeds", null, deeds(proposal)) : null),
                h("p.muted.small", null, story(proposal)), h("h3", null, t("What would change")), changes_table(proposal), h("h3", null, t("What it would have done")), h("p.muted.small", null, days), expected_table(proposal), whole);
        },
    };
}

export function tuning({ who }) {
    const list = h("div.stack-page");
    const none = empty(t("Nothing is proposed yet."), t("In quiet hours the service replays its last days with other policies, and proposes what would have been better. To do it now:"), "fastgpu tune");
    show(none, false);
    const watch = watching({
        topics: ["proposal"], every_ms: 60000, least_ms: 2000,
        async run(signal) {
            const items = (await api.get(`/v1/proposals?limit=${READ}`, signal)).items ?? [];
            keyed(list, items, (proposal) => proposal.id, () => proposal_panel(who));
            show(none, items.length === 0);
        },
    });
    return { el: h("div.stack-page", null, h("div.page-head", null, h("h1", null, t("Tuning")), h("span.muted", null, t("policies tried on the days that were"))), none, watch.el, list), title: t("Tuning"), leave: watch.stop };
}
