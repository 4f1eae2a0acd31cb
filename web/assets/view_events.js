// view_events.js - what happened, the newest first, as it comes; for administrators also what people did, and who (the audit).

import * as api from "./api.js";
import { h, keyed, say, show } from "./dom.js";
import * as format from "./format.js";
import { link_order, link_plan, panel, segments, watching } from "./panels.js";
import { empty, link_job, link_node } from "./parts.js";
import { publish_panel } from "./publish_panel.js";
import { t } from "./words.js";

const PAGE = 100, CATCH_UP = 1000;
const ABOUT = [["", "all"], ["job", "jobs"], ["node", "nodes"], ["order", "orders"], ["plan", "plans"], ["supplier", "suppliers"], ["project", "projects"], ["alert", "alerts"], ["proposal", "proposals"]];
const LINKS = { node: link_node, order: link_order, plan: link_plan };

/** What an event is about, as an element: a link where there is a view of it. */
function subject(event) {
    if (event.job) return h("a", { href: link_job(event.job) }, t`job ${event.job}`);
    for (const [key, link] of Object.entries(LINKS)) if (event.data?.[key]) return h("a", { href: link(event.data[key]) }, `${t(key)} ${event.data[key]}`);
    const key = ["supplier", "project", "reservation", "class", "token"].find((name) => event.data?.[name]);
    return h("span", null, key ? `${t(key)} ${event.data[key]}` : "");
}

/** A member of its data in words; the end of its name says what is money and what is a time. */
function member([key, value]) {
    const [, name, unit] = key.match(/^(.*?)(_uusd|_us)?$/);
    const text = typeof value === "object" ? JSON.stringify(value) : name === "state" ? format.state(value) : !unit || !format.known(value) ? value : unit === "_us" ? format.duration(value / 1e6) : format.money(value);
    return `${t(name.replaceAll("_", " "))} ${text}`;
}

/** The rest of its data, in one line. */
export function details(event) {
    const told = new Set(["by", "node", "hint", "order", "plan", "supplier", "project", "reservation", "class", "token"]);
    return Object.entries(event.data ?? {}).filter(([key]) => !told.has(key)).map(member).join(" · ");
}

function row(event) {
    const at = format.moment(event.time);
    const time = h("td.num.muted", { title: format.exact(at) }, format.date(at));
    return { el: h("tr", null, h("td.num.muted", null, String(event.seq)), time, h("td.mono", null, event.kind), h("td", null, subject(event)), h("td", null, event.data?.by ?? ""), h("td.muted.event-data", null, details(event))) };
}

export function events_page({ query, go, who }) {
    const audit = query.get("show") === "audit" && who.can("admin") && !who.project, about = query.get("about") ?? "";
    const body = h("tbody"), found = new Map();
    const heads = ["#", t("When"), t("What happened"), t("About"), t("By"), t("More")];
    const sheet = h("div.table-box", { tabindex: 0, role: "region", "aria-label": t("Table of events") },
        h("table.sheet", null, h("caption.visually-hidden", null, t("Events")), h("thead", null, h("tr", null, heads.map((text) => h("th", { scope: "col" }, text)))), body));
    const none = empty(t("Nothing like that has happened."), t("Old events are removed in time."));
    const older = h("button.button.small", { type: "button" }, t("Older events"));
    show(none, false);
    let end = "", newest = 0, pages = 1;
    const page = (before, limit, signal) => api.get(`${audit ? "/v1/audit" : "/v1/events"}?limit=${limit}&before=${before}`, signal);
    const learn = (items) => { for (const event of items) if (!about || event.kind.startsWith(`${about}.`)) found.set(event.seq, event); };
    const draw = () => {
        const items = [...found.values()].sort((a, b) => b.seq - a.seq);
        for (const event of items.splice(PAGE * pages)) { // as many as were asked for: what comes pushes out the oldest
            found.delete(event.seq);
            end = String(items.at(-1).seq);
        }
        keyed(body, items, (event) => event.seq, row);
        show(sheet, items.length > 0);
        show(none, items.length === 0);
        show(older, end);
    };
    older.addEventListener("click", async () => {
        older.disabled = true;
        const answer = await page(end, PAGE).catch(() => null);
        older.disabled = false;
        if (!answer) return;
        pages++;
        learn(answer.items ?? []);
        end = answer.next ?? "";
        draw();
    });
    /** The newest, down to those that are known; after a pause in which more has happened than fits, the list begins anew. */
    async function catch_up(signal) {
        const touches = (answer) => !answer.next || (answer.items ?? []).at(-1)?.seq <= newest;
        let answer = await page(Number.MAX_SAFE_INTEGER, PAGE, signal);
        if (newest && !touches(answer)) answer = await page(Number.MAX_SAFE_INTEGER, CATCH_UP, signal);
        if (!touches(answer)) {
            found.clear();
            end = answer.next;
        }
        newest = answer.items?.[0]?.seq ?? newest;
        learn(answer.items ?? []);
    }
    const modes = who.can("admin") && !who.project ? segments(t("What"), [["", t("all events")], ["audit", t("what people did")]], audit ? "audit" : "", (value) => go({ show: value })) : null;
    const { el, aside } = panel(audit ? t("Audit") : t("Events"), h("div.filters", null, modes, segments(t("About"), ABOUT.map(([value, text]) => [value, t(text)]), about, (value) => go({ about: value }))), none, sheet, h("nav.pages", { "aria-label": t("Pages") }, older));
    const watch = watching({
        topics: ["jobs", "nodes", "order", "plan", "supplier", "alert", "proposal", "publish", "project", "token", "scale", "reservation"], every_ms: 30000, least_ms: 2000,
        async run(signal) {
            await catch_up(signal);
            draw();
            say(aside, audit ? t("who did what, newest first") : t("newest first, as they happen"));
        },
    });
    el.append(watch.el);
    const sinks = !audit && who.can("operator") && !who.project ? publish_panel() : null;
    return { el: h("div.stack-page", null, h("h1.visually-hidden", null, t("Events")), sinks?.el, el), title: t("Events"), leave: () => { watch.stop(); sinks?.stop(); } };
}
