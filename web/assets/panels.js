// panels.js - frames that the views of supply, forecast, plan and cost share: panels, tables, deeds with a question before.

import * as api from "./api.js";
import { h, keyed, put, say, show } from "./dom.js";
import * as live from "./live.js";
import { confirm, flash } from "./parts.js";
import { t } from "./words.js";

const TABLE_ROWS_MAX = 500;
let panels_made = 0; // ids are unique within the page

/** A panel with a heading: {el, aside}; `aside` is a place for a remark or controls. */
export function panel(title, ...body) {
    const id = `panel-${++panels_made}`;
    const aside = h("span.muted.panel-aside");
    const el = h("section.panel", { "aria-labelledby": id }, h("header.panel-head", null, h("h2", { id }, title), aside), body);
    return { el, aside };
}

/** A watch whose refusals are said in its own place: {el, stop}. */
export function watching({ run, ...options }) {
    const el = h("p.problem", { role: "alert", hidden: true });
    const watch = live.watch({
        ...options,
        async run(signal) {
            try {
                await run(signal);
                show(el, false);
            } catch (error) {
                if (error.kind !== "refused") throw error;
                say(el, error.message);
                show(el, true);
            }
        },
    });
    return { el, stop: watch.stop };
}

/**
 * A table that follows its items: {el, update(items)}.  heads: "Name", or "#Name" for numbers (right aligned);
 * cells(item): texts or elements.  A row is made anew only when its item has changed, so the focus stays.
 */
export function table(label, heads, key, cells) {
    const body = h("tbody");
    const numeric = heads.map((text) => text.startsWith("#"));
    const place = (tag, props, content, i) => h(numeric[i] ? `${tag}.num.right` : tag, props, content);
    const head = h("tr", null, heads.map((text, i) => place("th", { scope: "col" }, text.replace(/^#/, ""), i)));
    const row = () => {
        const el = h("tr");
        let shown = "";
        return {
            el,
            update(item) {
                const text = JSON.stringify(item);
                if (text === shown) return;
                shown = text;
                put(el, cells(item).map((content, i) => place("td", null, content, i)));
            },
        };
    };
    const el = h("div.table-box", { tabindex: 0, role: "region", "aria-label": t`Table: ${label}` },
        h("table.sheet", null, h("caption.visually-hidden", null, label), h("thead", null, head), body));
    return { el, update: (items) => keyed(body, items, key, row) };
}

/** What a drawing shows, as a table to open: {el, update(rows)}; rows: arrays of texts, the first is the key. */
export function as_table(label, heads) {
    const sheet = table(label, heads, (row) => row[0], (row) => row);
    let rows = [];
    const el = h("details.as-table", { ontoggle: () => draw() }, h("summary", null, t("As a table")), sheet.el);
    const draw = () => { if (el.open) sheet.update(rows); };
    return { el, update(next) { rows = next.slice(0, TABLE_ROWS_MAX); draw(); } };
}

/** Facts as a list of terms: {el, update([[term, value]...])}; those without a value have no place. */
export function facts() {
    const el = h("dl.facts");
    let shown = "";
    return {
        el,
        update(pairs) {
            const wanted = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
            const text = JSON.stringify(wanted);
            if (text === shown) return;
            shown = text;
            put(el, wanted.map(([term, value]) => h("div.fact", null, h("dt", null, term), h("dd", null, value))));
        },
    };
}

/** Buttons to choose one of a few: choices [[value, label]]. */
export function segments(label, choices, chosen, choose) {
    return h("div.segments", { role: "group", "aria-label": label }, choices.map(([value, text]) =>
        h("button.segment", { type: "button", "aria-pressed": String(value === chosen), onclick: () => choose(value) }, t(text))));
}

/** A share of a whole as a bar with the text beside it. */
export function share_bar(part, all, text, low = null, high = null) {
    const bar = h("span.bar"), track = h("span.track", null, bar);
    const percent = (value) => `${(100 * Math.max(0, Math.min(1, all > 0 ? value / all : 0))).toFixed(2)}%`;
    bar.style.width = percent(part);
    if (low !== null && high !== null) {
        const span = h("span.span-mark");
        span.style.left = percent(low);
        span.style.right = `calc(100% - ${percent(high)})`;
        track.append(span);
    }
    return h("span.share-bar", null, track, h("span.num", null, text));
}

/** A button that asks, with a field for a remark, then posts.  `dialog`: title, text, action, danger. */
export function deed(label, { path, topic, done, primary = false, ...dialog }) {
    const act = async () => {
        const answer = await confirm({ ...dialog, fields: [{ name: "remark", label: t("Remark (optional, kept with it)"), type: "text", placeholder: "" }] });
        if (!answer) return;
        button.disabled = true;
        try {
            await api.post(path, answer.remark ? { remark: answer.remark } : {});
            flash(done);
        } catch (error) {
            flash(error.message, true);
        }
        button.disabled = false;
        live.touch(topic);
    };
    const kind = primary ? "button.button.primary.small" : dialog.danger ? "button.button.danger.small" : "button.button.small";
    const button = h(kind, { type: "button", onclick: act }, label);
    return button;
}

export const link_order = (id) => `#/orders/${encodeURIComponent(id)}`;
export const link_offer = (id) => `#/offers/${encodeURIComponent(id)}`;
export const link_plan = (id) => `#/plans/${encodeURIComponent(id)}`;
