// alert_rows.js - alerts as a list: how bad, what and since when, what to do, what it cost, who knows of it.

import * as api from "./api.js";
import { h, icon, keyed, put, say, show } from "./dom.js";
import * as format from "./format.js";
import * as live from "./live.js";
import { flash, link_job, link_node } from "./parts.js";
import { t } from "./words.js";

/** The causes that the service knows, in words. */
export const CAUSES = {
    supplier_down: t("a supplier does not answer"), node_down: t("a node is down"), device_fault: t("a device is broken"), hot: t("a device is too hot"), slow_twin: t("slower than its twins"),
    memory_overrun: t("memory will not suffice"), device_memory: t("memory of a device will not suffice"), straggler: t("one of a gang holds up the others"), idle_held: t("held and idle"), underused: t("little used"),
};
export const cause_words = (cause) => CAUSES[cause] ?? String(cause).replaceAll("_", " ");

const SIGNS = { critical: "failed", warning: "warn", info: "info" };
export const severity_sign = (severity) => SIGNS[severity] ?? "info";

/** Whether this person may say that they know of it: those of the pool are for operators. */
const may = (who, alert) => who.can(alert.project ? "member" : "operator") && (alert.project || !who.project);

async function acknowledge(alert, button) {
    button.disabled = true;
    try {
        await api.post(`/v1/alerts/${encodeURIComponent(alert.id)}/acknowledge`, null);
        flash(t("Noted that you know of it. It stays until its cause is gone."));
    } catch (error) {
        flash(error.message, true);
    }
    button.disabled = false;
    live.touch("alert");
}

/** "7 jobs, the first: job 12", "node n3, device gpu-2". */
function about(alert) {
    const links = [
        alert.job ? h("a", { href: link_job(alert.job) }, t`job ${alert.job}`) : null,
        alert.node ? h("a", { href: link_node(alert.node) }, `${t("node")} ${alert.node}`) : null,
        alert.device ? h("span", null, t`device ${alert.device}`) : null,
        alert.project ? h("span", null, [alert.project, alert.user].filter(Boolean).join(" · ")) : null,
    ].filter(Boolean);
    return h("span.alert-about.muted", null, links.map((link, i) => [i ? " · " : "", link]), alert.count > 1 ? t` and ${format.count(alert.count - 1)} more of the same cause` : "");
}

function story(alert) {
    const at = (iso) => format.date(format.moment(iso));
    return [t`since ${at(alert.raised_at)}`, alert.acknowledged_at ? t`${alert.acknowledged_by || t("somebody")} knows of it since ${at(alert.acknowledged_at)}` : "", alert.cleared_at ? t`over since ${at(alert.cleared_at)}` : ""].filter(Boolean).join(" · ");
}

function alert_row(who) {
    const el = h("li.alert");
    let shown = "";
    return {
        el,
        update(alert) {
            const text = JSON.stringify(alert);
            if (text === shown) return;
            shown = text;
            el.className = `alert is-${alert.severity}${alert.state === "cleared" ? " is-over" : ""}`;
            const known = h("button.button.small", { type: "button", "aria-label": t`Acknowledge: ${cause_words(alert.cause)}, ${alert.id}`, onclick: () => acknowledge(alert, known) }, t("Acknowledge"));
            put(el, h("span.badge.alert-badge", { class: `badge alert-badge is-${alert.severity}` }, icon(severity_sign(alert.severity)), t(alert.severity)),
                h("div.alert-words", null, h("b", null, cause_words(alert.cause)), h("p", null, format.prose(alert.text)), alert.hint ? h("p.muted", null, format.prose(alert.hint)) : null, about(alert), h("span.muted.small", null, story(alert))),
                h("div.alert-side", null, alert.cost_uusd > 0 ? h("b.num", null, t`${format.money(alert.cost_uusd)} so far`) : null, alert.state === "open" && may(who, alert) ? known : null, alert.state !== "open" ? h("span.muted", null, t(alert.state)) : null));
        },
    };
}

/** {el, update(alerts)} */
export function alert_rows(who, label = t("Alerts")) {
    const el = h("ul.rows.alerts", { "aria-label": label });
    return { el, update: (alerts) => keyed(el, alerts, (alert) => alert.id, () => alert_row(who)) };
}

/** What is wrong with one job, and what it wasted: {el, stop}; hidden while there is nothing. */
export function job_alerts(id, who) {
    const rows = alert_rows(who), found = h("ul.words");
    const el = h("section.panel.panel-alerts", { "aria-labelledby": "alerts-title", hidden: true }, h("header.panel-head", null, h("h2", { id: "alerts-title" }, t("Alerts and waste"))), rows.el, found);
    const watch = live.watch({
        topics: ["alert"], every_ms: 60000, least_ms: 3000,
        async run(signal) {
            const ask = (path) => api.get(`${path}job=${encodeURIComponent(id)}&limit=20`, signal).then((answer) => answer.items ?? []).catch((error) => { if (error.kind !== "refused") throw error; return []; });
            const [alerts, findings] = await Promise.all([ask("/v1/alerts?state=all&"), ask("/v1/findings?")]);
            rows.update(alerts);
            keyed(found, findings, (one) => `${one.attempt} ${one.cause}`, () => {
                const text = h("span"), hint = h("span.muted.next-line");
                return { el: h("li", null, text, hint), update: (one) => { say(text, format.prose(one.text)); say(hint, format.prose(one.hint)); } };
            });
            show(el, alerts.length + findings.length);
        },
    });
    return { el, stop: watch.stop };
}
