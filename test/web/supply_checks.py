"""supply_checks.py - checks of the views of supply, forecast, plan and cost, for page_test.py."""
import os

from fake_api import HOSTILE
from sizes import look


# Checks of both: a fresh service has no orders or plans, and says what to do -----------------------

def views_of_supply_open(page):
    """Each view is there, in every size, in light and dark, with contrast and names."""
    b = page.b
    problems = []
    page.open()
    views = [("map", "#/pool", "Group by"), ("projects", "#/projects", "Fair share"), ("energy", "#/energy", "Energy"), ("learned", "#/learned", "Classes of jobs"), ("events", "#/events", "What happened"), ("alerts", "#/alerts", "Alerts"), ("efficiency", "#/efficiency", "Utilisation"), ("tuning", "#/tuning", "Tuning"), ("supply", "#/supply", "Offers"), ("forecast", "#/forecast", "Forecast"), ("plans", "#/plans", "Plans"), ("cost", "#/cost", "Cost")]
    if page.service.kind == "fake":
        views += [("plan", "#/plans/3", "Supply against"), ("order", "#/orders/4", "Story"), ("offer", "#/offers/2", "Price over time"), ("cost-by-day", "#/cost?by=day", "Cost")]
    for name, path, sign in views:
        page.at(path)
        b.see(sign, "main")
        b.wait(lambda: b.count("main tbody tr, main .empty:not([hidden]), main dd, main canvas, main .alert") > 0, "content")
        b.wait(lambda: not b.js("return [...document.querySelectorAll('main .problem')].some((e) => e.checkVisibility())"), f"{name}: no word of trouble")
        problems += look(page, name)
    assert not problems, "\n".join(problems[:12])


def offers_are_filtered_by_the_address(page):
    b = page.b
    page.open("#/supply")
    b.see("Offers", "main")
    b.wait(lambda: b.count("table.sheet a[href^='#/offers/']") > 3, "offers")
    field = b.find("input[name=accelerator]")
    field.send_keys("l40s\n")
    b.wait(lambda: "accelerator=l40s" in b.driver.current_url, "the filter in the address")
    rows = "[...document.querySelectorAll('main a[href^=\"#/offers/\"]')].map((a) => a.closest('tr').innerText)"
    b.wait(lambda: b.js(f"const all = {rows}; return all.length > 0 && all.every((t) => /l40s/i.test(t))"), "only what was asked for")
    b.wait(lambda: b.click("a[href^='#/offers/']"), "the offer, once panels above it have come")
    b.see("A device", ".facts")
    page.at("#/supply?accelerator=nobody-has-this")
    b.see("No offer is like that")


def clusters_and_their_links_are_one_picture(page):
    b = page.b
    page.open("#/supply")
    b.see("berlin", "main")
    b.wait(lambda: b.count("main .site-map .site-dot") == 3 and b.count("main .site-map .site-link") == 3, "three sites and three links")
    b.see("silent", "main")


def what_is_not_there_is_said(page):
    for path in ("#/orders/99999", "#/plans/99999", "#/offers/99999999"):
        page.open(path)
        page.b.wait(lambda: page.b.js("return [...document.querySelectorAll('main .problem')].some((e) => e.checkVisibility())"), f"a word about {path}")
    page.b.drain_logs()  # the browser itself notes each 404


def a_plan_is_rejected_with_a_remark(page):
    b = page.b
    id = page.service.plan()
    page.open("#/plans")
    b.find(f"a[href='#/plans/{id}']").click()
    b.see("Under review", "main")
    b.wait(lambda: b.count("main path.layer") > 0 and b.count("main path.band.ink") > 0, "supply against the forecast")
    b.shot(f"{page.service.kind}-plan-of-now")
    b.js("for (const each of document.querySelectorAll('details')) each.open = true")
    b.wait(lambda: b.count("main .as-table tbody tr") >= 48 or page.service.kind == "fake", "the periods as a table")
    b.button("Reject").click()
    b.find("dialog input[name=remark]").send_keys("<b>too dear</b>")
    b.button("Reject the plan", "dialog button").click()
    b.see("rejected", ".page-head")
    b.see("<b>too dear</b>", ".facts")
    assert b.count(".deeds button") == 0, "nothing is left to decide"


# Checks of the fake alone -------------------------------------------------------------------------

def a_plan_is_decided_with_a_question(page):
    b = page.b
    page.open("#/plans")
    b.find("a[href='#/plans/3']").click()
    b.see("Under review", "main")
    b.see("would have to be $0.21 cheaper", "main")
    b.see("The largest share of north binds", "main")
    b.see("may wait for up to 2 d: 36 device-hours are put off, most in period 2.", "main")
    b.wait(lambda: b.count("main path.layer") >= 6 and b.count("main path.band") >= 3, "supply is stacked against the band")
    b.button("Approve").click()
    b.see("Nothing is bought until it is applied", "dialog")
    b.button("Keep as it is", "dialog button").click()
    assert page.service.world.supply.plans["3"]["state"] == "draft", "a question alone decides nothing"
    b.button("Approve").click()
    b.find("dialog input[name=remark]").send_keys("<i>as discussed</i>")
    b.button("Approve the plan", "dialog button").click()
    b.see("approved", ".page-head")
    b.see("<i>as discussed</i>", ".facts")
    b.button("Apply").click()
    b.button("Make the orders", "dialog button").click()
    b.see("applied", ".page-head")
    assert page.service.world.supply.plans["3"]["state"] == "applied"
    assert b.count(".deeds button") == 0, "nothing is left to decide"


def an_order_shows_its_life(page):
    b = page.b
    page.open("#/supply")
    b.see("to approve", "main")
    b.button("to approve", ".segment").click()
    b.wait(lambda: b.count("main a[href^='#/orders/']") == 1, "the one that waits")
    b.find("a[href='#/orders/6']").click()
    b.see("planned", ".life")
    b.button("Cancel order").click()
    b.button("Cancel the order", "dialog button").click()
    b.see("cancelled", ".page-head")
    page.at("#/orders/4")
    b.see("after 4 h", ".life")
    b.see("accepted", "main")
    assert b.count(".life-step.done") == 5, b.text(".life")


def a_forecast_is_drawn_and_told(page):
    b = page.b
    page.open("#/forecast")
    b.see("31.4 % better", "main")
    b.wait(lambda: b.count("main path.band") == 6 and b.count("main line.now") == 3, "two bands and a mark of now for each of three classes")
    b.js("document.querySelector('.as-table summary').click()")
    b.wait(lambda: b.count(".as-table[open] tbody tr") == 24, "24 hours as a table")
    b.button("a week", ".segment").click()
    b.wait(lambda: "horizon=168" in b.driver.current_url, "the horizon in the address")


def a_viewer_buys_nothing(page):
    b = page.b
    for path, sign in (("#/plans/3", "Expected cost"), ("#/orders/6", "Supplier"), ("#/supply", "Offers")):
        page.open(path, token="fgpu_fake-viewer")
        b.see(sign, "main")
        assert b.count(".deeds button") == 0
    assert "Why " not in b.text("main"), "scores of suppliers are for operators"


def hostile_names_of_suppliers_stay_text(page):
    b = page.b
    page.open()
    for path in ("#/supply", "#/orders/2", "#/offers/7", "#/forecast", "#/plans", "#/plans/3", "#/cost?by=user", "#/cost?by=job", "#/energy", "#/learned", "#/alerts", "#/efficiency", "#/tuning", "#/events"):
        page.at(path)
        b.see(HOSTILE[:20], "main")
        b.js("for (const each of document.querySelectorAll('details')) each.open = true")
        assert b.count("main img") == 0 and b.count("main script") == 0, f"{path}: an element came out of a text"
        assert b.js("return document.title") != "owned"


def cost_goes_to_a_file(page):
    b = page.b
    page.open("#/cost")
    b.see("$3,922.11 of $6,000.00", "main")
    b.see("its jobs are stopped", "main")
    b.button("FOCUS 1.2 as CSV").click()
    b.wait(lambda: any(name.startswith("focus-") and name.endswith(".csv") for name in os.listdir(page.downloads)), "the file")


def the_fake_answers_as_the_specification_says(page):
    """So that what is checked against the fake means something for the real service."""
    try:
        import jsonschema
        import yaml
    except ImportError:
        print("# SKIP of the comparison with openapi.yaml: python3-jsonschema or python3-yaml is not installed")
        return
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "api", "openapi.yaml"), encoding="utf-8") as file:
        spec = yaml.safe_load(file)
    supply = page.service.world.supply
    asked = [("offers", "/v1/offers"), ("offers/2", "/v1/offers/{id}"), ("offers/2/history", "/v1/offers/{id}/history"), ("suppliers", "/v1/suppliers"), ("supplier-ranking", "/v1/supplier-ranking"), ("orders", "/v1/orders"),
             *((f"orders/{id}", "/v1/orders/{id}") for id in supply.orders), ("forecast", "/v1/forecast"), ("plans", "/v1/plans"), ("plans/3", "/v1/plans/{id}"), ("cost", "/v1/cost"), ("energy", "/v1/energy"), ("learned", "/v1/learned"), ("report", "/v1/report"), ("supplier-status", "/v1/supplier-status"), ("links", "/v1/links"), *((name, f"/v1/{name}") for name in ("alerts", "findings", "utilisation", "proposals", "publish"))]
    for path, operation in asked:
        schema = spec["paths"][operation]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        found = jsonschema.Draft202012Validator({**schema, "components": spec["components"]}).iter_errors(page.service.world.judge.find(path.split("/"), {}) or supply.find(path.split("/"), {}))
        wrong = [f"{path}: {list(e.absolute_path)}: {e.message}" for e in found if e.validator != "pattern"]  # hostile names are worse than any that the service lets in
        assert not wrong, "\n".join(wrong[:6])


BOTH = [views_of_supply_open, offers_are_filtered_by_the_address, a_plan_is_rejected_with_a_remark, what_is_not_there_is_said]
FAKE = [clusters_and_their_links_are_one_picture, the_fake_answers_as_the_specification_says, a_viewer_buys_nothing, a_forecast_is_drawn_and_told, hostile_names_of_suppliers_stay_text, cost_goes_to_a_file, an_order_shows_its_life, a_plan_is_decided_with_a_question]

# What is computed, without a page: [module, expression over its exports as m, expected].
UNITS = [
    ["outlook", "[0, 0.4, 58, 1600, 100].map((v) => m.scale(v).top)", [1, 0.4, 60, 2000, 100]],
    ["outlook", "m.stack(0, 10, [{name: 'a', values: [1, 2]}, {name: 'b', values: [3, null]}]).map((s) => s.points)", [[[0, 0, 1], [10, 0, 1], [10, 0, 2], [20, 0, 2]], [[0, 1, 4], [10, 1, 4], [10, 2, 2], [20, 2, 2]]]],
    ["plan_words", "m.total_demand({forecasts: [{periods: [[1, 0, 2], [3, 2, 4]]}, {periods: [[10, 9, 11]]}]})", [[11, 9, 13], [3, 2, 4]]],
    ["plan_words", "m.waiting({class: 'h100', share: 0.125, wait_hours: 6, put_off: [0, 0], unit_hours_put_off: 0})", "12.5 % of h100 may wait for up to 6 h: nothing is put off, nothing would be saved."],
    ["plan_words", "m.bind({limit: 'may_wait', class: 'h100', wait_hours: 6, gain: 118})", "What may wait of h100 for up to 6 h binds: one point more would save $118."],
    ["plan_words", "m.bind({limit: 'capacity', supplier: 's', instance_type: 'i', gain: 118})", "What s has of i binds: one instance more would save $118."],
    ["view_forecast", "[m.verdict({origins: 3, wape: 0.1, naive_wape: 0.2, coverage80: 0.8}), m.verdict({origins: 0, wape: null})]",
     ['Tried on the past from 3 moments: wrong by 10 % of what was asked, 50 % better than "all stays as it is" (20 %); the 80 % band held 80 % of the time.', "The past is too short to say how good this is."]],
    ["offers_panel", "m.request(new URLSearchParams('accelerator=h100&most=2.5&evil=1'))", "/v1/offers?accelerator=h100&max_uusd_per_device_hour=2500000&sort=price&limit=25"],
    ["format", "[m.dollars(1156206.15), m.dollars(0.21), m.dollars(500), m.hourly(2490000), m.amount(3.14159)]", ["$1,156,206", "$0.21", "$500", "$2.49/h", "3.14"]],
]
