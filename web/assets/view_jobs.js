// view_jobs.js - every job, a page at a time; what is asked for stands in the address.

import * as api from "./api.js";
import { h, keyed, mark, say, show } from "./dom.js";
import * as format from "./format.js";
import * as live from "./live.js";
import { ask, badge, elapsed_s, empty, ending, link_job } from "./parts.js";
import { t } from "./words.js";

const PAGE = 50; // rows: all of them may be new at once, and to lay out a hundred takes most of what an update may take
const STATES = ["queued", "starting", "running", "succeeded", "failed", "cancelled", "timed_out"];
const FIELDS = [["name", t("Name")], ["project", t("Project")], ["user", t("User")], ["label", t("Label (key=value)")]];

/** The request for what the address asks for. */
export function request(query) {
    const wanted = new URLSearchParams();
    for (const key of ["state", "name", "project", "user", "label", "array", "order", "cursor"])
        if (query.get(key)) wanted.set(key, query.get(key));
    wanted.set("limit", PAGE);
    return `/v1/jobs?${wanted}`;
}

function filters(query, go) {
    const chosen = new Set((query.get("state") ?? "").split(",").filter(Boolean));
    const choose = (state) => {
        if (chosen.has(state)) chosen.delete(state);
        else chosen.add(state);
        go({ state: STATES.filter((s) => chosen.has(s)).join(","), cursor: "", trail: "" });
    };
    const states = STATES.map((state) => h("button.segment", { type: "button", "aria-pressed": String(chosen.has(state)), onclick: () => choose(state) }, format.state(state)));
    const inputs = FIELDS.map(([key, label]) => h("input", { type: "search", name: key, value: query.get(key) ?? "", placeholder: label, "aria-label": label, autocomplete: "off", spellcheck: "false", maxlength: 128 }));
    const submit = (event) => {
        event.preventDefault();
        go({ ...Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()])), cursor: "", trail: "" });
    };
    const order = h("select", { "aria-label": t("Order of jobs"), onchange: (event) => go({ order: event.target.value === "desc" ? "" : "asc", cursor: "", trail: "" }) },
        h("option", { value: "desc", selected: query.get("order") !== "asc" }, t("newest first")), h("option", { value: "asc", selected: query.get("order") === "asc" }, t("oldest first")));
    const clear = h("a.button.small", { href: "#/jobs" }, t("Clear"));
    show(clear, [...query.keys()].length > 0);
    return h("form.filters", { onsubmit: submit, role: "search", "aria-label": t("Filter jobs") },
        h("div.segments", { role: "group", "aria-label": t("State") }, states), inputs, order, h("button.button.small", { type: "submit" }, t("Filter")), clear);
}

function line() {
    let job = null, submitted = NaN;
    const state = badge();
    const link = h("a.job-link");
    const id = h("td.num.cell-id"), name = h("td.cell-name", null, link), project = h("td.cell-project.muted"), user = h("td.cell-user.muted"), wants = h("td.cell-ask"), where = h("td.mono.cell-where"),
        took = h("td.num.cell-took"), how = h("td.num.cell-how.muted"), cost = h("td.num.cell-cost.muted"), when = h("td.num.cell-when.muted");
    const el = h("tr", null, h("td.cell-state", null, state.el), id, name, project, user, wants, where, took, how, cost, when);
    const self = {
        el,
        update(next) {
            job = next;
            state.update(job.state);
            say(id, job.id);
            say(link, job.name);
            mark(link, "href", link_job(job.id));
            say(project, job.project);
            say(user, job.user);
            say(wants, ask(job));
            say(where, [(job.devices ?? []).join(" "), job.node].filter(Boolean).join(" · "));
            mark(where, "title", where.textContent || null);
            say(how, ending(job));
            mark(how, "title", job.reason || null);
            say(cost, format.known(job.cost_uusd) ? format.money(job.cost_uusd) : "");
            submitted = format.moment(job.submitted);
            mark(when, "title", format.exact(submitted));
            self.tick(api.now());
        },
        tick(now) {
            const s = elapsed_s(job, now);
            say(took, format.known(s) ? (job.finished ? format.duration(s) : format.ticking(s)) : "");
            say(when, format.ago(submitted, now));
        },
    };
    return self;
}

export function jobs({ query, go }) {
    const body = h("tbody");
    const heads = [t("State"), t("Id"), t("Name"), t("Project"), t("User"), t("Asks for"), t("Where"), t("Time"), t("End"), t("Cost"), t("Submitted")];
    const table = h("table.jobs", null, h("caption.visually-hidden", null, t("Jobs")), h("thead", null, h("tr", null, heads.map((text) => h("th", { scope: "col" }, text)))), body);
    const filtered = FIELDS.some(([key]) => query.get(key)) || query.get("state") || query.get("array");
    const nothing = filtered ? empty(t("No job is like that."), t("Names, projects and users are compared as a whole. Take a filter away:")) : empty(t("No job yet."), t("Submit a job file, or run a command and follow it:"), "fastgpu submit job.yaml", "fastgpu run -- python3 train.py");
    show(nothing, false);
    const count = h("span.muted"), back = h("button.button.small", { type: "button", "data-turn": "back" }, t("Previous page")), next = h("button.button.small", { type: "button" }, t("Next page"));
    const problem = h("p.problem", { role: "alert", hidden: true });
    const rows = new Map();

    // Cursors only lead forward, so the way back is kept in the address as well.
    const trail = (query.get("trail") ?? "").split("~").filter(Boolean);
    let next_cursor = "";
    const first = !query.get("cursor");
    back.addEventListener("click", () => go({ cursor: trail.at(-1) === "0" ? "" : (trail.at(-1) ?? ""), trail: trail.slice(0, -1).join("~") }));
    next.addEventListener("click", () => go({ cursor: next_cursor, trail: [...trail, query.get("cursor") || "0"].slice(-50).join("~") }));

    const watch = live.watch({
        topics: ["jobs"], every_ms: 20000, least_ms: 1500,
        async run(signal) {
            let answer;
            try {
                answer = await api.get(request(query), signal);
            } catch (error) {
                if (error.kind !== "refused") throw error;
                say(problem, error.message);
                show(problem, true);
                return;
            }
            show(problem, false);
            const items = answer.items ?? [];
            keyed(body, items, (job) => job.id, (job) => {
                const row = line();
                rows.set(job.id, row);
                row.gone = () => rows.delete(job.id);
                return row;
            });
            next_cursor = answer.next ?? "";
            show(table, items.length > 0);
            show(nothing, items.length === 0);
            show(next, !!next_cursor);
            show(back, !first);
            say(count, items.length ? t`${format.plural(items.length, "job")} on this page` : "");
        },
    });
    const stop = live.every_second(() => {
        const now = api.now();
        for (const row of rows.values()) row.tick(now);
    });
    const el = h("section.panel.panel-jobs", null, h("header.panel-head", null, h("h1", null, t("Jobs")), h("span.panel-aside", null, count)),
        filters(query, go), problem, nothing, h("div.table-box", { tabindex: 0, role: "region", "aria-label": t("Table of jobs") }, table), h("nav.pages", { "aria-label": t("Pages") }, back, next));
    return { el, title: t("Jobs"), leave: () => { stop(); watch.stop(); } };
}

