// live.js - keeps what is shown true: one event stream tells what changed, views fetch that again.
//
//     /v1/events --kind--> topics --dirty--> watches --fetch, throttled--> views
//
// A watch runs at once (unless it waits for its first dirty()), again when one of its topics changed (not sooner than `least_ms` after the last
// run), and after `every_ms` at the latest.  Never twice at a time.  A hidden tab sleeps: browsers allow
// six connections to one server, and streams of forgotten tabs would use them up.

import * as api from "./api.js";
import { t } from "./words.js";

const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
const HIDDEN_MS = 15000;
const SILENT_MS = 60000;

const watches = new Set();
const listeners = new Set();
const status = { state: "connecting", retry_at: 0, why: "" };

let stream = null; // AbortController of the stream under way
let pause_timer = 0, silence_timer = 0, hidden_timer = 0;
let failures = 0;
let last_id = "";
let running = false;

/** Which topics an event touches. */
function topics_of(kind, job) {
    if (job) return ["jobs", `job:${job}`, "nodes", kind.split(".")[0]];
    if (kind.startsWith("node.")) return ["nodes"];
    return [kind.split(".")[0]];
}

function tell(state, why = "", retry_at = 0) {
    Object.assign(status, { state, why, retry_at });
    for (const listener of listeners) listener(status);
}

/** Follow the state of the connection: "connecting", "live", "lost". */
export function on_status(listener) {
    listeners.add(listener);
    listener(status);
}

export function touch(...topics) {
    for (const watch of watches) if (topics.some((topic) => watch.topics.includes(topic))) watch.dirty();
}

export function watch({ topics = [], every_ms = 15000, least_ms = 1000, at_once = true, run }) {
    const abort = new AbortController();
    let timer = 0, busy = false, wanted = false, last = -Infinity;
    const plan = (delay) => {
        clearTimeout(timer);
        if (!abort.signal.aborted) timer = setTimeout(go, delay);
    };
    async function go() {
        if (abort.signal.aborted || !running) return;
        if (document.hidden && last > 0) { wanted = true; return; }
        busy = true;
        wanted = false;
        last = performance.now();
        try {
            await run(abort.signal);
        } catch (error) {
            if (!abort.signal.aborted) failed(error);
        }
        busy = false;
        plan(wanted ? rest() : every_ms);
    }
    const rest = () => Math.max(0, last + least_ms - performance.now());
    const self = {
        topics,
        dirty() {
            if (!wanted && !busy) plan(rest());
            wanted = true;
        },
        wake() {
            if (!busy) plan(wanted ? 0 : rest());
        },
        stop() {
            watches.delete(self);
            clearTimeout(timer);
            abort.abort();
        },
    };
    watches.add(self);
    if (at_once) go();
    return self;
}

function failed(error) {
    if (!(error instanceof api.ApiError)) {
        console.error(error);
        return;
    }
    if (error.kind === "lost") lost(error.message);
}

function lost(why) {
    if (!running) return;
    stream?.abort();
    stream = null;
    clearTimeout(silence_timer);
    const pause = PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)] * (0.8 + 0.4 * Math.random());
    clearTimeout(pause_timer);
    pause_timer = setTimeout(connect, pause);
    tell("lost", why, Date.now() + pause);
}

/** A stream that says nothing may be dead: ask whether the service is still there. */
function expect_sound() {
    clearTimeout(silence_timer);
    silence_timer = setTimeout(async () => {
        try {
            await api.get("/v1/whoami");
            expect_sound();
        } catch (error) {
            failed(error);
        }
    }, SILENT_MS);
}

async function connect() {
    clearTimeout(pause_timer);
    if (!running || stream) return;
    const mine = new AbortController();
    stream = mine;
    try {
        await api.events("/v1/events", { last_id, signal: mine.signal, on_open: connected, on_event: heard });
        if (stream === mine) {
            stream = null;
            lost(t("the service closed the connection"));
        }
    } catch (error) {
        if (stream !== mine) return;
        stream = null;
        if (error.kind === "auth") stop();
        else lost(error.message);
    }
}

function connected() {
    const again = status.state === "lost";
    failures = 0;
    tell("live");
    expect_sound();
    if (again) for (const each of watches) each.dirty();
}

function heard(event) {
    last_id = event.id || last_id;
    expect_sound();
    let data = {};
    try {
        data = JSON.parse(event.data);
    } catch {
        return; // not for us
    }
    const kind = String(data.kind ?? event.name);
    const job = data.job && data.job !== "0" ? String(data.job) : "";
    touch(...topics_of(kind, job));
}

export function start() {
    running = true;
    failures = 0;
    tell("connecting");
    connect();
}

export function stop() {
    running = false;
    clearTimeout(pause_timer);
    clearTimeout(silence_timer);
    stream?.abort();
    stream = null;
    last_id = "";
    tell("connecting");
}

/** Try at once. */
export function hurry() {
    if (status.state === "lost") {
        tell("connecting");
        connect();
        for (const each of watches) each.wake();
    }
}

document.addEventListener("visibilitychange", () => {
    clearTimeout(hidden_timer);
    if (!running) return;
    if (document.hidden) {
        hidden_timer = setTimeout(() => {
            stream?.abort();
            stream = null;
        }, HIDDEN_MS);
        return;
    }
    if (!stream) connect();
    for (const each of watches) each.wake();
});
window.addEventListener("online", hurry);

// One clock for everything that ticks.
const tickers = new Set();
setInterval(() => {
    if (!document.hidden) for (const each of tickers) each();
}, 1000);

/** Call back once a second; returns how to stop. */
export function every_second(callback) {
    tickers.add(callback);
    return () => tickers.delete(callback);
}
