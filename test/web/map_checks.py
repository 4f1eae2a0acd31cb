"""map_checks.py - checks of the map of the pool, for page_test.py."""
import time

from services import Fake

PAINTED = "const c = document.querySelector('.map-cells'); return c && new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size > 3;"
MEASURES = "return performance.getEntriesByName(arguments[0]).map((e) => e.duration)"
BIG_NODES = 1250  # of eight devices


# Checks of both -----------------------------------------------------------------------------------

def the_map_shows_each_device(page):
    b = page.b
    page.open("#/pool")
    b.wait(lambda: b.js(PAINTED), "cells")
    devices = b.js("return [...document.querySelectorAll('.map-legend b')].reduce((sum, e) => sum + Number(e.textContent.replace(/\\D/g, '')), 0)")
    assert devices == page.service.devices(), f"{devices} in the legend, {page.service.devices()} in the pool"
    b.js("document.querySelector('.map-cells').focus()")
    name = page.service.nodes()[0]
    b.see(name, ".map-words")
    b.button("temperature", ".segment").click()
    b.wait(lambda: "colour=temp" in b.driver.current_url, "the colour in the address")
    b.js("document.querySelector('.map-cells').focus()")
    b.key("Enter")
    b.wait(lambda: f"#/nodes/{name}" in b.driver.current_url, "the node")
    page.open("#/pool?find=no-node-has-this-name")
    b.see("No node is like that")


# Checks of the fake alone -------------------------------------------------------------------------

def ten_thousand_devices_stay_smooth(page):
    b = page.b
    service = Fake(nodes=BIG_NODES)
    big = type(page)(b, service)
    began = time.time()
    big.open("#/pool?by=site&colour=busy")
    b.wait(lambda: b.js(PAINTED), "cells")
    painted = time.time() - began
    script = sum(b.js(MEASURES, name)[0] for name in ("pool map", "pool map columns"))
    devices = b.js("return [...document.querySelectorAll('.map-legend b')].reduce((sum, e) => sum + Number(e.textContent.replace(/\\D/g, '')), 0)")
    assert devices == 8 * BIG_NODES + 12, devices
    before = len(b.js(MEASURES, "pool map"))
    with service.world.lock:
        service.world.nodes["big-0000"]["state"] = "down"
        service.world.tell("node.lost", node="big-0000")
    b.see("node down", ".map-legend")
    b.wait(lambda: len(b.js(MEASURES, "pool map")) > before, "an update")
    update = b.js(MEASURES, "pool map")[-1] + b.js(MEASURES, "pool map columns")[-1]
    print(f"# {devices} devices: seen {painted:.2f} s after the address was given, script {script:.0f} ms; an update {update:.0f} ms")
    assert b.count("*") < 1500, "cells are no elements"
    b.shot("fake-map-big")
    service.close()


BOTH = [the_map_shows_each_device]
FAKE = [ten_thousand_devices_stay_smooth]

ANSWER = """({pool: {kinds: ['h100', 'cpu'], suppliers: ['', 'north'], sites: ['', 'oslo'], projects: {'1': 'nlp', '2': 'vision'},
    nodes: {name: ['a', 'b'], state: ['up', 'down'], reason: ['', ''], health_milli: [1000, 300], supplier: [0, 1], site: [0, 1], devices: [2, 1]},
    devices: {kind: [0, 0, 1], used_milli: [0, 750, 1000], project: [-1, 2, -3], state: [1, 0, 0]}},
    readings: {busy_milli: [-1, 400, 3000], mem_mib: [-1, -1, -1], power_mw: [90000, 310000, -1], temp_c: [30, 81, -1]}})"""

# What is computed, without a page: [module, expression over its exports as m, expected].
UNITS = [
    ["pool_columns", f"Array.from(m.looks(m.columns({ANSWER}), 'granted'))", [512, 4, 128]],
    ["pool_columns", f"Array.from(m.looks(m.columns({ANSWER}), 'project'))", [512, 8, 128]],
    ["pool_columns", f"Array.from(m.looks(m.columns({ANSWER}), 'temp'))", [513, 5, 128]],
    ["pool_columns", f"[0, 1, 2].map((i) => m.device_words(m.columns({ANSWER}), i))",
     ["a h100-0 · free · 90 W · 30 °C · device suspect", "a h100-1 · 75 % granted · 40 % busy · 310 W · 81 °C · project vision", "b cpu · 100 % granted · 3 cores busy · work that is not ours · down · health 30 %"]],
    ["pool_columns", f"m.groups(m.columns({ANSWER}), 'site')", [["no site", [0]], ["oslo", [1]]]],
    ["map_canvas", "(({device, x, y, height}) => [device, x, y, height])(m.layout({nodes: {devices: [2, 3]}, first: [0, 2]}, [0, 1], 50, 9))", [[0, 1, 2, 3, 4], [0, 10, 0, 10, 20], [0, 0, 14, 14, 14], 24]],
    ["attention", "m.of_nodes({name: ['a', 'b', 'c'], state: ['down', 'up', 'up'], health_milli: [1000, 500, 1000]}).map((i) => [i.text, i.href])",
     [["1 node down: a", "#/nodes/a"], ["1 node in poor health: b", "#/nodes/b"]]],
    ["attention", "m.of_devices({state: [0, 2], node: [0, 0], nodes: {name: ['a'], state: ['up']}}).map((i) => [i.text, i.bad, i.href])", [["1 device out of service, on a", True, "#/nodes/a"]]],
    ["attention", "m.of_projects([{name: 'a', budget: {uusd: 100, action: 'stop'}, usage: {spent_uusd: 95}}, {name: 'b', budget: {uusd: 100, action: 'stop'}, usage: {spent_uusd: 101}}, {name: 'c', budget: null}]).map((i) => i.text)",
     ["95 % of the budget of a is spent", "The budget of b is spent: its jobs are stopped"]],
    ["loop_picture", "m.expected([{points: [{time: '2026-11-21T10:00:00Z', mean: 1}, {time: '2026-11-21T11:00:00Z', mean: 2}]}, {points: [{time: '2026-11-21T11:00:00Z', mean: 3}]}])", [1, 5, 1795258800000]],
]
