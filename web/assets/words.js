// words.js - the page in the reader's language.  English stands where it is used and is the key of the other tables.
//
//     t("Queue")                     "队列"
//     t`${n} of ${all} devices`      by the key "{0} of {1} devices"
//
// What the service says (reasons, notices) and what people named stays as it is.

const KEY = "fastgpu.language";
export const LANGUAGES = { en: "English", zh: "中文" };

const kept = localStorage.getItem(KEY);
const wished = (navigator.languages ?? [navigator.language]).map((tag) => String(tag).slice(0, 2)).find((tag) => tag in LANGUAGES);

export const language = kept in LANGUAGES ? kept : wished ?? "en";
document.documentElement.lang = language === "zh" ? "zh-Hans" : language;

const table = language === "zh" ? (await import("./words_zh.js")).zh : {}; // English needs none

/** A text, or a template with values, in the reader's language.  "#Cost" is the head of a column of numbers (panels.js). */
export function t(text, ...values) {
    if (typeof text === "string" && text.startsWith("#")) return `#${t(text.slice(1))}`;
    const key = typeof text === "string" ? text : text.reduce((sum, part, i) => `${sum}{${i - 1}}${part}`);
    const found = table[key] ?? key;
    return values.length ? found.replace(/\{(\d+)\}/g, (_, i) => String(values[i] ?? "")) : found;
}

/** Another language: texts are made once, so the page begins anew. */
export function choose_language(name) {
    localStorage.setItem(KEY, name);
    location.reload();
}
