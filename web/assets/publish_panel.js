// publish_panel.js - who is told of events, and how far each has come; a test for each.

import * as api from "./api.js";
import { h, say, show } from "./dom.js";
import * as format from "./format.js";
import { panel, table, watching } from "./panels.js";
import { badge, empty, flash } from "./parts.js";
import { t } from "./words.js";

function test_button(sink) {
    const button = h("button.button.small", { type: "button", "aria-label": t`Send a test to ${sink.name}`, onclick: async () => {
        button.disabled = true;
        try {
            await api.post(`/v1/publish/${encodeURIComponent(sink.name)}/test`);
            flash(t`${sink.name} has taken the test.`);
        } catch (error) {
            flash(`${sink.name}: ${error.message}`, true);
        }
        button.disabled = false;
    } }, t("Test"));
    return button;
}

/** {el, stop} */
export function publish_panel() {
    const sheet = table(t("Where events go"), [t("Name"), t("Protocol"), t("Where"), t("State"), `#${t("Sent")}`, `#${t("Waiting")}`, `#${t("Dropped")}`, `#${t("Retries")}`, t("Last sent"), t("Last error"), ""], (sink) => sink.name, (sink) => [
        h("b", null, sink.name), sink.kind, sink.where, badge(sink.state).el, format.count(sink.sent), format.count(sink.waiting), format.count(sink.dropped), format.count(sink.retries), format.date(format.moment(sink.last_sent_at)), sink.last_error ?? "", test_button(sink)]);
    const none = empty(t("Events are told to nobody else."), t("Kafka, webhooks, syslog and the journal are named in the configuration, under “publish”."));
    show(none, false);
    const { el, aside } = panel(t("Where events go"), none, sheet.el);
    const watch = watching({
        topics: ["publish"], every_ms: 5000,
        async run(signal) {
            const items = (await api.get("/v1/publish", signal)).items ?? [];
            sheet.update(items);
            show(sheet.el, items.length);
            show(none, !items.length);
            say(aside, items.length ? t("at least once each, in their order") : "");
        },
    });
    el.append(watch.el);
    return { el, stop: watch.stop };
}
