"""view_checks.py - checks of search, keys, languages, projects and events, for page_test.py."""
from fake_api import HOSTILE


# Checks of both -----------------------------------------------------------------------------------

def search_finds_and_goes(page):
    b = page.b
    page.open("#/jobs")
    b.see("live", ".link-state")
    node = page.service.nodes()[0]
    b.find("body").send_keys("/")
    b.find("dialog.search input").send_keys(node[:6])
    b.see(node, ".search-found")
    b.key("Enter")
    b.wait(lambda: f"#/nodes/{node}" in b.driver.current_url, "the node")
    b.button("Search").click()
    b.find("dialog.search input").send_keys("no-such-thing-anywhere")
    b.see("Nothing is found", "dialog.search")
    b.key("Escape")
    b.wait(lambda: not b.js("return document.querySelector('dialog[open]')"), "the search closes")
    b.drain_logs()  # an accelerator of that name is not known: the browser notes the refusal


def keys_lead_everywhere(page):
    b = page.b
    page.open("#/jobs")
    b.wait(lambda: b.count("main tbody tr") > 0 or "No job yet" in b.text("main"), "jobs")
    b.find("body").send_keys("?")
    b.see("next row", "dialog.keys")
    b.find("dialog.keys button").click()
    for key, path in (("p", "#/pool"), ("r", "#/projects"), ("e", "#/events"), ("o", "#/")):
        b.find("body").send_keys("g" + key)
        b.wait(lambda path=path: b.driver.current_url.endswith(path), f"g {key} to {path}")
    page.service.submit("leads-somewhere", "true")
    page.at("#/events")
    b.wait(lambda: b.count("main tbody tr a") > 0, "events that lead somewhere")
    # Which row was the first is not asked: a live service tells of something new meanwhile.
    b.find("body").send_keys("j")
    b.wait(lambda: b.js("return Boolean(document.activeElement.closest('main tbody tr'))"), "j chooses a row")
    page.at("#/jobs?name=x")
    b.find("input[name=name]").send_keys("go/")
    assert "dialog" not in b.js("return document.activeElement.closest('dialog')?.tagName ?? ''").lower(), "who types is left alone"


def another_language_is_chosen(page):
    b = page.b
    page.open("#/jobs")
    b.see("Jobs", "main h1")
    b.find("button.language").click()
    b.see("作业", "main h1")
    b.see("总览", ".tabs")
    assert b.js("return document.documentElement.lang") == "zh-Hans"
    for path, word in (("#/", "资源池"), ("#/supply", "报价"), ("#/pool", "着色依据"), ("#/projects", "公平份额")):
        page.at(path)
        b.see(word, "main")
        b.shot(f"{page.service.kind}-zh-{word}")
    b.find("button.language").click()
    b.see("Overview", ".tabs")
    b.js("localStorage.removeItem('fastgpu.language')")


def deeds_are_in_the_audit(page):
    b = page.b
    page.service.drain_and_resume()
    page.open("#/events?show=audit")
    b.wait(lambda: b.count("main tbody tr") > 0, "deeds")
    rows = b.js("return [...document.querySelectorAll('main tbody tr')].map((r) => r.cells[4].innerText)")
    assert all(rows), f"who did it: {rows}"
    b.button("nodes", ".segment").click()
    b.wait(lambda: "about=node" in b.driver.current_url, "what it is about, in the address")
    b.wait(lambda: b.js("const all = [...document.querySelectorAll('main tbody tr')]; return all.length && all.every((r) => r.cells[2].innerText.startsWith('node.'))"), "deeds about nodes")


# Checks of the fake alone -------------------------------------------------------------------------

def a_viewer_has_no_audit(page):
    b = page.b
    page.open("#/events?show=audit", token="fgpu_fake-viewer")
    b.see("What happened", "main")
    assert "what people did" not in b.text("main")
    b.see(HOSTILE[:20], "main")
    assert b.count("main img") == 0


def what_is_not_in_view_is_drawn_when_it_is(page):
    """Curves below the window wait until somebody scrolls there, or prints."""
    b = page.b
    blank = "return [...document.querySelectorAll('main svg.chart')].filter((e) => e.checkVisibility() && !e.querySelector('path.curve')).length"
    page.open(f"#/nodes/{page.service.nodes()[0]}")
    b.wait(lambda: b.count(".device-curves path.curve") > 0, "the curves in view")
    below = b.js(blank)
    assert below > 8, below
    b.js("scrollTo(0, document.body.scrollHeight)")
    b.wait(lambda: b.js("return Boolean(document.querySelector('.device-curves:last-child path.curve'))"), "the curves at the end")
    b.js("dispatchEvent(new Event('beforeprint'))")
    assert b.js(blank) == 0, "all are on paper"


BOTH = [search_finds_and_goes, keys_lead_everywhere, another_language_is_chosen, deeds_are_in_the_audit]
FAKE = [a_viewer_has_no_audit, what_is_not_in_view_is_drawn_when_it_is]

# What is computed, without a page: [module, expression over its exports as m, expected].
UNITS = [
    ["use_chart", "m.series_shares({from: '1970-01-01T00:01:00Z', step_s: 60, groups: [{values: [500, null, 2500]}]}, 1000)", [[90000, 50], [150000, None], [210000, 100]]],
    ["usage", "(() => { const at = (...all) => all.map((at) => ({ at })), say = (list) => list?.map((p) => p.at) ?? null; return [m.joined(at(1, 2, 3), at(3, 4), 9), m.joined(at(1, 2, 3), at(2, 3, 4), 3), m.joined(at(1, 2), at(4), 9), m.joined(at(1), [], 9)].map(say); })()", [[1, 2, 3, 4], [2, 3, 4], None, [1]]],
    ["job_power", "m.power_points({from: '2026-11-21T10:00:00Z', step_s: 10, groups: [{values: [300000, null, 500000]}]})", {"points": [[1795255205000, 300], [1795255215000, None], [1795255225000, 500]], "joules": 8000}],
    ["job_power", "[m.power_points({}).joules, m.energy(830), m.energy(12345), m.energy(1.2e6)]", [0, "830 J", "12.3 kJ", "0.33 kWh"]],
    ["view_projects", "m.tree([{name: 'b', parent: null, weight: 100}, {name: 'a', parent: null, weight: 300}, {name: 'c', parent: 'a', weight: 1}, {name: 'd', parent: 'a', weight: 3}, {name: 'lost', parent: 'gone', weight: 0}]).map((p) => [p.name, p.depth, p.fair])",
     [["a", 0, 0.75], ["c", 1, 0.1875], ["d", 1, 0.5625], ["b", 0, 0.25], ["lost", 0, 0]]],
    ["view_projects", "m.tree([{name: 'a', parent: 'a', weight: 1}]).length", 0],
    ["view_events", "m.details({data: {by: 'ada', node: 'n', exit_code: 3, list: [1]}})", "exit code 3 · list [1]"],
    ["words", "[m.t('#Cost'), m.t`a ${1} of ${2}`, m.t('{0}'), m.t`${'{1}'} and ${'x'}`]", ["#Cost", "a 1 of 2", "{0}", "{1} and x"]],
]
