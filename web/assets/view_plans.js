// view_plans.js - plans, newest first: which one waits for a decision; and what came of the earlier ones.

import * as api from "./api.js";
import { h, show } from "./dom.js";
import * as format from "./format.js";
import { link_plan, panel, table, watching } from "./panels.js";
import { badge, empty } from "./parts.js";
import { report_panel } from "./report_panel.js";
import { t } from "./words.js";

const SHOWN = 50;

export function plans({ query, go, who }) {
    const sheet = table(t("Plans"), [t("State"), t("Plan"), t("#Orders"), t("#Expected cost"), t("Looks ahead"), t("Made"), t("By"), t("Decided by"), t("Remark")], (plan) => plan.id, (plan) => [
        badge(plan.state).el, h("a", { href: link_plan(plan.id) }, `#${plan.id}`), format.count(plan.orders), format.money(plan.cost_uusd), format.duration(3600 * plan.horizon_hours),
        format.date(format.moment(plan.created)), plan.created_by, plan.decided_by, plan.remark]);
    const none = empty(t("There is no plan yet."), t("A plan answers what to buy, from whom and when. Making one buys nothing:"), "fastgpu plan create", "fastgpu plan create --horizon 12w --period 1w");
    show(none, false);
    const { el } = panel(t("Plans"), none, sheet.el);
    const watch = watching({
        topics: ["plan"], every_ms: 20000,
        async run(signal) {
            const items = (await api.get(`/v1/plans?limit=${SHOWN}`, signal)).items ?? [];
            sheet.update(items);
            show(sheet.el, items.length > 0);
            show(none, items.length === 0);
        },
    });
    el.append(watch.el);
    const report = who.can("operator") && !who.project ? report_panel(query, go) : null;
    return { el: h("div.stack-page", null, h("h1.visually-hidden", null, t("Plans")), el, report?.el), title: t("Plans"), leave: () => { watch.stop(); report?.stop(); } };
}
