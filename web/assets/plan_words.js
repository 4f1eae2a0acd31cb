// plan_words.js - what a plan says, in words: orders, who came second, what binds, what if.  Pure: document in, text out.

import * as format from "./format.js";
import { contract, devices } from "./order_parts.js";
import { t } from "./words.js";

const SOURCES = { held: t("held"), ordered: t("this plan"), as_needed: t("as needed") };
const COLOURS = { owned: "mem", reserved: "gpu", on_demand: "cpu", spot: "gpumem" };
const TEXTURES = { held: "none", ordered: "slant", as_needed: "dots" };

const usd = format.dollars;

/** Layers of supply as the drawing stacks them: what is sure at the bottom. */
export function layers(plan) {
    return (plan.supply ?? []).map((each) => ({
        name: `${contract(each.contract)} (${SOURCES[each.source] ?? format.state(each.source)})`, className: COLOURS[each.contract] ?? "gpu", texture: TEXTURES[each.source] ?? "none", values: each.devices ?? [],
    }));
}

/** Sum over classes of [mean, low, high], by period. */
export function total_demand(plan) {
    const sum = [];
    for (const each of plan.forecasts ?? [])
        (each.periods ?? []).forEach((values, period) => {
            sum[period] ??= [0, 0, 0];
            values.forEach((value, i) => { sum[period][i] += value; });
        });
    return sum;
}

export const ordered = (order) => `${format.count(order.count)} × ${order.instance_type}`;

export function runner_up(plan, runner) {
    const order = plan.orders?.[runner.order];
    const than = order ? t`${ordered(order)} of ${order.supplier}` : t`order ${runner.order}`;
    return t`Instead of ${than}: ${runner.instance_type} of ${runner.supplier} (${devices(runner)}, ${contract(runner.contract)}) lost. To be chosen it would have to be ${usd(runner.too_dear_by_usd_per_device_hour)} cheaper per device and hour.`;
}

export function bind(each) {
    const gain = format.known(each.gain) ? usd(each.gain) : t("some");
    switch (each.limit) {
    case "budget": return t`The budget binds: one dollar more would save ${gain}.`;
    case "budget_per_period": return t`The budget of period ${format.count(each.period + 1)} binds: one dollar more would save ${gain}.`;
    case "supplier_share": return t`The largest share of ${each.supplier} binds: one point more would save ${gain}.`;
    case "capacity": return t`What ${each.supplier} has of ${each.instance_type} binds: one instance more would save ${gain}.`;
    case "may_wait": return t`What may wait of ${each.class} for up to ${format.duration(3600 * each.wait_hours)} binds: one point more would save ${gain}.`;
    case "unmet": return t`Class ${each.class}: to leave some of it unmet costs less than to serve it, or nobody can.`;
    default: return t`${format.state(each.limit)} binds.`;
    }
}

/** What of a class may wait, and what the plan makes of it. */
export function waiting(each) {
    const most = Math.max(0, ...(each.put_off ?? [])), when = most > 0 ? each.put_off.indexOf(most) + 1 : 0;
    const may = t`${format.amount(100 * each.share)} % of ${each.class} may wait for up to ${format.duration(3600 * each.wait_hours)}`;
    return when ? t`${may}: ${format.amount(each.unit_hours_put_off)} device-hours are put off, most in period ${format.count(when)}.` : t`${may}: nothing is put off, nothing would be saved.`;
}

export const what_if = (each) => t`${each.what}: ${usd(each.upper_bound)} with ${format.plural(each.orders, "order")}${each.unmet > 0 ? t`, ${format.amount(100 * each.unmet)} % of demand unmet` : ""}.`;

/** How sure the answer is. */
export const proof = (plan) => (plan.proven && plan.gap < 1e-6 ? t("no plan can cost less") : plan.proven ? t`within ${format.amount(100 * plan.gap)} % of the best that can be` : t`at most ${format.amount(100 * plan.gap)} % above the best; the time was over`);
