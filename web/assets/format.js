// format.js - numbers as people read them.  Pure: value in, text out; unknown values become "–".

import { language, t } from "./words.js";

const NONE = "–";
export const NUMBERS = language === "zh" ? "zh-CN" : "en-US", DATES = language === "zh" ? "zh-CN" : "en-GB";
const whole = new Intl.NumberFormat(NUMBERS, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(NUMBERS, { maximumFractionDigits: 2 });
const clock = new Intl.DateTimeFormat(DATES, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat(DATES, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(DATES, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const calendar_day = new Intl.DateTimeFormat(DATES, { day: "numeric", month: "short" });
const one = new Intl.NumberFormat(NUMBERS, { maximumFractionDigits: 1 });
const full = new Intl.DateTimeFormat(DATES, { dateStyle: "medium", timeStyle: "long" });

export const known = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;

export const count = (value) => (known(value) ? whole.format(value) : NONE);

/** A number that need not be whole: "12.4"; small ones keep two digits. */
export const amount = (value) => (known(value) ? (value < 10 ? short : one).format(value) : NONE);

/** "1 job", "2 jobs". */
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${language === "zh" ? t(one) : n === 1 ? one : many}`;

/** Thousandths: 500 -> "0.5", 8000 -> "8". */
export const milli = (value) => (known(value) ? short.format(value / 1000) : NONE);

export const percent = (part, all) => (known(part) && all > 0 ? `${whole.format((100 * part) / all)} %` : NONE);

export function mib(value) {
    if (!known(value)) return NONE;
    if (value < 1024) return `${whole.format(value)} MiB`;
    const gib = value / 1024;
    if (gib < 1000) return `${gib < 10 ? short.format(Math.round(gib * 10) / 10) : whole.format(gib)} GiB`;
    return `${short.format(Math.round((gib / 1024) * 10) / 10)} TiB`;
}

export function bytes(value) {
    if (!known(value)) return NONE;
    if (value < 1024) return `${whole.format(value)} B`;
    if (value < 1024 * 1024) return `${short.format(Math.round(value / 102.4) / 10)} KiB`;
    return mib(value / 1048576 < 10 ? Math.round(value / 104857.6) / 10 : value / 1048576);
}

/** Seconds in two units at most: "850 ms", "12 s", "3 min 12 s", "2 h 5 min", "3 d 4 h". */
export function duration(seconds) {
    if (!known(seconds)) return NONE;
    if (seconds < 1 && seconds > 0) return t`${Math.max(1, Math.round(seconds * 1000))} ms`;
    if (seconds < 10) return `${short.format(Math.floor(seconds * 10) / 10)} ${t("s")}`;
    const s = Math.floor(seconds);
    if (s < 60) return `${s} ${t("s")}`;
    if (s < 3600) return two(Math.floor(s / 60), "min", s % 60, "s");
    if (s < 86400) return two(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
    return two(Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h");
}

/** For text that ticks: whole seconds only, so that it does not flicker. */
export const ticking = (seconds) => (known(seconds) ? (seconds < 1 ? t("0 s") : duration(Math.floor(seconds))) : NONE);

const two = (a, unit_a, b, unit_b) => (b ? `${a} ${t(unit_a)} ${b} ${t(unit_b)}` : `${a} ${t(unit_a)}`);

/** Micro-dollars: "$1.20", "$0.0004"; never rounded to nothing. */
export function money(uusd) {
    if (!known(uusd)) return NONE;
    const usd = uusd / 1e6;
    const digits = usd === 0 || usd >= 1 ? 2 : usd >= 0.01 ? 3 : 6;
    return `$${usd.toLocaleString(NUMBERS, { minimumFractionDigits: 2, maximumFractionDigits: digits })}`;
}

/** Dollars, as plans count: "$1,156,206". */
export const dollars = (usd) => (known(usd) ? (usd === 0 || usd >= 100 ? `$${whole.format(usd)}` : money(usd * 1e6)) : NONE);

/** What an hour costs: "$2.49/h". */
export const hourly = (uusd) => (known(uusd) ? t`${money(uusd)}/h` : NONE);

/** A moment in milliseconds, or NaN. */
export const moment = (iso) => (iso ? Date.parse(iso) : NaN);

export const time = (ms) => (Number.isFinite(ms) ? clock.format(ms) : NONE);
export const hour = (ms) => (Number.isFinite(ms) ? minute.format(ms) : NONE);
export const date = (ms) => (Number.isFinite(ms) ? day.format(ms) : NONE);
export const calendar = (ms) => (Number.isFinite(ms) ? calendar_day.format(ms) : NONE);
export const exact = (ms) => (Number.isFinite(ms) ? full.format(ms) : NONE);

export function ago(ms, now) {
    if (!Number.isFinite(ms)) return NONE;
    const s = (now - ms) / 1000;
    if (s < 5) return t("just now");
    if (s < 60) return t`${Math.floor(s)} s ago`;
    if (s < 3600) return t`${Math.floor(s / 60)} min ago`;
    if (s < 86400) return t`${Math.floor(s / 3600)} h ago`;
    return date(ms);
}

const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
/** Sentences of the service name moments in UTC: here they are those of the reader's clock. */
export const prose = (text, now = Date.now()) => String(text ?? "").replace(MOMENT, (iso) => (Math.abs(Date.parse(iso) - now) < 43200000 ? time : date)(Date.parse(iso)));

/** The state of a job as a word. */
export const state = (name) => t(String(name ?? "").replaceAll("_", " "));
