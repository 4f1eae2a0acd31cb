// log_view.js - a job's output as it is written: follows the stream, resumes after a break, keeps the
// newest lines only.

import * as api from "./api.js";
import { h, icon, put, say, show } from "./dom.js";
import * as format from "./format.js";
import { flash } from "./parts.js";
import { t } from "./words.js";

const LINES_MAX = 5000;
const LINE_MAX = 8192;
const BLOCK_LINES = 100, LINES_AT_ONCE = 250;
const PAUSE_MS = 60, HIDDEN_MS = 500; // between two drawings of what has come
const TAIL_BYTES = 256 * 1024;
const PAUSES_MS = [500, 1000, 2000, 5000];
const LINE_KINDS = { stderr: "div.log-line.err", divider: "div.log-line.divider" };
// Colour and cursor sequences of terminals: of no use here.
const ESCAPES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Pieces of output to whole lines: "\r" starts the line again, as progress bars want it. */
export function line_cutter() {
    const open = new Map();
    return (stream, text) => {
        const whole = ((open.get(stream) ?? "") + text.replace(ESCAPES, "")).replaceAll("\r\n", "\n").split("\n");
        const last = whole.pop().slice(-LINE_MAX);
        // Keep a final "\r": what follows decides whether it is half of a line end.
        open.set(stream, last);
        return { lines: whole.map(visible), open: visible(last) };
    };
}

function visible(line) {
    const shown = line.replace(/\r+$/, "");
    return shown.slice(shown.lastIndexOf("\r") + 1).slice(0, LINE_MAX).replace(CONTROLS, "\ufffd");
}

/** {el, show_job(job), leave()} */
export function log_view(id, query, go) {
    const abort = new AbortController();
    let cut = line_cutter();
    let at_end = true, last_top = 0, timer = 0, block = null, count = 0, dropped = 0, last_id = "", attempt_seen = 0;
    const waiting = [], open_lines = new Map();
    const lines = h("div.log-lines");
    const box = h("div.log", { tabindex: 0, role: "log", "aria-label": t("Output of the job"), "aria-live": "off" }, lines);
    const state = h("span.muted.log-state", { role: "status" });
    const earlier = h("p.muted.log-note", { hidden: true });
    const nothing = h("p.log-empty.muted");
    const follow = h("button.button.small", { type: "button", hidden: true, onclick: () => { at_end = true; box.scrollTop = box.scrollHeight; show(follow, false); } }, icon("down_to"), t("To the end"));
    const stream = h("select", { "aria-label": t("Stream"), onchange: (e) => go({ stream: e.target.value === "all" ? "" : e.target.value }) },
        ["all", "stdout", "stderr"].map((s) => h("option", { value: s, selected: (query.get("stream") || "all") === s }, s === "all" ? t("stdout and stderr") : s)));
    const task = h("select", { "aria-label": t("Task"), hidden: true, onchange: (e) => go({ task: e.target.value === "0" ? "" : e.target.value }) });
    const attempt = h("select", { "aria-label": t("Attempt"), hidden: true, onchange: (e) => go({ attempt: e.target.value }) });
    const wrap = h("button.button.small", { type: "button", "aria-pressed": "true", onclick: () => wrap.setAttribute("aria-pressed", String(!box.classList.toggle("no-wrap"))) }, t("Wrap"));
    const save = h("button.button.small", { type: "button", onclick: download }, icon("down_to"), t("Download"));

    box.addEventListener("scroll", () => {
        // Only who scrolls up leaves the end: the height also changes when lines come into view that were never laid out.
        at_end = box.scrollHeight - box.scrollTop - box.clientHeight < 40 || (at_end && box.scrollTop >= last_top);
        last_top = box.scrollTop;
        show(follow, !at_end);
    }, { passive: true });

    function path(more) {
        const wanted = new URLSearchParams({ stream: query.get("stream") || "all", ...more });
        if (query.get("task")) wanted.set("task", query.get("task"));
        if (query.get("attempt")) wanted.set("attempt", query.get("attempt"));
        return `/v1/jobs/${encodeURIComponent(id)}/logs?${wanted}`;
    }

    async function download() {
        try {
            const streams = query.get("stream") && query.get("stream") !== "all" ? [query.get("stream")] : ["stdout", "stderr"];
            for (const name of streams) {
                const blob = await (await api.open(path({ stream: name }))).blob();
                if (blob.size || streams.length === 1) save_blob(blob, `job-${id}.${name}.txt`);
            }
        } catch (error) {
            flash(t`The log could not be read: ${error.message}`, true);
        }
    }

    /** A new line at the end, in a block with others: what is not in view costs one block, not a hundred lines. */
    function line(name) {
        const el = h(LINE_KINDS[name] ?? "div.log-line");
        if (!block || block.childElementCount >= BLOCK_LINES) {
            block?.classList.add("is-full");
            block = h("div.log-block");
            lines.append(block);
        }
        block.append(el);
        count++;
        return el;
    }

    function draw() {
        timer = 0;
        for (const { name, text, is_open } of waiting.splice(0, LINES_AT_ONCE)) {
            if (name === "divider") open_lines.clear();
            const el = open_lines.get(name) ?? line(name);
            el.textContent = text || "\u200b";
            if (is_open) open_lines.set(name, el);
            else open_lines.delete(name);
        }
        while (count > LINES_MAX + BLOCK_LINES) drop(lines.firstChild);
        show(nothing, count === 0);
        show(earlier, dropped > 0);
        say(earlier, t`${format.count(dropped)} earlier lines are not kept here. Download has all of them.`);
        if (at_end) box.scrollTop = box.scrollHeight;
        if (waiting.length) draw_in(0);
    }

    function drop(old) {
        count -= old.childElementCount;
        dropped += old.childElementCount;
        old.remove();
    }

    /** A hidden tab draws no frames, but a timer keeps what waits small there too. */
    const draw_in = (ms) => { timer ||= setTimeout(draw, document.hidden ? HIDDEN_MS : ms); };

    function put_in_line(name, found) {
        for (const text of found.lines) waiting.push({ name, text, is_open: false });
        if (found.open) waiting.push({ name, text: found.open, is_open: true });
        const over = waiting.length - LINES_MAX;
        if (over > 0) dropped += waiting.splice(0, over).length;
        draw_in(PAUSE_MS);
    }

    function heard(event) {
        last_id = event.id || last_id;
        const data = JSON.parse(event.data);
        if (event.name === "end") {
            say(state, t("complete"));
            say(nothing, t("It wrote nothing."));
            box.classList.add("is-over");
            state.classList.remove("is-live");
            abort.abort();
            return;
        }
        if (event.name !== "log") return;
        if (data.attempt !== attempt_seen) {
            // The stream goes on with the next attempt, whose lines begin anew.
            if (attempt_seen) put_in_line("divider", { lines: [t`attempt ${data.attempt}`], open: "" });
            attempt_seen = data.attempt;
            cut = line_cutter();
        }
        put_in_line(data.stream, cut(data.stream, String(data.text)));
    }

    async function run() {
        for (let failures = 0; !abort.signal.aborted;) {
            try {
                await api.events(path(last_id ? { follow: 1 } : { follow: 1, tail: TAIL_BYTES }), {
                    last_id, signal: abort.signal, on_event: heard,
                    on_open() {
                        failures = 0;
                        say(state, t("following"));
                        state.classList.add("is-live");
                    },
                });
                if (abort.signal.aborted) return;
            } catch (error) {
                if (abort.signal.aborted || error.kind === "auth") return;
                if (error.kind === "refused") {
                    say(state, "");
                    say(nothing, error.status === 404 ? t("No output is kept of this.") : error.message);
                    if (error.status !== 503) return;
                }
            }
            state.classList.remove("is-live");
            say(state, t("the stream broke off, trying again"));
            await new Promise((done) => setTimeout(done, PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)]));
        }
    }

    let started = false, choices = "";
    return {
        el: h("div", null, h("div.log-bar", null, stream, task, attempt, wrap, save, state, follow), earlier, h("div.log-frame", null, box, nothing)),
        show_job(job) {
            const attempts = (job.attempts ?? []).map((a) => a.attempt);
            if (choices !== `${job.tasks} ${attempts}`) {
                choices = `${job.tasks} ${attempts}`;
                show(task, job.tasks > 1);
                put(task, Array.from({ length: Math.min(job.tasks, 1024) }, (_, i) => h("option", { value: i, selected: String(i) === (query.get("task") || "0") }, t`task ${i}`)));
                show(attempt, attempts.length > 1);
                put(attempt, h("option", { value: "" }, t("newest attempt")), attempts.map((n) => h("option", { value: n, selected: String(n) === query.get("attempt") }, t`attempt ${n}`)));
            }
            if (started) return;
            if (!attempts.length && job.state === "queued") {
                say(nothing, t("Output appears here once the job runs."));
                box.classList.add("is-idle");
                return;
            }
            started = true;
            box.classList.remove("is-idle");
            say(nothing, t("Nothing written so far."));
            run();
        },
        leave: () => { abort.abort(); clearTimeout(timer); },
    };
}

/** Hand bytes over to the browser's downloads. */
export function save_blob(blob, name) {
    const link = h("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 30000);
}
