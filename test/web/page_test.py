#!/usr/bin/env python3
"""page_test.py - the page in headless Chromium, TAP.

    FASTGPU_URL=http://... FASTGPU_TOKEN=fgpu_... test/web/page_test.py    a service that runs
    FASTGPU_BIN=./fastgpu test/web/page_test.py                            a daemon of its own
    test/web/page_test.py                                                  the fake alone

The checks of "both" run against the fake and against the real service, those of "fake" need what only
the fake can do (break off, hold 10,000 jobs).  PAGE_SHOTS=FOLDER keeps pictures.
"""
import itertools
import os
import shutil
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
try:
    import selenium  # noqa: F401
except ImportError:
    # Debian's python3 has Debian's python3-selenium; another python3 may come first in PATH.
    if os.path.realpath(sys.executable) != os.path.realpath("/usr/bin/python3") and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)
    print("1..0 # SKIP python3-selenium is not installed (apt-get install python3-selenium)")
    sys.exit(77)

from browser import CHROMIUM, CONTRAST, DRIVER, NAMELESS, WIDE, Browser
from fake_api import HOSTILE
import judge_checks
import map_checks
import supply_checks
import view_checks
from services import Fake, Live, Own
from sizes import look

SCRIPT = "for i in $(seq 1 120); do echo \"step $i of 120\"; echo \"warning $i\" >&2; sleep 0.25; done"
QUICK = "echo '{\"accuracy\": 0.93}' > metrics.json; echo done; sleep 0.3"

TAP, NUMBERS = threading.Lock(), itertools.count(1)


class Page:
    """The browser at one service."""

    def __init__(self, browser, service):
        self.b, self.service = browser, service
        browser.hosts.add(service.url.split("//")[1])

    def open(self, path="#/", token=None):
        token = token or self.service.token
        kept = self.b.js("return location.origin === arguments[0] && sessionStorage.getItem('fastgpu.token')", self.service.url)
        if kept != token:
            self.b.go(self.service.url + "/assets/icon.svg")  # the same origin, without the page's own start
            self.b.js("sessionStorage.setItem('fastgpu.token', arguments[0])", token)
        self.b.go(self.service.url + "/" + path)

    def at(self, path):
        """Another address of the page that is open; its view is there when this returns."""
        self.b.driver.execute_async_script("""
            const [path, done] = arguments;
            if (location.hash === path) return done();
            addEventListener("hashchange", () => done(), { once: true });
            location.hash = path;""", path)


# Checks of both -----------------------------------------------------------------------------------

def asks_for_a_token(page):
    b = page.b
    b.go(page.service.url + "/")
    b.js("sessionStorage.clear()")
    b.go(page.service.url + "/")
    b.see("Sign in to FastGPU")
    b.shot(f"{page.service.kind}-sign-in")
    assert b.js("return document.activeElement.id") == "token", "the field has the focus"
    b.find("#token").send_keys("fgpu_" + "x" * 43 + "\n")
    b.see("not known")
    b.find("#token").clear()
    b.find("#token").send_keys(page.service.token + "\n")
    b.see("Utilisation")
    b.drain_logs()  # the two refusals above belong to this check


def takes_the_token_out_of_the_address(page):
    b = page.b
    b.go(page.service.url + "/")
    b.js("sessionStorage.clear()")
    b.go(page.service.url + "/#token=" + page.service.token)
    b.see("Utilisation")
    assert page.service.token not in b.driver.current_url, b.driver.current_url
    assert b.js("return JSON.stringify(localStorage)").find(page.service.token) < 0, "kept for this tab only"
    b.driver.refresh()
    b.see("Utilisation")
    b.drain_logs()


def overview_shows_the_pool(page):
    page.open()
    for name in page.service.nodes():
        page.b.see(name, ".panel-pool")
    page.b.see("cpu", ".tiles")
    page.b.see("live", ".link-state")
    page.b.wait(lambda: page.b.count(".panel-use path.curve") > 0, "a curve of utilisation", 30)


def a_job_appears_without_reload(page):
    b = page.b
    page.open()
    b.see("live", ".link-state")
    b.js("window.marker = 'same page'")
    started = time.time()
    id = page.service.submit("appears-live", SCRIPT)
    b.see("appears-live", ".panel-running")
    print(f"# seen {time.time() - started:.1f} s after the submit")
    assert b.js("return window.marker") == "same page"
    b.find(f"a[href='#/jobs/{id}']").click()
    b.see(f"Job {id}")
    b.see("running", ".job-headline")
    page.live_job = id


def log_lines_arrive(page):
    b = page.b
    if page.service.kind == "fake":
        page.at(f"#/jobs/{page.service.submit('writes', '')}")
    b.wait(lambda: b.count(".log-line") >= 3, "three lines")
    before = b.count(".log-line")
    b.wait(lambda: b.count(".log-line") >= before + 4, "four lines more")
    b.see("following", ".log-state")
    assert "\x1b" not in b.text(".log")
    if page.service.kind == "live":
        b.see("step 5 of 120", ".log")
        assert b.count(".log-line.err") > 0, "stderr is marked"
        b.wait(lambda: b.count(".panel-curves path.curve") > 0, "a curve of its use", 30)
    b.shot(f"{page.service.kind}-job")


def cancel_asks_first(page):
    b = page.b
    b.button("Cancel job").click()
    b.see("Cancel job", "dialog")
    b.button("Keep as it is", "dialog button").click()
    time.sleep(0.3)
    assert "running" in b.text(".job-headline")
    b.button("Cancel job").click()
    b.button("Cancel the job", "dialog button").click()
    b.see("cancelled", ".job-headline", 30)
    b.see("complete", ".log-state")
    assert not b.js("return [...document.querySelectorAll('button')].some((e) => e.checkVisibility() && e.textContent === 'Cancel job')")


def hostile_text_stays_text(page):
    """Names (the real service lets none of these in, the fake does), output, and what was submitted."""
    b = page.b
    if page.service.kind == "live":
        id = page.service.submit("hostile", f"cat <<'EOF'\n{HOSTILE}\n<script>document.title='owned'</script>\nEOF\nsleep 30")
        paths = [f"#/jobs/{id}"]
    else:
        id = next(j["id"] for j in page.service.world.jobs.values() if j["name"] == HOSTILE)
        paths = ["#/", "#/jobs", f"#/jobs/{id}"]
    for path in paths:
        page.open(path)
        b.see("<img src=x onerror=")
        if path == paths[-1]:
            b.find("summary").click()
        assert b.count("main img") == 0 and b.count("main script") == 0, f"{path}: an element came out of a text"
        assert b.js("return document.title") != "owned"
    if page.service.kind == "live":
        page.service.call("POST", f"/v1/jobs/{id}/cancel", {})


def drain_and_resume(page):
    b = page.b
    page.open()
    name = page.service.nodes()[0]
    b.button(f"Drain {name}").click()
    b.find("dialog input[name=reason]").send_keys("<b>dust</b> in the fan")
    b.button("Drain", "dialog button.primary").click()
    b.wait(lambda: "drain" in b.text(".node:first-child .node-title"), "the node is draining")
    b.see("<b>dust</b>", ".node:first-child .node-title")
    b.button(f"Resume {name}").click()
    b.wait(lambda: "up" in b.text(".node:first-child .node-title") and "drain" not in b.text(".node:first-child .node-title"), "the node is up")


def results_can_be_taken(page):
    b = page.b
    if page.service.kind == "live":
        id = page.service.submit("leaves-a-result", QUICK)
        wanted = "metrics.json"
    else:
        id, wanted = "60", "out/metrics.json"
    page.open(f"#/jobs/{id}")
    b.see("succeeded", ".job-headline", 30)
    b.button(f"Download {wanted}").click()
    target = os.path.join(page.downloads, "metrics.json")
    b.wait(lambda: os.path.exists(target) and open(target).read() == '{"accuracy": 0.93}\n', "the file")
    os.remove(target)
    b.see("exit 0", ".facts")


def filters_stand_in_the_address(page):
    b = page.b
    page.open("#/jobs")
    b.wait(lambda: b.count("tbody tr") > 0, "rows")
    b.button("cancelled", ".filters button").click()
    b.wait(lambda: "state=cancelled" in b.driver.current_url, "the state in the address")
    b.wait(lambda: b.count("tbody tr") > 0 and b.js("return [...document.querySelectorAll('tbody tr')].every((r) => r.innerText.includes('cancelled'))"), "cancelled jobs only")
    assert b.js("return document.activeElement.textContent") == "cancelled", "the focus stays on the filter"
    b.driver.refresh()
    b.wait(lambda: b.js("return document.querySelector(\".filters button[aria-pressed=true]\")?.textContent") == "cancelled", "the filter after a reload")
    page.open("#/jobs?name=nobody-has-this-name")
    b.see("No job is like that")


def is_honest_about_what_is_not_there(page):
    page.open("#/jobs/999999999")
    page.b.see("There is no job 999999999")
    page.open("#/nodes/nowhere")
    page.b.see("There is no node nowhere")
    page.open("#/no/such/view")
    page.b.see("Nothing is here")
    page.b.drain_logs()  # the browser itself notes each 404


def pictures_in_all_sizes(page):
    """No horizontal scroll, contrast, names; light and dark; wide, tablet and phone."""
    b = page.b
    job = getattr(page, "live_job", "61")
    node = page.service.nodes()[0]
    problems = []
    page.open()
    for name, path, sign in (("overview", "#/", "Recently finished"), ("jobs", "#/jobs", "Jobs"), ("job", f"#/jobs/{job}", "What was submitted"), ("node", f"#/nodes/{node}", "Devices over time")):
        page.at(path)
        b.see(sign)
        b.wait(lambda: b.count("main .row, main tbody tr, main dd, main .curve") > 0, "content")
        problems += look(page, name)
    assert not problems, "\n".join(problems[:12])


def the_detectors_detect(page):
    """The three scripts of the check above find what is planted."""
    b = page.b
    page.open()
    b.see("Utilisation")
    plant = "const e = document.createElement('{}'); e.id = 'planted'; {}; document.querySelector('main').append(e);"
    for script, element, how in ((CONTRAST, "p", "e.textContent = 'pale'; e.style.color = '#aaa'"), (WIDE, "div", "e.textContent = 'wide'; e.style.width = '3000px'"), (NAMELESS, "button", "")):
        b.js(plant.format(element, how))
        found = b.js(script)
        b.js("document.getElementById('planted').remove()")
        assert found, f"a planted {element} was not found"
        assert not b.js(script), "found without being there"


def the_switch_changes_the_theme(page):
    b = page.b
    page.open()
    b.see("Utilisation")
    grounds = set()
    for _ in range(3):
        grounds.add(b.js("return getComputedStyle(document.body).backgroundColor"))
        b.find(".top-right button[aria-label^=Colours]").click()
    assert len(grounds) == 2, grounds


def keyboard_reaches_everything(page):
    b = page.b
    page.open()
    b.see("Recently finished")
    reached = b.js("""
        const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")].filter((e) => e.checkVisibility() && !e.disabled);
        return all.filter((e) => e.tabIndex < 0).map((e) => e.outerHTML.slice(0, 80));""")
    assert not reached, reached
    b.js("document.querySelector('.skip').focus()")
    assert b.js("return document.querySelector('.skip').getBoundingClientRect().top") >= 0, "the skip link is seen when it has the focus"


def quiet_console_and_nothing_from_outside(page):
    b = page.b
    b.drain_logs()
    assert len(b.requests) > 100 and not b.outside(), b.outside()
    # A refusal that a check provoked is noted by the browser as a failed load: that is no fault of the page.
    said = [e["message"] for e in b.said if "Failed to load resource" not in e["message"]]
    assert not said, said[:5]
    loads = [e["message"] for e in b.said if "Failed to load resource" in e["message"] and not any(s in e["message"] for s in ("401", "404"))]
    assert not loads, loads[:5]


# What the page computes, without a page: [module, expression over its exports as m, expected].
UNITS = [
    ["format", "[0, 0.0004, 0.85, 9.96, 59.9, 192, 3600, 7500, 273600].map(m.duration)", ["0 s", "1 ms", "850 ms", "9.9 s", "59 s", "3 min 12 s", "1 h", "2 h 5 min", "3 d 4 h"]],
    ["format", "[m.duration(null), m.duration(NaN), m.milli(-1), m.mib(undefined), m.money(null), m.date(NaN)]", ["–"] * 6],
    ["format", "[0, 512, 1536, 40960, 1048576].map(m.mib)", ["0 MiB", "512 MiB", "1.5 GiB", "40 GiB", "1 TiB"]],
    ["format", "[0, 1, 1234, 52000, 1234567890].map(m.money)", ["$0.00", "$0.000001", "$0.001234", "$0.052", "$1,234.57"]],
    ["format", "[m.milli(500), m.milli(8000), m.percent(1, 3), m.percent(1, 0), m.plural(1, 'job'), m.plural(2000, 'job')]", ["0.5", "8", "33 %", "–", "1 job", "2,000 jobs"]],
    ["format", "m.prose('from 2026-11-21T03:59:39.95Z on', Date.parse('2026-11-21T03:00:00Z')).replace(/\\d\\d:59:39/, 'T')", "from T on"],
    ["api", "(() => { const out = []; const p = m.event_parser((e) => out.push(e)); for (const c of ': hi\\n\\nid: 7\\nevent: log\\ndata: a\\r\\ndata: b\\n\\ndata:c\\n\\n') p(c); return out; })()",
     [{"name": "log", "data": "a\nb", "id": "7"}, {"name": "message", "data": "c", "id": "7"}]],
    ["log_view", "(() => { const cut = m.line_cutter(); return [cut('o', 'a\\nb'), cut('e', 'x'), cut('o', 'c\\r\\n10%\\r20%'), cut('o', '\\n\\u001b[31mred\\u001b[0m\\u0007\\n')]; })()",
     [{"lines": ["a"], "open": "b"}, {"lines": [], "open": "x"}, {"lines": ["bc"], "open": "20%"}, {"lines": ["20%", "red\ufffd"], "open": ""}]],
    ["chart", "[[0, 1], [1.2, 1], [4000, 1], [96, 1]].map((a) => m.scale(...a).top)", [1, 2, 5000, 100]],
    ["use_chart", "m.shares([{devices: [{kind: 'x', milli: 1000}, {kind: 'cpu'}], cpu_milli: 4000, mem_mib: 100}, {devices: [], cpu_milli: 4000, mem_mib: 100}], [{points: [{at: 1000000, gpu_milli: 250, cpu_milli: 1000, mem_mib: 50}]}, {points: [{at: 1000000, gpu_milli: null, cpu_milli: 3000, mem_mib: 0}]}], 900000, 1100000).map((s) => s.map((p) => p[1]))", [[25], [50], [25]]],
    ["view_jobs", "m.request(new URLSearchParams('state=running&evil=1&name=a%26b'))", "/v1/jobs?state=running&name=a%26b&limit=50"],
]


def computes_what_it_should(page):
    b = page.b
    page.open()
    b.see("live", ".link-state")
    for module, expression, expected in UNITS + judge_checks.UNITS + map_checks.UNITS + view_checks.UNITS + supply_checks.UNITS:
        got = b.driver.execute_async_script(f"const done = arguments[0]; import('/assets/{module}.js').then((m) => done({expression})).catch((e) => done(String(e)));")
        assert got == expected, f"{module}: {expression[:80]}: got {got!r}, want {expected!r}"


# Checks of the fake alone -------------------------------------------------------------------------

def a_viewer_cannot_change_anything(page):
    b = page.b
    page.open(token="fgpu_fake-viewer")
    b.see("helios-01", ".panel-pool")
    assert "Drain" not in b.text(".panel-pool")
    page.open("#/jobs/61", token="fgpu_fake-viewer")
    b.see("running", ".job-headline")
    assert "Cancel job" not in b.text(".panel-job")


def why_it_waits_has_numbers(page):
    b = page.b
    id = next(j["id"] for j in page.service.world.jobs.values() if j["state"] == "queued")
    page.open(f"#/jobs/{id}")
    b.see("2 free on 1 node", ".panel-why")
    b.see("kestrel", ".panel-why")
    b.shot("fake-why")
    page.open()
    b.see("2 free on 1 node", ".panel-queue")


def loss_of_connection_is_shown_and_healed(page):
    b = page.b
    service = Fake()
    lost = Page(b, service)
    lost.open()
    b.see("live", ".link-state")
    port = service.server.http.server_port
    service.close()
    b.see("Not connected", "#banner", 30)
    b.shot("fake-lost")
    service = Fake(port)
    service.world.submit("after-the-storm")
    b.see("live", ".link-state", 30)
    b.see("after-the-storm", ".panel-running", 30)
    assert not b.js("return document.querySelector('#banner').checkVisibility()")
    service.close()
    b.go("about:blank")
    b.driver.get_log("browser")  # the failed loads belong to this check


def empty_pool_tells_what_to_do(page):
    b = page.b
    service = Fake(finished=0, queued=0)
    for job in list(service.world.jobs):
        del service.world.jobs[job]
    Page(b, service).open()
    b.see("fastgpu submit job.yaml", ".panel-running")
    b.see("Nobody waits", ".panel-queue")
    b.shot("fake-empty")
    service.close()


def ten_thousand_jobs_stay_smooth(page):
    b = page.b
    service = Fake(finished=10000, queued=2000)
    big = Page(b, service)
    big.open("#/jobs")
    b.wait(lambda: b.count("tbody tr") == 50, "a page of rows")
    first = b.text("tbody tr td:nth-child(2)")
    b.button("Next page").click()
    b.wait(lambda: b.count("tbody tr") == 50 and b.text("tbody tr td:nth-child(2)") != first, "the next page")
    b.button("Previous page").click()
    b.wait(lambda: b.text("tbody tr td:nth-child(2)") == first, "the first page again")
    big.open()
    b.see("10,000", ".loop")
    # While 400 events a second come in, frames keep coming.
    b.js("window.frames_seen = 0; (function next() { window.frames_seen++; requestAnimationFrame(next); })()")
    started = time.time()
    for _ in range(50):
        with service.world.lock:
            for _ in range(20):
                service.world.tell("job.finished", "5", state="succeeded")
        time.sleep(0.05)
    frames = b.js("return window.frames_seen") / (time.time() - started)
    nodes = b.count("*")
    print(f"# {frames:.0f} frames/s under {1000 / (time.time() - started):.0f} events/s, {nodes} elements")
    assert frames > 1, frames
    assert nodes < 3000, nodes
    service.close()


BOTH = [asks_for_a_token, takes_the_token_out_of_the_address, overview_shows_the_pool, a_job_appears_without_reload, log_lines_arrive, cancel_asks_first,
        hostile_text_stays_text, drain_and_resume, results_can_be_taken, filters_stand_in_the_address, is_honest_about_what_is_not_there,
        pictures_in_all_sizes, *map_checks.BOTH, *view_checks.BOTH, *supply_checks.BOTH, the_switch_changes_the_theme, keyboard_reaches_everything, quiet_console_and_nothing_from_outside]
FAKE = [computes_what_it_should, the_detectors_detect, a_viewer_cannot_change_anything, why_it_waits_has_numbers, empty_pool_tells_what_to_do, *map_checks.FAKE, *view_checks.FAKE, *supply_checks.FAKE, *judge_checks.FAKE, ten_thousand_jobs_stay_smooth, loss_of_connection_is_shown_and_healed]


def services():
    yield "fake", Fake
    if os.environ.get("FASTGPU_URL", "").startswith("http"):
        yield "live", lambda: Live(os.environ["FASTGPU_URL"], os.environ.get("FASTGPU_TOKEN", ""))
    elif os.environ.get("FASTGPU_BIN"):
        yield "live", lambda: Own(os.environ["FASTGPU_BIN"])


def passes(page, check):
    """One line of TAP, and what was wrong."""
    began, wrong = time.time(), []
    try:
        check(page)
    except Exception as error:
        wrong = str(error)[:2000].splitlines()[:14] + traceback.format_exc().splitlines()[-3:]
        page.b.shot(f"failed-{page.service.kind}-{check.__name__}")
    with TAP:
        print(f"{'not ' if wrong else ''}ok {next(NUMBERS)} - {page.service.kind}: {check.__name__} # {time.time() - began:.1f} s", flush=True)
        for line in wrong:
            print(f"#   {line}", flush=True)
    return not wrong


def check_service(kind, make, only):
    """All checks of one kind of service, in a browser of its own: [passed...]."""
    with tempfile.TemporaryDirectory(prefix="fastgpu-page-down-") as downloads:
        browser = Browser(os.environ.get("PAGE_SHOTS"), downloads)
        try:
            service = make()
            page = Page(browser, service)
            page.downloads = downloads
            browser.dark(False)
            browser.size(1440)
            try:
                checks = BOTH[:-1] + (FAKE if kind == "fake" else []) + BOTH[-1:]
                return [passes(page, check) for check in checks if not only or check.__name__ in only]
            finally:
                browser.go("about:blank")
                service.close()
        finally:
            browser.quit()


def main():
    if not (shutil.which(CHROMIUM) and shutil.which(DRIVER)):
        print("1..0 # SKIP chromium or chromedriver is not installed (apt-get install chromium chromium-driver)")
        return 77
    with ThreadPoolExecutor() as pool:  # a browser mostly waits
        found = [passed for all_of_it in pool.map(lambda each: check_service(*each, sys.argv[1:]), services()) for passed in all_of_it]
    print(f"1..{len(found)}")
    print(f"# {sum(found)} passed, {len(found) - sum(found)} failed")
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
