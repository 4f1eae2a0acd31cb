// view_overview.js - the loop at one look, what needs attention, use over time, the pool, and the jobs of now.

import * as api from "./api.js";
import { attention } from "./attention.js";
import { h, icon, keyed, say, show } from "./dom.js";
import * as format from "./format.js";
import { finished_row, running_row, waiting_row } from "./job_rows.js";
import * as live from "./live.js";
import { loop_picture, OVER } from "./loop_picture.js";
import { empty, is_over, meter } from "./parts.js";
import { pool } from "./pool.js";
import { pool_cells } from "./pool_cells.js";
import { columns } from "./pool_columns.js";
import { use_chart } from "./use_chart.js";
import { usage_of } from "./usage.js";
import { t } from "./words.js";

const RUNNING_SHOWN = 20, WAITING_SHOWN = 12, FINISHED_SHOWN = 12, FINISHED_READ = 60;
const TILES_MAX = 24; // nodes: more are cells, which the page can draw by the thousand
const ADDED_UP_MAX = 4; // nodes: of more, megabytes of readings would have to be read to draw three curves
const CURVES_READ = 12, CURVE_POINTS = 120, REASONS_READ = 8;

function capacity_panel() {
    const gpu = meter(t("Accelerators"), "gpu"), cpu = meter(t("CPU cores"), "cpu"), memory = meter(t("Memory"), "mem");
    const isolation = h("p.muted.small");
    return {
        el: h("div.capacity", null, gpu.el, cpu.el, memory.el, isolation),
        update(status) {
            const c = status.capacity ?? {};
            show(gpu.el, c.gpu_milli > 0);
            gpu.update(c.gpu_used_milli, c.gpu_milli, t`${format.milli(c.gpu_used_milli)} of ${format.milli(c.gpu_milli)}`);
            cpu.update(c.cpu_used_milli, c.cpu_milli, t`${format.milli(c.cpu_used_milli)} of ${format.milli(c.cpu_milli)}`);
            memory.update(c.mem_used_mib, c.mem_mib, t`${format.mib(c.mem_used_mib)} of ${format.mib(c.mem_mib)}`);
            say(isolation, [status.isolation ? t`Isolation: ${status.isolation}` : "", t`version ${status.version}`, t`up ${format.duration(status.uptime_s)}`].filter(Boolean).join(" · "));
        },
    };
}

/** With `href` the remark at its side leads to the whole list. */
function panel(id, title, href, ...body) {
    const heading = h("h2", { id: `${id}-title` }, title);
    const aside = h(href ? "a.panel-aside" : "span.muted.panel-aside", { href, hidden: true });
    return { el: h("section.panel", { class: `panel panel-${id}`, "aria-labelledby": `${id}-title` }, h("header.panel-head", null, heading, aside), body), aside };
}

export function overview({ query, who, go }) {
    const names = new Map(), curves = new Map(), readers = new Map(), reasons = new Map();
    const notices = h("ul.notices", { "aria-label": t("Notices") });
    const strip = loop_picture(), needs = attention(), capacity = capacity_panel();
    let nodes = [], whole = null, many = null, now_running = [], now_waiting = [], read = false, use_begun = false, etag = "";

    const curve = use_chart(query.get("range") ?? "15m", (range) => {
        curve.set_range(range);
        go({ range }, true);
        use.dirty();
    });
    const cells = pool_cells(), tiles = pool((id) => names.get(id) ?? "", who.can("operator"));
    const running = h("ul.rows"), waiting = h("ul.rows"), finished = h("ul.rows");
    const idle = empty(t("Nothing runs."), t("Submit a job file, or run a command and follow it:"), "fastgpu submit job.yaml", "fastgpu run -- python3 train.py");
    const no_queue = empty(t("Nobody waits."), t("A job that does not fit at once appears here, with the reason."));
    const no_history = empty(t("No job has finished yet."), t("Results, time and cost of each job will be listed here."));
    const [p_use, p_cap, p_pool, p_run, p_wait, p_done] = [
        panel("use", t("Utilisation"), "", curve.el), panel("capacity", t("Granted now"), "", capacity.el), panel("pool", t("Pool"), "#/pool", tiles.el, cells.el),
        panel("running", t("Running"), "#/jobs?state=running,starting", idle, running), panel("queue", t("Queue"), "#/jobs?state=queued", no_queue, waiting),
        panel("finished", t("Recently finished"), `#/jobs?state=${OVER.join(",")}`, no_history, finished)];
    const rows = new Set();
    const ticking = (make) => (item) => {
        const row = make(item);
        rows.add(row);
        row.gone = () => rows.delete(row);
        return row;
    };
    const el = h("div.overview", null, h("h1.visually-hidden", null, t("Overview")), notices, needs.el, strip.el, p_use.el, p_cap.el, p_pool.el, h("div.work", null, p_run.el, p_done.el), p_wait.el);

    const gpu_top = (job) => 1000 * (job.devices ?? []).filter((name) => name !== "cpu").length;
    const draw_running = () => keyed(running, now_running, (job) => job.id, ticking(() => running_row((id) => curves.get(id), gpu_top)));
    const draw_waiting = () => keyed(waiting, now_waiting, (job) => job.id, ticking(() => waiting_row((id) => reasons.get(id))));

    function draw_status(status) {
        strip.update(status);
        capacity.update(status);
        whole = status.capacity ?? {};
        keyed(notices, status.notices ?? [], (text) => text, (text) => ({ el: h("li", null, icon("info"), text) }));
        const jobs = status.jobs ?? {};
        const more = (aside, all, shown) => {
            say(aside, t`all ${format.count(all)}`);
            show(aside, all > shown);
        };
        more(p_run.aside, (jobs.running ?? 0) + (jobs.starting ?? 0), RUNNING_SHOWN);
        more(p_wait.aside, jobs.queued ?? 0, WAITING_SHOWN);
        more(p_done.aside, OVER.reduce((sum, state) => sum + (jobs[state] ?? 0), 0), FINISHED_SHOWN);
    }

    function learn(...lists) {
        for (const list of lists) for (const job of list) names.set(job.id, job.name);
        if (names.size > 5000) for (const id of [...names.keys()].slice(0, 2000)) names.delete(id);
    }

    // The service lists by number, not by end: a long job that ends now is far down.  So look deeper, and
    // keep an eye on those that were running.
    const ended = new Map();
    async function recent(run, done, signal) {
        const gone = now_running.filter((job) => !run.some((other) => other.id === job.id) && !done.some((other) => other.id === job.id));
        for (const job of await Promise.all(gone.slice(0, FINISHED_SHOWN).map((job) => api.get(`/v1/jobs/${job.id}`, signal).catch(quiet))))
            if (job && is_over(job.state)) ended.set(job.id, job);
        for (const id of [...ended.keys()].slice(0, -FINISHED_SHOWN)) ended.delete(id);
        const all = new Map([...ended, ...done.map((job) => [job.id, job])]);
        return [...all.values()].sort((a, b) => format.moment(b.finished) - format.moment(a.finished) || b.id - a.id).slice(0, FINISHED_SHOWN);
    }

    const list = async (state, limit, order, signal) => (await api.get(`/v1/jobs?state=${state}&limit=${limit}&order=${order}`, signal)).items ?? [];

    const watches = [
        live.watch({
            topics: ["jobs"], every_ms: 20000, least_ms: 1000,
            async run(signal) {
                const [status, run, wait, done] = await Promise.all([
                    api.get("/v1/status", signal), list("running,starting", RUNNING_SHOWN, "desc", signal),
                    list("queued", WAITING_SHOWN, "asc", signal), list(OVER.join(","), FINISHED_READ, "desc", signal)]);
                const newest = await recent(run, done, signal);
                learn(run, wait, done);
                if (nodes.length) tiles.update(nodes); // they show names
                const order = (id) => reasons.get(id)?.position ?? Infinity;
                [now_running, now_waiting] = [run, wait.map((job, i) => [job, i]).sort((a, b) => order(a[0].id) - order(b[0].id) || a[1] - b[1]).map((p) => p[0])];
                draw_status(status);
                begin_use();
                draw_running();
                draw_waiting();
                keyed(finished, newest, (job) => job.id, ticking(finished_row));
                show(idle, run.length === 0);
                show(no_queue, wait.length === 0);
                show(no_history, newest.length === 0);
                if (!read) [by_use, by_why].forEach((w) => w.dirty());
                read = true;
            },
        }),
        live.watch({
            topics: ["nodes"], every_ms: 15000, least_ms: 1000,
            async run(signal) {
                const answer = await api.get_if_changed("/v1/pool-map", etag, signal);
                if (!answer.body) return;
                etag = answer.etag;
                const map = columns(answer.body), few = map.nodes.name.length <= TILES_MAX;
                needs.pool(map);
                many = map.nodes.name.length > ADDED_UP_MAX;
                show(tiles.el, few);
                show(cells.el, !few);
                if (!few) cells.update(map);
                else tiles.update(nodes = (await api.get("/v1/nodes", signal)).items ?? []);
                begin_use();
            },
        }),
    ];
    const use = live.watch({
        every_ms: 5000, at_once: false,
        async run(signal) {
            if (many && whole) await curve.refresh_many(whole, signal);
            else if (nodes.length) await curve.refresh(nodes, signal);
        },
    });
    // As soon as it is known how large the pool is, and what is in it.
    function begin_use() {
        if (use_begun || !(many ? whole : nodes.length)) return;
        use_begun = true;
        use.dirty();
    }
    const by_use = live.watch({
        every_ms: 4000, at_once: false,
        async run(signal) {
            const wanted = now_running.slice(0, CURVES_READ);
            await Promise.all(wanted.map(async (job) => {
                if (!readers.has(job.id)) readers.set(job.id, usage_of(`/v1/jobs/${job.id}`));
                const answer = await readers.get(job.id)(CURVE_POINTS, signal).catch(quiet);
                if (answer) curves.set(job.id, answer.points);
            }));
            for (const each of [curves, readers]) for (const id of each.keys()) if (!now_running.some((job) => job.id === id)) each.delete(id);
            draw_running();
        },
    });
    const by_why = live.watch({
        topics: ["jobs"], every_ms: 5000, least_ms: 3000, at_once: false,
        async run(signal) {
            const wanted = now_waiting.slice(0, REASONS_READ);
            await Promise.all(wanted.map(async (job) => {
                const answer = await api.get(`/v1/jobs/${job.id}/why`, signal).catch(quiet);
                if (answer) reasons.set(job.id, answer);
            }));
            for (const id of reasons.keys()) if (!now_waiting.some((job) => job.id === id)) reasons.delete(id);
            draw_waiting();
        },
    });
    show(cells.el, false);
    say(p_pool.aside, t("map"));
    show(p_pool.aside, true);
    watches.push(use, by_use, by_why);
    const stop_ticking = live.every_second(() => {
        const now = api.now();
        for (const row of rows) row.tick(now);
    });
    return { el, title: t("Overview"), leave: () => { stop_ticking(); strip.stop(); needs.stop(); cells.stop(); watches.forEach((w) => w.stop()); } };
}

/** A job may end between two requests: that one answer is missing, and that is all. */
function quiet(error) {
    if (error.kind === "refused") return null;
    throw error;
}

