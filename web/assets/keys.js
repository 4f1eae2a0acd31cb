// keys.js - the page by keyboard: / searches, g and a letter goes to a view, j and k walk through rows, ? tells all of it.

import { h } from "./dom.js";
import { t } from "./words.js";

const WAIT_MS = 1200; // for the letter after g
const ROWS = "main tbody tr, main .rows > li, main .notices.attention li";

const is_typing = (element) => element?.matches?.("input, select, textarea, [contenteditable]");

function help(tabs) {
    const keys = [["/", t("search")], ...tabs.filter(([, , , key]) => key).map(([, , text, key]) => [`g ${key}`, text]), ["j", t("next row")], ["k", t("row before")], ["Enter", t("open the row")], ["[", t("page before")], ["]", t("next page")], ["?", t("this list")]];
    const close = h("button.button", { type: "button", onclick: () => dialog.close() }, t("Close"));
    const dialog = h("dialog.keys", { "aria-label": t("Keys") }, h("h2", null, t("Keys")), h("dl.key-list", null, keys.map(([key, words]) => h("div", null, h("dt", null, key.split(" ").map((one) => h("kbd", null, one))), h("dd", null, words)))), h("div.dialog-buttons", null, close));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
}

/** The link of the next row that has one. */
function walk(step) {
    const links = [...document.querySelectorAll(ROWS)].filter((row) => row.checkVisibility()).map((row) => row.querySelector("a[href]")).filter(Boolean);
    const here = links.findIndex((link) => link.closest(ROWS) === document.activeElement?.closest?.(ROWS));
    const next = links[here < 0 ? (step > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, here + step))];
    next?.focus({ preventScroll: true });
    next?.closest(ROWS).scrollIntoView({ block: "nearest" });
}

/** Press the visible button of the pages. */
const turn = (back) => [...document.querySelectorAll("main .pages button")].find((button) => button.checkVisibility() && (button.dataset.turn === "back") === back)?.click();

/** tabs() -> [[name, address, words, key]...] of the views that this reader has. */
export function keys({ tabs, find, signed_in }) {
    let went = 0;
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || is_typing(event.target) || document.querySelector("dialog[open]") || !signed_in()) return;
        const soon = event.timeStamp - went < WAIT_MS;
        went = 0;
        const tab = soon && tabs().find(([, , , key]) => key === event.key);
        if (tab) location.hash = tab[1];
        else if (event.key === "g") went = event.timeStamp;
        else if (event.key === "/") find();
        else if (event.key === "?") help(tabs());
        else if (event.key === "j" || event.key === "k") walk(event.key === "j" ? 1 : -1);
        else if (event.key === "[" || event.key === "]") turn(event.key === "[");
        else return;
        event.preventDefault();
    });
}
