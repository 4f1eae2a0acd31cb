// view_plan.js - one plan under review: what it adds, what it costs, how sure that is, what lost and why; and the decision.

import * as api from "./api.js";
import { h, put, say, show } from "./dom.js";
import * as format from "./format.js";
import { contract, devices, place } from "./order_parts.js";
import { deed, facts, panel, table, watching } from "./panels.js";
import { badge } from "./parts.js";
import { class_drawings, cost_drawing, supply_drawing } from "./plan_drawings.js";
import { bind, ordered, proof, runner_up, waiting, what_if } from "./plan_words.js";
import { t } from "./words.js";

const share = (value) => (format.known(value) ? `${format.amount(100 * value)} %` : "");

function deeds(doc, who) {
    const path = `/v1/plans/${encodeURIComponent(doc.id)}`, all = [], cost = format.dollars(doc.plan.cost);
    const orders = format.plural(doc.plan.orders?.length ?? 0, "order");
    if (who.project) return all;
    if (doc.state === "draft" && who.can("admin"))
        all.push(deed(t("Approve"), { path: `${path}/approve`, topic: "plan", primary: true, title: t`Approve plan ${doc.id}?`, text: t`${orders}, ${cost} expected over ${format.duration(3600 * doc.horizon_hours)}. Nothing is bought until it is applied.`, action: t("Approve the plan"), done: t("Approved. It can be applied now.") }));
    if (doc.state === "approved" && who.can("operator"))
        all.push(deed(t("Apply"), { path: `${path}/apply`, topic: "plan", primary: true, title: t`Apply plan ${doc.id}?`, text: t`All of its orders are made: ${orders}. Those due now are bought now, the others when they are due.`, action: t("Make the orders"), done: t("Applied: its orders are made.") }));
    if (["draft", "approved"].includes(doc.state) && who.can("admin"))
        all.push(deed(t("Reject"), { path: `${path}/reject`, topic: "plan", danger: true, title: t`Reject plan ${doc.id}?`, text: t("It will not be carried out. A new one can be made at any time."), action: t("Reject the plan"), done: t("Rejected.") }));
    return all;
}

const facts_of = (doc) => {
    const plan = doc.plan;
    return [[t("Expected cost"), format.dollars(plan.cost)], [t("Committed"), format.dollars(plan.committed)], [t("Rented as needed"), format.dollars(plan.recourse)], [t("In bad times (CVaR)"), format.known(plan.cvar) ? format.dollars(plan.cvar) : ""],
        [t("Demand unmet"), t`${share(plan.unmet)} expected${format.known(plan.unmet_worst) ? t`, ${share(plan.unmet_worst)} at worst` : ""}`], [t("How good"), proof(plan)], [t("Looks ahead"), format.duration(3600 * doc.horizon_hours)],
        [t("History behind it"), format.known(plan.history_hours) && plan.history_hours > 0 ? format.duration(3600 * plan.history_hours) : ""], [t("Carbon"), plan.carbon_kg > 0 ? t`${format.count(plan.carbon_kg)} kg` : ""],
        [t("Made"), `${format.date(format.moment(doc.created))}${doc.created_by ? t` by ${doc.created_by}` : ""}`], [t("Decided"), doc.decided ? `${format.date(format.moment(doc.decided))}${doc.decided_by ? t` by ${doc.decided_by}` : ""}` : ""],
        [t("Applied"), doc.applied ? format.date(format.moment(doc.applied)) : ""], [t("Remark"), doc.remark]];
};

function order_table() {
    return table(t("Orders of the plan"), [t("What"), t("Devices"), t("Supplier"), t("Contract"), t("Order"), t("There from"), t("#Cost"), t("#Cash")], (row) => String(row.n), ({ order }) => [
        h("b", null, `+ ${ordered(order)}`), devices(order), [order.supplier, place(order)].filter(Boolean).join(" · "), contract(order.contract), order.order_time ? format.date(format.moment(order.order_time)) : t("now"),
        order.start_time ? format.date(format.moment(order.start_time)) : t`period ${order.start + 1}`, format.dollars(order.cost), format.dollars(order.cash)]);
}

function rented_table() {
    return table(t("Rented as needed"), [t("What"), t("Devices"), t("Supplier"), t("Contract"), t("#Instance-hours"), t("#Cost")], (row) => String(row.n), ({ order }) => [
        order.instance_type, devices(order), [order.supplier, place(order)].filter(Boolean).join(" · "), contract(order.contract), format.amount(order.instance_hours), format.dollars(order.cost)]);
}

/** Why not otherwise: sentences under a heading each. */
function reasons(plan) {
    const part = (title, list, none) => [h("h3", null, title), list.length ? h("ul.words", null, list.map((text) => h("li", null, text))) : h("p.muted", null, none)];
    return [part(t("Who came second, and why it lost"), (plan.runners_up ?? []).map((each) => runner_up(plan, each)), plan.orders?.length ? t("No other offer could take the place of one.") : t("It orders nothing, so there is nothing to compare.")),
        plan.waits?.length ? part(t("What may wait"), plan.waits.map(waiting), "") : [],
        part(t("What binds"), (plan.binds ?? []).map(bind), t("No limit binds.")), plan.what_if?.length ? part(t("What if"), plan.what_if.map(what_if), "") : []];
}

export function plan_page({ args: [id], who }) {
    const state = badge(), buttons = h("span.deeds"), list = facts(), next = h("p.lead");
    const drawings = [supply_drawing(), cost_drawing(), class_drawings()];
    const orders = order_table(), rented = rented_table(), why = h("div");
    const p_orders = panel(t("What it orders"), orders.el), p_rented = panel(t("What it would rent as needed"), rented.el), p_why = panel(t("Alternatives"), why);
    const body = [...drawings, p_orders, p_rented, p_why];
    let shown = "";
    const watch = watching({
        topics: ["plan"], every_ms: 30000,
        async run(signal) {
            const doc = await api.get(`/v1/plans/${encodeURIComponent(id)}`, signal);
            if (shown === doc.state) return; // a plan does not change, only what was decided about it
            shown = doc.state;
            state.update(doc.state);
            put(buttons, deeds(doc, who));
            list.update(facts_of(doc));
            say(next, doc.state === "draft" ? t("Under review: nothing is bought before it is approved and applied.") : doc.state === "approved" ? t("Approved: its orders are made when it is applied.") : "");
            for (const each of body) show(each.el, true);
            drawings.forEach((each) => each.update(doc.plan));
            for (const [sheet, place_of, items] of [[orders, p_orders, doc.plan.orders], [rented, p_rented, doc.plan.recourse_offers]]) {
                sheet.update((items ?? []).map((order, n) => ({ order, n })));
                show(place_of.el, items?.length);
            }
            put(why, reasons(doc.plan));
        },
    });
    for (const each of body) show(each.el, false);
    const el = h("div.stack-page", null, h("section.panel", null, h("header.panel-head.page-head", null, h("h1", null, t`Plan ${id}`), state.el, buttons), watch.el, next, list.el), body.map((each) => each.el), h("p", null, h("a", { href: "#/plans" }, t("All plans"))));
    return { el, title: t`Plan ${id}`, leave: watch.stop };
}
