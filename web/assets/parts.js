// parts.js - the small things that several views show: states, meters, commands to copy, dialogs.

import { h, icon, mark, say, show } from "./dom.js";
import * as format from "./format.js";
import { t } from "./words.js";

/** State of a job or node, if it is known: sign and word, colour only on top of them. */
export function badge(state) {
    const word = h("span"), el = h("span.badge", null, h("span"), word);
    let shown = null;
    const update = (name) => {
        if (name === shown) return;
        shown = name;
        el.className = `badge is-${name}`;
        el.firstChild.replaceWith(icon(name));
        say(word, format.state(name));
    };
    if (state) update(state);
    return { el, update };
}

/** A share of something: {el, update(part, all, text)}. */
export function meter(label, className = "") {
    const bar = h("span.bar");
    const value = h("span.num.meter-value");
    const el = h("div.meter", { class: `meter ${className}`, role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 },
        h("span.meter-label", null, label), value, h("span.track", null, bar));
    return {
        el,
        update(part, all, text) {
            const share = all > 0 ? Math.max(0, Math.min(1, part / all)) : 0;
            bar.style.width = `${(share * 100).toFixed(2)}%`;
            say(value, text);
            mark(el, "aria-valuenow", Math.round(share * 100));
            mark(el, "aria-valuetext", text);
        },
    };
}

/** Progress of time: elapsed of the limit. */
export function progress() {
    const bar = h("span.bar");
    const el = h("span.track.time", { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": t("time used of the limit") }, bar);
    return {
        el,
        update(elapsed, limit) {
            const share = limit ? Math.max(0, Math.min(1, elapsed / limit)) : 0;
            bar.style.width = `${(share * 100).toFixed(2)}%`;
            el.classList.toggle("late", !!limit && share > 0.9);
            mark(el, "aria-valuenow", limit ? Math.round(share * 100) : null);
            mark(el, "aria-valuetext", limit ? t`${Math.round(share * 100)} percent of the time limit` : t("no time limit"));
        },
    };
}

/** A command to copy. */
export function command(text) {
    const button = h("button.icon-button", { type: "button", "aria-label": t`Copy: ${text}`, title: t("Copy") }, icon("copy"));
    const code = h("code", null, text);
    button.addEventListener("click", async () => {
        try {
            await navigator.clipboard.writeText(text);
            flash(t("Copied."));
        } catch {
            getSelection().selectAllChildren(code); // no clipboard without a secure address
        }
    });
    return h("div.command", null, code, button);
}

/** Nothing to show: say so, and what to do next. */
export const empty = (title, hint, ...commands) =>
    h("div.empty", null, h("p.empty-title", null, title), hint ? h("p", null, hint) : null, commands.map(command));

let flash_timer = 0;
/** A short message at the edge, read aloud politely. */
export function flash(text, bad = false) {
    const place = document.getElementById("flash");
    clearTimeout(flash_timer);
    say(place, text);
    place.className = bad ? "flash bad" : "flash";
    show(place, true);
    flash_timer = setTimeout(() => show(place, false), bad ? 9000 : 3000);
}

/**
 * Ask before something happens.  Resolves to null, or to {name: value} of the fields.
 * fields: [{name, label, type: "text" | "checkbox", placeholder}]
 */
export function confirm({ title, text, action, danger = false, fields = [] }) {
    const inputs = fields.map((f) => h("input", { name: f.name, type: f.type, placeholder: f.placeholder, maxlength: 200, autocomplete: "off" }));
    const form = h("form", { method: "dialog" },
        h("h2", null, title), h("p", null, text),
        fields.map((f, i) => h("label", { class: `field ${f.type}` }, f.type === "checkbox" ? [inputs[i], f.label] : [h("span", null, f.label), inputs[i]])),
        h("div.dialog-buttons", null,
            h("button.button", { type: "button", onclick: () => dialog.close("no") }, t("Keep as it is")),
            h("button.button", { class: danger ? "button danger" : "button primary", value: "yes" }, action)));
    const dialog = h("dialog", { "aria-label": title }, form);
    document.body.append(dialog);
    dialog.showModal();
    return new Promise((resolve) => {
        dialog.addEventListener("close", () => {
            dialog.remove();
            if (dialog.returnValue !== "yes") return resolve(null);
            const values = {};
            for (const input of inputs) values[input.name] = input.type === "checkbox" ? input.checked : input.value.trim();
            return resolve(values);
        });
    });
}

export const link_job = (id) => `#/jobs/${encodeURIComponent(id)}`;
export const link_node = (name) => `#/nodes/${encodeURIComponent(name)}`;

const PLACES = ["queued", "starting", "running"];
export const is_over = (state) => !PLACES.includes(state);

/** What a job asks for, per task: "4 × h100 · 8 CPU · 64 GiB". */
export function ask(job) {
    const request = job.request ?? {};
    const parts = [];
    if (request.accelerators && request.count > 0)
        parts.push(`${format.milli(request.count * (request.gpu_milli || 1000))} × ${request.accelerators}`);
    if (request.gpu_mem_mib > 0) parts.push(t`with ${format.mib(request.gpu_mem_mib)}`);
    if (request.cpu_milli > 0) parts.push(t`${format.milli(request.cpu_milli)} CPU`);
    if (request.mem_mib > 0) parts.push(format.mib(request.mem_mib));
    const one = (parts.join(" · ") || t("nothing special")) + (request.alternatives > 1 ? t` or ${format.plural(request.alternatives - 1, "alternative")}` : "");
    return job.tasks > 1 ? t`${format.count(job.tasks)} tasks, each ${one}` : one;
}

const known_number = (value) => typeof value === "number" && Number.isFinite(value);

/** Seconds a job has run or ran. */
export function elapsed_s(job, now) {
    if (known_number(job.duration_s) && is_over(job.state)) return job.duration_s;
    const start = format.moment(job.started);
    if (!Number.isFinite(start)) return NaN;
    const end = format.moment(job.finished);
    return Math.max(0, ((Number.isFinite(end) ? end : now) - start) / 1000);
}

/** How it ended: "exit 0", "signal 9", "". */
export function ending(job) {
    if (!is_over(job.state)) return "";
    if (known_number(job.signal) && job.signal > 0) return t`signal ${job.signal}`;
    return known_number(job.exit_code) ? t`exit ${job.exit_code}` : "";
}
