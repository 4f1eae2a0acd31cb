// api.js - requests to the service that served this page: token, problem documents, event streams.
//
// Errors thrown are ApiError: `kind` says what the page can do about it
//   "auth"    nobody is signed in, or the token is no longer good
//   "lost"    the service did not answer
//   "refused" the service said no, and why

import { t } from "./words.js";

const KEY = "fastgpu.token";
const PATIENCE_MS = 20000;

let skew_ms = 0; // clock of the service minus clock of this machine
let on_auth = () => {};

export class ApiError extends Error {
    constructor(kind, message, status = 0, code = "") {
        super(message);
        this.kind = kind;
        this.status = status;
        this.code = code;
    }
}

/** Now, by the clock of the service, in milliseconds. */
export const now = () => Date.now() + skew_ms;

export const token = () => sessionStorage.getItem(KEY) ?? "";
export function keep_token(text) {
    if (text) sessionStorage.setItem(KEY, text);
    else sessionStorage.removeItem(KEY);
}

/** Called when a request was refused for want of a good token. */
export function when_unauthorised(callback) {
    on_auth = callback;
}

function headers(more) {
    const all = { ...more };
    if (token()) all.Authorization = `Bearer ${token()}`;
    return all;
}

async function refusal(response) {
    let problem = {};
    try {
        problem = await response.json();
    } catch {
        // not a problem document: the status has to do
    }
    const text = problem.detail || problem.title || t`the service answered ${response.status}`;
    if (response.status === 401) {
        on_auth(text);
        return new ApiError("auth", text, 401, problem.code);
    }
    return new ApiError("refused", text, response.status, problem.code);
}

async function send(path, options, patience_ms) {
    const late = patience_ms ? AbortSignal.timeout(patience_ms) : null;
    const signals = [late, options.signal].filter(Boolean);
    let response;
    try {
        response = await fetch(path, {
            ...options,
            headers: headers(options.headers),
            cache: "no-store",
            credentials: "omit",
            signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
        });
    } catch (error) {
        if (options.signal?.aborted) throw error;
        throw new ApiError("lost", late?.aborted ? t("the service takes too long to answer") : t("the service does not answer"));
    }
    if (!response.ok && response.status !== 304) throw await refusal(response);
    return response;
}

/** GET a JSON document. */
export async function get(path, signal) {
    const response = await send(path, { signal }, PATIENCE_MS);
    const sent = Date.parse(response.headers.get("Date") ?? "");
    // The header counts whole seconds: believe it only where the difference matters.
    if (Number.isFinite(sent)) skew_ms = Math.abs(sent - Date.now()) > 3000 ? sent - Date.now() : 0;
    try {
        return await response.json();
    } catch {
        throw new ApiError("lost", t("the answer of the service broke off"));
    }
}

/** GET a JSON document unless it is still the one with this ETag: {etag, body}, body null if it is. */
export async function get_if_changed(path, etag, signal) {
    const response = await send(path, { signal, headers: etag ? { "If-None-Match": etag } : {} }, PATIENCE_MS);
    if (response.status === 304) return { etag, body: null };
    try {
        return { etag: response.headers.get("ETag") ?? "", body: await response.json() };
    } catch {
        throw new ApiError("lost", t("the answer of the service broke off"));
    }
}

/** POST a JSON document; null: nothing, for deeds that take no body. */
export async function post(path, body = {}) {
    const content = body === null ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const response = await send(path, { method: "POST", ...content }, PATIENCE_MS);
    return response.json();
}

/** The raw response, for downloads. */
export const open = (path, signal) => send(path, { signal }, 0);

// A page that is put away (back and forward) must not keep its connections: the browser allows six.
const streams = new Set();
window.addEventListener("pagehide", () => streams.forEach((each) => each.abort()));

/**
 * Read server-sent events until the stream ends or `signal` aborts.  on_event({name, data, id}).
 * Throws ApiError; returns when the service ends the stream.
 */
export async function events(path, { last_id, signal, on_open, on_event }) {
    const away = new AbortController();
    streams.add(away);
    try {
        const response = await send(path, {
            signal: AbortSignal.any([signal, away.signal]),
            headers: { Accept: "text/event-stream", ...(last_id ? { "Last-Event-ID": last_id } : {}) },
        }, 0);
        on_open?.();
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        const parse = event_parser(on_event);
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) parse(piece.value);
    } catch (error) {
        if (signal.aborted || error instanceof ApiError) throw error;
        throw new ApiError("lost", t("the connection broke off"));
    } finally {
        streams.delete(away);
        away.abort(); // also when a reader of events threw: nothing may stay open
    }
}

/** Bytes to events, by the rules of the HTML standard (the parts that a server of ours can send). */
export function event_parser(on_event) {
    let rest = "", name = "", data = [], id = "";
    return (text) => {
        const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
        rest = lines.pop();
        for (const line of lines) {
            if (line === "") {
                if (data.length) on_event({ name: name || "message", data: data.join("\n"), id });
                name = "";
                data = [];
                continue;
            }
            const colon = line.indexOf(":");
            if (colon === 0) continue;
            const field = colon < 0 ? line : line.slice(0, colon);
            const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
            if (field === "event") name = value;
            else if (field === "data") data.push(value);
            else if (field === "id") id = value;
        }
    };
}
