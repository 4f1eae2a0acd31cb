// view_alerts.js - what is wrong or wasteful, one message for each cause; who knows of it.

import * as api from "./api.js";
import { alert_rows, CAUSES } from "./alert_rows.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { panel, segments, watching } from "./panels.js";
import { empty } from "./parts.js";
import { t } from "./words.js";

const PAGE = 200;
const STATES = [["", "now"], ["open", "unacknowledged"], ["cleared", "over"], ["all", "all"]];
const SEVERITIES = [["", "all"], ["critical", "critical"], ["warning", "warning"], ["info", "info"]];

export function alerts({ query, go, who }) {
    const state = query.get("state") ?? "", severity = query.get("severity") ?? "", cause = query.get("cause") ?? "";
    const rows = alert_rows(who);
    const causes = h("select", { name: "cause", "aria-label": t("Cause"), onchange: () => go({ cause: causes.value }) }, h("option", { value: "" }, t("every cause")), Object.entries(CAUSES).map(([name, words]) => h("option", { value: name, selected: name === cause }, words)));
    const none = empty(t("No alert is like that."), t("A job that holds devices and leaves them idle, a device that is slower than its twins, memory that will not suffice, and what fails is told here, once for each cause."));
    show(none, false);
    const older = h("button.button.small", { type: "button", onclick: () => { pages += 1; watch.dirty(); } }, t("Older alerts"));
    show(older, false);
    let pages = 1;
    const { el, aside } = panel(t("Alerts"), h("div.filters", null, segments(t("State"), STATES, state, (value) => go({ state: value })), segments(t("Severity"), SEVERITIES, severity, (value) => go({ severity: value })), causes), none, rows.el, h("nav.pages", { "aria-label": t("Pages") }, older));
    const watch = watching({
        topics: ["alert"], every_ms: 15000, least_ms: 1500,
        async run(signal) {
            let items = [], cursor = "";
            for (let page = 0; page < pages && cursor !== null; page += 1) {
                const answer = await api.get(`/v1/alerts?limit=${PAGE}${state ? `&state=${encodeURIComponent(state)}` : ""}${cursor ? `&cursor=${cursor}` : ""}`, signal);
                items = items.concat(answer.items ?? []);
                cursor = answer.next ?? null;
            }
            items = items.filter((alert) => (!severity || alert.severity === severity) && (!cause || alert.cause === cause));
            rows.update(items);
            show(older, cursor !== null);
            show(none, items.length === 0);
            say(aside, items.length ? format.plural(items.length, "alert") : "");
        },
    });
    el.append(watch.el);
    return { el: h("div.stack-page", null, h("h1.visually-hidden", null, t("Alerts")), el), title: t("Alerts"), leave: watch.stop };
}
