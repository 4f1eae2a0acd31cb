// attention.js - what a person should look at: nodes that are not well, alerts, decisions that wait, budgets that end, suppliers that are silent.
//
// Each source is asked by itself; one that refuses (the role) says nothing.

import { cause_words, severity_sign } from "./alert_rows.js";
import * as api from "./api.js";
import { h, icon, keyed, say, show } from "./dom.js";
import * as format from "./format.js";
import * as live from "./live.js";
import { link_plan } from "./panels.js";
import { link_node } from "./parts.js";
import { t } from "./words.js";

const NAMED = 3, BUDGET_LOW = 0.9, HEALTH_LOW_MILLI = 800;

const some = (names) => `${names.slice(0, NAMED).join(", ")}${names.length > NAMED ? " …" : ""}`;
const to_nodes = (names, filter) => (names.length === 1 ? link_node(names[0]) : `#/pool?find=${filter}`);

/** Devices that broke, on nodes that are up. */
export function of_devices(map) {
    const out = Array.from(map.state.keys()).filter((i) => map.state[i] > 0 && map.nodes.state[map.node[i]] !== "down");
    const names = [...new Set(out.map((i) => map.nodes.name[map.node[i]]))];
    return out.length ? [{ key: "devices", sign: "warn", bad: out.some((i) => map.state[i] === 2), text: t`${format.plural(out.length, "device")} out of service, on ${some(names)}`, href: names.length === 1 ? link_node(names[0]) : "#/pool?colour=health" }] : [];
}

/** What the columns of the pool say: [{key, sign, text, href}]. */
export function of_nodes(nodes) {
    const those = (test) => nodes.name.filter((_, n) => test(n));
    const down = those((n) => nodes.state[n] === "down"), draining = those((n) => nodes.state[n] === "draining");
    const weak = those((n) => nodes.state[n] === "up" && nodes.health_milli[n] < HEALTH_LOW_MILLI);
    return [
        down.length ? { key: "down", sign: "down", bad: true, text: t`${format.plural(down.length, "node")} down: ${some(down)}`, href: to_nodes(down, "down") } : null,
        weak.length ? { key: "weak", sign: "warn", text: t`${format.plural(weak.length, "node")} in poor health: ${some(weak)}`, href: weak.length === 1 ? link_node(weak[0]) : "#/pool?colour=health" } : null,
        draining.length ? { key: "draining", sign: "draining", text: t`${format.plural(draining.length, "node")} draining: ${some(draining)}`, href: to_nodes(draining, "draining") } : null,
    ].filter(Boolean);
}

/** What projects say of their budgets. */
export function of_projects(projects) {
    const near = projects.filter((p) => p.budget?.uusd > 0 && !p.archived && (p.usage?.spent_uusd ?? 0) >= BUDGET_LOW * p.budget.uusd);
    return near.map((p) => {
        const spent = p.usage.spent_uusd ?? 0, over = spent >= p.budget.uusd;
        const effect = p.budget.action === "stop" ? t("its jobs are stopped") : t("its jobs wait");
        return { key: `budget ${p.name}`, sign: over ? "failed" : "warn", bad: over, href: "#/projects", text: over ? t`The budget of ${p.name} is spent: ${effect}` : t`${format.percent(spent, p.budget.uusd)} of the budget of ${p.name} is spent` };
    });
}

const OF_OTHERS = ["node_down", "device_fault", "supplier_down"]; // the pool and the suppliers tell of these themselves

/** Open alerts: the worst by name, the rest as a number. */
export function of_alerts(alerts) {
    const rank = { critical: 0, warning: 1 };
    const open = alerts.filter((a) => a.state === "open" && a.severity in rank && !OF_OTHERS.includes(a.cause)).sort((a, b) => rank[a.severity] - rank[b.severity]);
    const named = open.slice(0, NAMED).map((a) => ({ key: `alert ${a.id}`, sign: severity_sign(a.severity), bad: a.severity === "critical", text: `${cause_words(a.cause)}: ${format.prose(a.text)}`, href: `#/alerts?cause=${a.cause}` }));
    return open.length > NAMED ? [...named, { key: "alerts", sign: "warn", text: t`${format.count(open.length - NAMED)} more alerts`, href: "#/alerts?state=open" }] : named;
}

const SOURCES = [
    ["alerts", ["alert"], async (signal) => of_alerts((await api.get("/v1/alerts?state=open&limit=100", signal)).items ?? [])],
    ["proposals", ["proposal"], async (signal) => {
        const items = ((await api.get("/v1/proposals?limit=5", signal)).items ?? []).filter((one) => one.state === "proposed");
        return items.slice(0, 1).map((one) => ({ key: `proposal ${one.id}`, sign: "draft", text: t`Proposal ${one.id} for a better policy waits for a decision`, href: "#/tuning" }));
    }],
    ["orders", ["order"], async (signal) => {
        const items = (await api.get("/v1/orders?state=planned&limit=100", signal)).items ?? [];
        return items.length ? [{ key: "orders", sign: "planned", text: items.length === 1 ? t`Order #${items[0].id} waits for approval` : t`${format.count(items.length)} orders wait for approval`, href: items.length === 1 ? `#/orders/${items[0].id}` : "#/supply?orders=planned" }] : [];
    }],
    ["plans", ["plan"], async (signal) => {
        const drafts = ((await api.get("/v1/plans?limit=20", signal)).items ?? []).filter((plan) => plan.state === "draft");
        return drafts.slice(0, NAMED).map((plan) => ({ key: `plan ${plan.id}`, sign: "draft", text: t`Plan #${plan.id} waits for a decision: ${format.money(plan.cost_uusd)} expected`, href: link_plan(plan.id) }));
    }],
    ["projects", ["project"], async (signal) => of_projects((await api.get("/v1/projects", signal)).items ?? [])],
    ["suppliers", ["supplier"], async (signal) => {
        const items = ((await api.get("/v1/supplier-status", signal)).items ?? []).filter((each) => each.state === "silent" || each.state === "held");
        return items.map((each) => ({ key: `supplier ${each.name}`, sign: "warn", bad: each.state === "silent", text: each.state === "silent" ? t`Supplier ${each.name} does not answer since ${format.date(format.moment(each.since))}` : t`Supplier ${each.name} is held back: ${each.reason}`, href: "#/supply" }));
    }],
];

export function attention() {
    const found = new Map();
    const list = h("ul.notices.attention", { "aria-label": t("What needs attention") });
    const well = h("p.muted.all-well", null, icon("succeeded"), " ", t("Nothing needs attention: no node is down, and no decision waits."));
    const draw = () => {
        const items = [...found.values()].flat().sort((a, b) => !!b.bad - !!a.bad);
        keyed(list, items, (item) => item.key, () => {
            const sign = h("span.sign"), link = h("a");
            const el = h("li", null, sign, link);
            let shown = "";
            return {
                el,
                update(item) {
                    el.classList.toggle("bad", !!item.bad);
                    if (item.sign !== shown) sign.replaceChildren(icon(shown = item.sign));
                    say(link, item.text);
                    link.setAttribute("href", item.href);
                },
            };
        });
        show(well, found.has("nodes") && items.length === 0);
    };
    const watches = SOURCES.map(([name, topics, ask]) => live.watch({
        topics, every_ms: 60000, least_ms: 5000,
        async run(signal) {
            try {
                found.set(name, await ask(signal));
            } catch (error) {
                if (error.kind !== "refused") throw error;
            }
            draw();
        },
    }));
    show(well, false);
    return {
        el: h("div.attention-box", null, list, well),
        pool(map) {
            found.set("nodes", [...of_nodes(map.nodes), ...of_devices(map)]);
            draw();
        },
        stop: () => watches.forEach((watch) => watch.stop()),
    };
}
