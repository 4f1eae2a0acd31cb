// theme.js - dark or light: as the system has it, until somebody chooses.  Kept for this browser.

import { h, icon, put } from "./dom.js";
import { t } from "./words.js";

const KEY = "fastgpu.theme";
const CHOICES = { "": ["auto", t("as the system has it")], light: ["sun", "light"], dark: ["moon", "dark"] };

function chosen() {
    const kept = localStorage.getItem(KEY) ?? "";
    return kept in CHOICES ? kept : "";
}

function apply() {
    const choice = chosen();
    if (choice) document.documentElement.dataset.theme = choice;
    else delete document.documentElement.dataset.theme;
}

/** Goes round: system, light, dark. */
export function theme_button() {
    const button = h("button.icon-button", { type: "button" });
    const draw = () => {
        const [sign, word] = CHOICES[chosen()], words = t(word);
        put(button, icon(sign));
        button.setAttribute("aria-label", t`Colours: ${words}. Change`);
        button.title = t`Colours: ${words}`;
    };
    button.addEventListener("click", () => {
        const order = Object.keys(CHOICES);
        localStorage.setItem(KEY, order[(order.indexOf(chosen()) + 1) % order.length]);
        apply();
        draw();
    });
    draw();
    return button;
}

apply();
