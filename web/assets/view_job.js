// view_job.js - one job: facts, why it waits, attempts over time, output and curves as they come,
// results to take away.

import { job_alerts } from "./alert_rows.js";
import * as api from "./api.js";
import { chart, scale, scale_binary } from "./chart.js";
import { h, icon, keyed, mark, put, say, show } from "./dom.js";
import * as format from "./format.js";
import { carbon, energy, job_power } from "./job_power.js";
import { log_view, save_blob } from "./log_view.js";
import * as live from "./live.js";
import { ask, badge, command, confirm, elapsed_s, ending, flash, is_over, link_job, link_node, progress } from "./parts.js";
import { usage_of } from "./usage.js";
import { t } from "./words.js";

const DOWNLOAD_MAX = 512 * 1024 * 1024;
const POINTS = 600;

const CURVES = [
    { key: "cpu_milli", title: "CPU", className: "cpu", unit: t("cores in use"), text: (v) => format.milli(v), least: 1000, scaler: scale },
    { key: "mem_mib", title: t("Memory"), className: "mem", unit: "resident", text: format.mib, least: 64, scaler: scale_binary },
    { key: "gpu_milli", title: "GPU", className: "gpu", unit: t("devices busy"), text: (v) => format.milli(v), least: 1000, scaler: scale },
    { key: "gpu_mem_mib", title: t("GPU memory"), className: "gpumem", unit: t("on the devices"), text: format.mib, least: 256, scaler: scale_binary },
];

function facts(rows) {
    const list = h("dl.facts");
    const shown = new Map(rows.map(([key, label]) => {
        const value = h("dd");
        const el = h("div.fact", { hidden: true }, h("dt", null, label), value);
        list.append(el);
        return [key, { el, value }];
    }));
    return {
        el: list,
        set(key, value, title) {
            const fact = shown.get(key);
            const empty = value === null || value === undefined || value === "" || value === "–";
            show(fact.el, !empty);
            if (value instanceof Node) {
                if (fact.value.textContent !== value.textContent) put(fact.value, value);
            } else say(fact.value, value);
            mark(fact.value, "title", title || null);
        },
    };
}

const FACTS = [["ask", t("Asks for")], ["where", t("Where")], ["who", t("Project and user")], ["submitted", t("Submitted")], ["waited", t("Waited")], ["started", t("Started")], ["finished", t("Finished")], ["limit", t("Time limit")], ["deadline", t("Deadline")],
    ["exit", t("Ended with")], ["rss", t("Memory at most")], ["cpu_s", t("CPU time")], ["gpu_s", t("GPU time")], ["energy", t("Energy of its devices")], ["co2", "CO2"], ["cost", t("Cost")], ["priority", t("Priority")], ["array", t("Array")], ["after", t("After")], ["flexible", t("Flexible")], ["preempt", t("Preemptible")], ["labels", t("Labels")]];

const HOURS = { price: t("waits for a cheaper hour"), carbon: t("waits for a cleaner hour"), both: t("waits for a cheaper and cleaner hour") };

/** What hour a flexible job waits for, and how long at most. */
function flexible_words(flexible) {
    if (!flexible) return "";
    const at = (iso) => format.date(format.moment(iso));
    return [HOURS[flexible.by], flexible.held_until ? t`now until ${at(flexible.held_until)}` : "", flexible.until ? t`over by ${at(flexible.until)}` : ""].filter(Boolean).join(" · ");
}

function show_facts(list, job, now) {
    const at = (iso) => format.date(format.moment(iso));
    const exact = (iso) => format.exact(format.moment(iso));
    const where = h("span", null, job.node ? h("a.mono", { href: link_node(job.node.split(",")[0]) }, job.node) : null, job.devices?.length ? h("span.mono", null, ` ${job.devices.join(" ")}`) : null);
    list.set("ask", ask(job));
    list.set("where", job.node ? where : "");
    list.set("who", [job.project, job.user].filter(Boolean).join(" · "));
    list.set("submitted", at(job.submitted), exact(job.submitted));
    const first = format.moment(job.attempts?.[0]?.started ?? job.started);
    const waited = ((Number.isFinite(first) ? first : Math.min(now, format.moment(job.finished) || now)) - format.moment(job.submitted)) / 1000;
    list.set("waited", format.duration(Math.max(0, waited < 10 ? waited : Math.floor(waited))));
    list.set("started", at(job.started), exact(job.started));
    list.set("finished", at(job.finished), exact(job.finished));
    list.set("limit", job.time_limit_s ? format.duration(job.time_limit_s) : "");
    list.set("deadline", at(job.deadline), exact(job.deadline));
    list.set("exit", ending(job));
    list.set("rss", format.mib(job.usage?.max_rss_mib));
    list.set("cpu_s", job.usage?.cpu_s > 0 ? format.duration(job.usage.cpu_s) : "");
    list.set("gpu_s", job.usage?.gpu_s > 0 ? format.duration(job.usage.gpu_s) : "");
    if (job.usage?.energy_j > 0) list.set("energy", energy(job.usage.energy_j));
    list.set("co2", job.co2_g > 0 ? carbon(job.co2_g) : "");
    list.set("flexible", flexible_words(job.flexible));
    list.set("cost", format.money(job.cost_uusd));
    list.set("priority", typeof job.priority === "number" ? String(Math.round(job.priority * 100) / 100) : "");
    list.set("array", job.array_id ? h("span", null, t`element ${job.array_index} of `, h("a", { href: `#/jobs?array=${encodeURIComponent(job.array_id)}` }, t`array ${job.array_id}`)) : "");
    list.set("after", job.after?.length ? h("span", null, job.after.map((a) => { const id = String(a?.job ?? a?.id ?? a); return [h("a", { href: link_job(id) }, t`job ${id}`), " "]; })) : "");
    list.set("preempt", job.preemptible ? t("yes") : "");
    list.set("labels", Object.entries(job.labels ?? {}).map(([k, v]) => `${k}=${v}`).join("  "));
}

/** Why it waits, with numbers. */
function why_panel() {
    const summary = h("p.why-summary"), place = h("p.muted"), reasons = h("ul.why-reasons"), body = h("tbody");
    const table = h("table.why-nodes", null, h("caption.visually-hidden", null, t("Nodes")), h("thead", null, h("tr", null, h("th", { scope: "col" }, t("Node")), h("th", { scope: "col" }, t("Fits")), h("th", { scope: "col" }, t("Because")))), body);
    const el = h("section.panel.panel-why", { "aria-labelledby": "why-title", hidden: true }, h("header.panel-head", null, h("h2", { id: "why-title" }, t("Why it waits"))), summary, place, reasons, table);
    return {
        el,
        update(why) {
            say(summary, format.prose(why.summary));
            say(place, [why.position ? t`Place ${format.count(why.position)} in the queue` : "", typeof why.priority === "number" ? t`priority ${Math.round(why.priority * 100) / 100}` : ""].filter(Boolean).join(" · "));
            const extra = (why.reasons ?? []).filter((r) => r.text && r.text !== why.summary);
            keyed(reasons, extra, (r) => `${r.code} ${r.text}`, (r) => ({ el: h("li", null, format.prose(r.text)) }));
            keyed(body, (why.nodes ?? []).slice(0, 50), (n) => n.node, () => {
                const name = h("td.mono"), fits = h("td"), because = h("td");
                return { el: h("tr", null, name, fits, because), update: (n) => { say(name, n.node); say(fits, n.fits ? t("yes") : t("no")); say(because, format.prose(n.why)); } };
            });
            show(table, (why.nodes ?? []).length > 0);
        },
    };
}

/** Waiting and attempts on one line of time. */
function timeline() {
    const track = h("ol.timeline");
    const el = h("div", null, track);
    return {
        el,
        update(job, now) {
            const steps = [];
            const submitted = Math.min(format.moment(job.submitted), format.moment(job.attempts?.[0]?.started) || Infinity);
            let from = submitted;
            for (const a of job.attempts ?? []) {
                const started = format.moment(a.started), ended = format.moment(a.finished);
                if (started > from) steps.push({ key: `w${a.attempt}`, state: "queued", text: t("waited"), from, to: started });
                const to = Number.isFinite(ended) ? ended : now;
                steps.push({ key: `a${a.attempt}`, state: Number.isFinite(ended) ? (a.outcome ?? a.state ?? job.state) : "running", text: t`attempt ${a.attempt}`, from: started, to, detail: [[].concat(a.node ?? []).join(" "), [].concat(a.devices ?? []).join(" "), a.reason || ending({ ...a, state: "failed" })].filter(Boolean).join(" · ") });
                from = to;
            }
            if (!is_over(job.state) && (!steps.length || job.state === "queued")) steps.push({ key: "w", state: "queued", text: t("waits"), from, to: now });
            keyed(track, steps, (s) => s.key, () => {
                const state = badge(), text = h("b"), took = h("span.num"), when = h("span.muted.num"), detail = h("span.muted"), bar = h("span.bar");
                const row = h("li.step", null, h("span.step-head", null, text, state.el), h("span.track", null, bar), h("span.step-facts", null, took, when), detail);
                return {
                    el: row,
                    update(s) {
                        const all = Math.max(1, steps.at(-1).to - submitted);
                        state.update(s.state);
                        say(text, s.text);
                        say(took, format.duration(Math.max(0, s.to - s.from) / 1000));
                        say(when, t`from ${format.time(s.from)}`);
                        say(detail, s.detail ?? "");
                        bar.className = `bar is-${s.state}`;
                        bar.style.marginLeft = `${((s.from - submitted) / all) * 100}%`;
                        bar.style.width = `${Math.max(0.6, ((s.to - s.from) / all) * 100)}%`;
                    },
                };
            });
        },
    };
}

function artifact_row(id) {
    let artifact = null;
    const name = h("span.mono.artifact-name"), size = h("span.num.muted");
    const button = h("button.button.small", { type: "button", onclick: take }, icon("down_to"), t("Download"));
    async function take() {
        const path = `/v1/jobs/${encodeURIComponent(id)}/artifacts/${artifact.path.split("/").map(encodeURIComponent).join("/")}`;
        if (artifact.bytes > DOWNLOAD_MAX) return flash(t`${artifact.path} has ${format.bytes(artifact.bytes)}, too much for a page: get ${path} with a program such as curl.`, true);
        button.disabled = true;
        try {
            save_blob(await (await api.open(path)).blob(), artifact.path.split("/").pop());
        } catch (error) {
            flash(`${artifact.path}: ${error.message}`, true);
        }
        button.disabled = false;
        return undefined;
    }
    return {
        el: h("li.artifact", null, name, size, button),
        update(next) {
            artifact = next;
            say(name, artifact.path);
            say(size, format.bytes(artifact.bytes));
            mark(button, "aria-label", t`Download ${artifact.path}`);
        },
    };
}

async function cancel(job) {
    const fields = job.array_id ? [{ name: "array", label: t`all elements of array ${job.array_id}`, type: "checkbox" }] : [];
    const text = job.state === "queued" ? t("It has not started; it will be taken out of the queue.") : t("Its processes are asked to stop, and are killed if they have not after the grace period. What it has written so far is kept.");
    const answer = await confirm({ title: t`Cancel job ${job.id}, ${job.name}?`, text, action: t("Cancel the job"), danger: true, fields });
    if (!answer) return;
    try {
        await api.post(`/v1/jobs/${encodeURIComponent(job.id)}/cancel${answer.array ? "?array=1" : ""}`);
        flash(t`Job ${job.id} is being cancelled.`);
    } catch (error) {
        flash(t`Job ${job.id}: ${error.message}`, true);
    }
    live.touch("jobs", `job:${job.id}`);
}

export function job_page({ args: [id], query, who, go }) {
    let job = null;
    const state = badge(), name = h("span.job-heading"), reason = h("p.job-reason-line", { hidden: true });
    const elapsed = h("b.num.big"), of_limit = h("span.muted.num"), time = progress();
    const cancel_button = h("button.button.danger", { type: "button", hidden: true, onclick: () => cancel(job) }, t("Cancel job"));
    const list = facts(FACTS), why = why_panel(), steps = timeline();
    const log = log_view(id, query, (more) => go(more));
    const curves = CURVES.map((c) => ({ ...c, chart: chart({ label: `${c.title}, ${t(c.unit)}`, height: 150, text: c.text, scaler: c.scaler, least: c.least, empty: t("No readings.") }), now: h("b.num") }));
    for (const c of curves) c.el = h("div.curve-box", null, h("h3", null, c.title, " ", h("span.muted", null, t(c.unit)), c.now), c.chart.el);
    const power = job_power(id, (joules) => job.usage?.energy_j > 0 || list.set("energy", energy(joules), t("Power over time, while the job alone held its devices.")));
    const alerts = job_alerts(id, who);
    const results = h("ul.artifacts"), no_results = h("p.muted");
    const spec = h("pre.spec");
    const missing = h("section.panel", { hidden: true });
    const section = (key, title, ...body) => h("section.panel", { class: `panel panel-${key}`, "aria-labelledby": `${key}-title` }, h("header.panel-head", null, h("h2", { id: `${key}-title` }, title)), body);
    const p_curves = section("curves", t("Use of resources"), h("div.curves", null, curves.map((c) => c.el), power.el));
    p_curves.hidden = true;
    const p_spec = h("section.panel.panel-spec", null, h("details", null, h("summary", null, t("What was submitted")), spec));
    const body = h("div.job-page", { hidden: true },
        h("section.panel.panel-job", null,
            h("header.job-top", null, h("div.job-headline", null, h("h1", null, h("span.muted.num", null, t`Job ${id} `), name), state.el), h("div.job-elapsed", null, h("span", null, elapsed, of_limit), time.el), cancel_button),
            reason, list.el),
        why.el, alerts.el, section("log", t("Output"), log.el), p_curves, section("attempts", t("Attempts"), steps.el), section("artifacts", t("Results"), results, no_results), p_spec);

    function draw() {
        say(name, job.name);
        document.title = `${job.id} ${job.name} · FastGPU`;
        state.update(job.state);
        show(reason, job.reason && job.state !== "queued" && job.state !== "succeeded");
        say(reason, format.prose(job.reason));
        show(cancel_button, who.can("member") && !is_over(job.state));
        log.show_job(job);
        show(why.el, job.state === "queued");
        keyed(results, job.artifacts ?? [], (a) => a.path, () => artifact_row(id));
        show(no_results, !(job.artifacts ?? []).length);
        say(no_results, job.spec?.outputs?.length ? (is_over(job.state) ? t("No file matched the outputs of the job.") : t("Files that match the outputs of the job are kept when it ends.")) : t("The job names no outputs. With “outputs: [result.json]” in the job file its results are kept and listed here."));
        say(spec, JSON.stringify(job.spec ?? {}, null, 2));
        tick();
    }

    function tick() {
        if (!job) return;
        const now = api.now();
        const s = elapsed_s(job, now);
        say(elapsed, format.known(s) ? (is_over(job.state) ? format.duration(s) : format.ticking(s)) : t("not started"));
        say(of_limit, job.time_limit_s && format.known(s) ? t` of ${format.duration(job.time_limit_s)}` : "");
        show(time.el, format.known(s) && !!job.time_limit_s);
        time.update(s, job.time_limit_s);
        show_facts(list, job, now);
        steps.update(job, now);
    }

    const usage = usage_of(`/v1/jobs/${encodeURIComponent(id)}`);
    let drawn_state = "", curves_final = false;
    const watches = [live.watch({
        topics: [`job:${id}`], every_ms: 15000, least_ms: 700,
        async run(signal) {
            try {
                job = await api.get(`/v1/jobs/${encodeURIComponent(id)}`, signal);
            } catch (error) {
                if (error.kind !== "refused") throw error;
                put(missing, h("h1", null, error.status === 404 ? t`There is no job ${id}` : t("The job cannot be shown")), h("p", null, error.status === 404 ? t("It may have been removed after its time, or it belongs to a project that you may not see.") : error.message), h("p", null, h("a", { href: "#/jobs" }, t("All jobs"))), command(`fastgpu show ${/^\d+$/.test(id) ? id : "ID"}`));
                show(missing, true);
                show(body, false);
                return;
            }
            show(missing, false);
            show(body, true);
            draw();
            power.follow(job);
            if (job.state !== drawn_state) watches[job.state === "queued" ? 2 : 1].dirty();
            drawn_state = job.state;
        },
    }), live.watch({
        every_ms: 2500, at_once: false,
        async run(signal) {
            if (!job || job.state === "queued" || curves_final) return;
            curves_final = is_over(job.state);
            const answer = await usage(POINTS, signal).catch((error) => { if (error.kind !== "refused") throw error; return null; });
            const points = answer?.points ?? [];
            const from = points[0]?.at ?? 0, to = points.at(-1)?.at ?? 1;
            show(p_curves, points.length > 0);
            for (const c of curves) {
                const values = points.map((p) => [p.at, p[c.key]]);
                const some = values.some((v) => v[1] >= 0 && v[1] !== null);
                show(c.el, some);
                if (!some) continue;
                c.chart.update({ series: [{ name: c.title, className: c.className, area: true, points: values }], from, to: Math.max(to, from + 10000) });
                const last = values.findLast((v) => v[1] >= 0 && v[1] !== null);
                say(c.now, last && !is_over(job.state) ? c.text(last[1]) : "");
            }
        },
    }), live.watch({
        every_ms: 5000, least_ms: 2000, at_once: false,
        async run(signal) {
            if (job?.state !== "queued") return;
            const answer = await api.get(`/v1/jobs/${encodeURIComponent(id)}/why`, signal).catch((error) => { if (error.kind !== "refused") throw error; return null; });
            if (answer) why.update(answer);
        },
    })];
    const stop = live.every_second(() => { if (job && !is_over(job.state)) tick(); });
    return { el: h("div", null, missing, body), title: t`Job ${id}`, leave: () => { stop(); power.stop(); alerts.stop(); log.leave(); watches.forEach((w) => w.stop()); } };
}
