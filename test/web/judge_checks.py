"""judge_checks.py - checks of alerts, waste, proposals and where events go, for page_test.py."""
from fake_api import HOSTILE


# Checks of the fake alone -------------------------------------------------------------------------

def an_alert_is_acknowledged(page):
    b = page.b
    page.open()
    b.see("job 64 holds h100-5", ".attention")
    assert "h100-6" not in b.text(".attention"), "a broken device is told by the pool already"
    page.at("#/alerts?severity=warning")
    b.see("job 64 holds h100-5", "main")
    assert b.count("main .alert.is-critical") == 0
    b.button("Acknowledge: held and idle, 7").click()
    b.see("fake knows of it", "main")
    assert page.service.world.judge.alerts["7"]["state"] == "acknowledged"
    b.find("select[name=cause] option[value=hot]").click()
    b.wait(lambda: "cause=hot" in b.driver.current_url, "the cause in the address")
    b.see("No alert is like that", "main")
    page.at("#/alerts?state=all&cause=hot")
    b.see("over since", "main")
    page.at("#/jobs/64")
    b.see("held h100-5 idle for 1 h", ".panel-alerts")


def waste_is_summed_by_who_did_it(page):
    b = page.b
    page.open("#/efficiency")
    b.see("$23.78", "main")
    b.see("64 %", "main")
    b.button("user", "[aria-label='Waste by'] .segment").click()
    b.wait(lambda: "who=user" in b.driver.current_url and b.js("return document.querySelectorAll('main .panel:nth-of-type(2) tbody tr').length") == 2, "two users")
    b.button("node", "[aria-label='Utilisation by'] .segment").click()
    b.wait(lambda: b.count("main a[href='#/nodes/kestrel']") == 1, "nodes")


def a_proposal_is_adopted_after_a_question(page):
    b = page.b
    page.open("#/tuning")
    b.see("−8.2 %", "main")
    assert b.count("main .interval") == 12, "an interval for each measure of each proposal"
    b.button("Adopt").click()
    b.button("Keep as it is", "dialog button").click()
    assert page.service.world.judge.proposals["3"]["state"] == "proposed", "a question alone decides nothing"
    b.button("Adopt").click()
    b.find("dialog input[name=remark]").send_keys("<b>let us see</b>")
    b.button("Adopt the policy", "dialog button").click()
    b.see("<b>let us see</b>", "main")
    assert page.service.world.judge.proposals["3"]["state"] == "adopted"
    page.open("#/tuning", token="fgpu_fake-viewer")
    b.see("Proposal 3", "main")
    assert b.count("main .deeds button") == 0, "a viewer decides nothing"


def where_events_go_is_tried(page):
    b = page.b
    page.open("#/events")
    b.see("status 503: " + HOSTILE[:20], "main")
    b.button("Send a test to bus").click()
    b.see("bus has taken the test", "#flash")


FAKE = [an_alert_is_acknowledged, waste_is_summed_by_who_did_it, a_proposal_is_adopted_after_a_question, where_events_go_is_tried]

# What is computed, without a page: [module, expression over its exports as m, expected].
UNITS = [
    ["view_waste", "m.sums([{u: 'a', device_hours: 1, cost_uusd: null}, {u: 'b', device_hours: 2, cost_uusd: 5}, {u: 'a', device_hours: 3, cost_uusd: 1}], 'u').map((s) => [s.key, s.jobs, s.device_hours, s.cost_uusd])", [["b", 1, 2, 5], ["a", 2, 4, 1]]],
    ["view_tuning", "[['jct_mean_s', 5210.4], ['energy_j', 8.1e9], ['cost_usd', 1234], ['late_share', 0.125], ['s', 2]].map(([metric, value]) => `${m.measure(metric)}: ${m.valued(metric, value)}`)", ["jct mean: 1 h 26 min", "energy: 2,250 kWh", "cost: $1,234", "late share: 0.13", "s: 2"]],
    ["view_tuning", "[m.signed(-0.082), m.signed(0), m.signed(0.0123), m.signed(undefined)]", ["−8.2 %", "0 %", "+1.23 %", "–"]],
    ["attention", "m.of_alerts([{id: 1, state: 'open', severity: 'info', cause: 'underused', text: ''}, {id: 2, state: 'open', severity: 'critical', cause: 'hot', text: 'x'}, {id: 3, state: 'open', severity: 'critical', cause: 'node_down', text: ''}]).map((a) => [a.key, a.bad])", [["alert 2", True]]],
]
