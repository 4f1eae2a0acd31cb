// map_theme.js - the colours of canvases follow the theme: {colours(), stop()}; `repaint` is called when they have changed.

import { palette } from "./map_sprites.js";

export function map_theme(repaint) {
    let kept = null;
    const forget = () => { kept = null; repaint(); };
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", forget);
    const theme = new MutationObserver(forget);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return {
        colours: () => (kept ??= palette()),
        stop: () => { theme.disconnect(); dark.removeEventListener("change", forget); },
    };
}
