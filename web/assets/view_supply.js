// view_supply.js - clusters, what can be bought, from whom, and what was ordered.

import { clusters_panel } from "./clusters_panel.js";
import { h } from "./dom.js";
import { offers_panel } from "./offers_panel.js";
import { orders_panel } from "./orders_panel.js";
import { suppliers_panel } from "./suppliers_panel.js";
import { t } from "./words.js";

export function supply({ query, go, who }) {
    const whole = who.can("operator") && !who.project;
    const panels = [...(whole ? [clusters_panel()] : []), orders_panel(query, go), ...(whole ? [suppliers_panel(query, go)] : []), offers_panel(query, go)];
    const el = h("div.stack-page", null, h("h1.visually-hidden", null, t("Supply")), panels.map((each) => each.el));
    return { el, title: t("Supply"), leave: () => panels.forEach((each) => each.stop()) };
}
