// view_signin.js - asks for a token, tries it, keeps it for this tab.

import * as api from "./api.js";
import { h, say, show } from "./dom.js";
import { command } from "./parts.js";
import { t } from "./words.js";

const SHAPE = /^[\x21-\x7e]{8,200}$/;

/** Calls back with who it is once a token is good. */
export function sign_in({ why, done }) {
    const input = h("input", { id: "token", type: "password", name: "token", autocomplete: "off", spellcheck: "false", autocapitalize: "off", "aria-describedby": "token-problem", placeholder: "fgpu_…", maxlength: 200 });
    const problem = h("p.problem", { id: "token-problem", role: "alert" }, why ?? "");
    const button = h("button.button.primary", { type: "submit" }, t("Sign in"));
    const reveal = h("button.button.small", { type: "button", "aria-pressed": "false", onclick: () => {
        input.type = input.type === "password" ? "text" : "password";
        reveal.setAttribute("aria-pressed", String(input.type === "text"));
    } }, t("Show"));
    show(problem, why);

    const refuse = (text) => {
        say(problem, text);
        show(problem, true);
        input.setAttribute("aria-invalid", "true");
        input.focus();
    };

    async function submit(event) {
        event.preventDefault();
        const text = input.value.trim();
        if (!SHAPE.test(text)) return refuse(text ? t("A token is one word that begins with fgpu_.") : t("Type or paste a token first."));
        button.disabled = true;
        api.keep_token(text);
        try {
            done(await api.get("/v1/whoami"));
        } catch (error) {
            api.keep_token("");
            refuse(error.kind === "auth" ? t("This token is not known, or it has expired or was revoked.") : t`It could not be tried: ${error.message}.`);
        }
        button.disabled = false;
        return undefined;
    }

    const el = h("div.sign-in", null,
        h("section.sign-card", { "aria-labelledby": "sign-title" },
            h("img.sign-mark", { src: "/assets/icon.svg", alt: "", width: 48, height: 48 }),
            h("h1", { id: "sign-title" }, t("Sign in to FastGPU")),
            h("p.muted", null, t("This service asks for a token over TCP. It is kept in this tab only and forgotten when you close it.")),
            h("form", { onsubmit: submit }, h("label", { for: "token" }, t("Token")), h("div.token-line", null, input, reveal), problem, button),
            h("div.sign-help", null, h("h2", null, t("No token at hand?")),
                h("p.muted", null, t("On the machine where the service runs, this prints an address that signs you in:")), command("fastgpu open"),
                h("p.muted", null, t("An administrator makes one for somebody else:")), command("fastgpu token create --user NAME --role member"))));
    return { el, title: t("Sign in"), leave() {}, focus: () => input.focus() };
}
