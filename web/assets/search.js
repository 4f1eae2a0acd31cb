// search.js - one field for jobs, nodes, projects and offers: "/" opens it, arrows choose, Enter goes there.
//
// Names are compared by the service as a whole; what begins with the words is found among the newest jobs, all nodes and
// projects.  Nothing is kept.

import * as api from "./api.js";
import { h, icon, keyed, mark, say } from "./dom.js";
import * as format from "./format.js";
import { link_offer } from "./panels.js";
import { link_job, link_node } from "./parts.js";
import { t } from "./words.js";

const PAUSE_MS = 150, EACH_MAX = 6, JOBS_READ = 300;

const has = (words, ...texts) => texts.some((text) => String(text ?? "").toLowerCase().includes(words));
const list = async (path, signal) => (await api.get(path, signal).catch(() => null))?.items ?? [];

async function find_jobs(words, signal) {
    const exact = /^\d+$/.test(words) ? [await api.get(`/v1/jobs/${words}`, signal).catch(() => null)].filter(Boolean) : await list(`/v1/jobs?name=${encodeURIComponent(words)}&limit=${EACH_MAX}`, signal);
    const recent = (await list(`/v1/jobs?limit=${JOBS_READ}`, signal)).filter((job) => has(words, job.name, job.user));
    const all = new Map([...exact, ...recent].map((job) => [job.id, job]));
    return [...all.values()].map((job) => ({ kind: t("job"), text: `${job.id} ${job.name}`, note: `${format.state(job.state)} · ${job.project} · ${job.user}`, href: link_job(job.id) }));
}

async function find_nodes(words, signal) {
    const nodes = (await api.get("/v1/pool-map", signal).catch(() => null))?.pool.nodes;
    return (nodes?.name ?? []).map((name, n) => ({ name, n })).filter(({ name }) => has(words, name)).map(({ name, n }) => ({ kind: t("node"), text: name, note: format.state(nodes.state[n]), href: link_node(name) }));
}

const find_projects = async (words, signal) => (await list("/v1/projects", signal)).filter((p) => has(words, p.name)).map((p) => ({ kind: t("project"), text: p.name, note: t`${format.count(p.usage?.running)} running`, href: `#/jobs?project=${encodeURIComponent(p.name)}` }));

const find_offers = async (words, signal) => (await list(`/v1/offers?accelerator=${encodeURIComponent(words)}&sort=price&limit=${EACH_MAX}`, signal)).map((o) => ({ kind: t("offer"), text: `${o.supplier} ${o.instance}`, note: `${o.accelerators} × ${o.accelerator} · ${format.hourly(o.uusd_per_device_hour)}`, href: link_offer(o.id) }));

/** Open the dialog; it is made anew each time. */
export function search() {
    if (document.querySelector("dialog[open]")) return;
    const input = h("input", { type: "search", name: "search", placeholder: t("Job, node, project or accelerator"), "aria-label": t("Search"), role: "combobox", "aria-expanded": "true", "aria-controls": "search-found", autocomplete: "off", spellcheck: "false", maxlength: 64 });
    const found = h("ul.search-found", { id: "search-found", role: "listbox", "aria-label": t("Found") }), word = h("p.muted.small", { role: "status" });
    const dialog = h("dialog.search", { "aria-label": t("Search") }, h("div.search-line", null, icon("search"), input), found, word);
    let items = [], at = 0, timer = 0, asked = null;

    function draw() {
        keyed(found, items, (item) => item.href, (item) => {
            const link = h("a", { href: item.href, tabindex: -1, onclick: () => dialog.close() }, h("span.muted", null, item.kind), " ", h("b", null, item.text), " ", h("span.muted", null, item.note));
            return { el: h("li", { role: "option" }, link) };
        });
        [...found.children].forEach((row, i) => { mark(row, "aria-selected", String(i === at)); row.id = `search-${i}`; });
        mark(input, "aria-activedescendant", items.length ? `search-${at}` : null);
        found.children[at]?.scrollIntoView({ block: "nearest" });
    }

    async function look() {
        asked?.abort();
        asked = new AbortController();
        const mine = asked, words = input.value.trim().toLowerCase();
        if (!words) {
            items = [];
            say(word, t("A number leads to the job; words are looked for in names."));
            return draw();
        }
        const lists = await Promise.all([find_jobs(words, mine.signal), find_nodes(words, mine.signal), find_projects(words, mine.signal), find_offers(words, mine.signal)]).catch(() => []);
        if (mine.signal.aborted) return undefined;
        items = lists.flatMap((each) => each.slice(0, EACH_MAX));
        at = 0;
        say(word, items.length ? t("Arrows choose, Enter opens.") : t("Nothing is found."));
        return draw();
    }

    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, PAUSE_MS); });
    input.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step && items.length) {
            event.preventDefault();
            at = (at + step + items.length) % items.length;
            draw();
        }
        if (event.key === "Escape") dialog.close(); // a search field would only be emptied
        if (event.key === "Enter" && items[at]) {
            event.preventDefault();
            dialog.close();
            location.hash = items[at].href;
        }
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => {
        clearTimeout(timer);
        asked?.abort();
        dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
    look();
}
