"""browser.py - headless Chromium for the tests of the page: waiting, clicking, and what it saw."""
import json
import os
import time
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
DRIVER = os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")
WAIT_S = 20

# Text whose contrast with what lies behind it is below 4.5 : 1 (3 : 1 if large), as WCAG counts it.
CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const known = new Map(); // a page has few colours
function rgba(text) {
    if (!known.has(text)) { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1); known.set(text, [...canvas.getImageData(0, 0, 1, 1).data]); }
    return known.get(text);
}
function light(c) { const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; }
function ground(e) { for (; e; e = e.parentElement) { const tile = e.matches(".tile.used") ? e.querySelector(".fill") : e; const c = rgba(getComputedStyle(tile).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255, 255]; }
const bad = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, style = getComputedStyle(e);
    if (!walk.currentNode.data.trim() || !e.checkVisibility({ visibilityProperty: true }) || e.closest(".skip, .visually-hidden")) continue;
    const svg = e.namespaceURI.endsWith("svg"), size = parseFloat(style.fontSize);
    const a = light(rgba(svg ? style.fill : style.color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < (size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5)) bad.push(`${ratio.toFixed(2)} "${walk.currentNode.data.trim().slice(0, 30)}" .${e.className.baseVal ?? e.className}`);
}
return bad;
"""

# Controls without a name, drawings without words, ids that come twice.
NAMELESS = """
const bad = [];
const seen = new Set();
for (const e of document.querySelectorAll("[id]")) { if (seen.has(e.id)) bad.push(`id ${e.id} twice`); seen.add(e.id); }
for (const e of document.querySelectorAll("a, button, input, select, summary, [role=img], [role=meter], [role=progressbar], table, dialog")) {
    if (!e.checkVisibility()) continue;
    const name = e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.[0]?.textContent || (e.tagName === "TABLE" && e.caption?.textContent);
    if (!name) bad.push(e.outerHTML.slice(0, 90));
}
return bad;
"""

WIDE = """
if (document.documentElement.scrollWidth <= innerWidth && document.body.scrollWidth <= innerWidth) return [];
return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5).slice(0, 4).map((e) => `${e.tagName}.${e.className} to ${Math.round(e.getBoundingClientRect().right)} of ${innerWidth}`);
"""


class Browser:
    def __init__(self, shots=None, downloads=None):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb",
                     "--disable-background-networking", "--disable-component-update", "--no-first-run", "--window-size=1440,900"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.driver.set_script_timeout(WAIT_S)
        self.driver.set_page_load_timeout(60)
        self.shots = shots
        self.requests = []
        self.hosts = set()  # of the services under test
        self.said = []
        self.traces = 0
        if downloads:
            self.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=downloads)

    def quit(self):
        self.driver.quit()

    def cdp(self, method, **params):
        return self.driver.execute_cdp_cmd(method, params)

    def js(self, script, *args):
        return self.driver.execute_script(script, *args)

    def size(self, width, height=900):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def dark(self, yes):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if yes else "light"},
                                                         {"name": "prefers-reduced-motion", "value": "reduce"}])

    def go(self, url):
        """A fresh load, also where only the fragment differs."""
        self.driver.get("about:blank")
        self.driver.get(url)

    def wait(self, test, what, seconds=WAIT_S):
        """Until test() is true; fails with what was waited for."""
        end = time.time() + seconds
        while True:
            try:
                got = test()
            except Exception as error:  # an element that went away while it was looked at
                got = None
                if time.time() > end:
                    raise AssertionError(f"waited {seconds} s for {what}: {error}") from error
            if got:
                return got
            if time.time() > end:
                raise AssertionError(f"waited {seconds} s for {what}; the page says: {self.text()[:400]!r}")
            time.sleep(0.1)

    def text(self, css="body"):
        return self.js("return document.querySelector(arguments[0])?.innerText ?? ''", css)

    def see(self, text, css="body", seconds=WAIT_S):
        return self.wait(lambda: text in self.text(css), f"{text!r} in {css}", seconds)

    def unsee(self, text, css="body", seconds=WAIT_S):
        return self.wait(lambda: text not in self.text(css), f"no {text!r} in {css}", seconds)

    def find(self, css):
        return self.wait(lambda: [e for e in self.driver.find_elements(By.CSS_SELECTOR, css) if e.is_displayed()], css)[0]

    def click(self, css):
        """In the middle of the window: at its upper edge the bar of the page would lie over it."""
        element = self.find(css)
        self.js("arguments[0].scrollIntoView({ block: 'center' })", element)
        element.click()
        return True

    def button(self, text, css="button"):
        return self.wait(lambda: [e for e in self.driver.find_elements(By.CSS_SELECTOR, css)
                                  if e.is_displayed() and (text in e.text or text == e.get_attribute("aria-label"))], f"a button {text!r}")[0]

    def key(self, *keys):
        """Keys to whatever has the focus."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(getattr(Keys, key.upper(), key))

    def count(self, css):
        return self.js("return document.querySelectorAll(arguments[0]).length", css)

    def drain_logs(self):
        """What the console said and what was asked for, since the last call; both are kept for the end."""
        said = [e for e in self.driver.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]
        self.said += said
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
        return said

    def trace(self):
        """From here on tasks() counts."""
        self.traces += 1
        self.cdp("Tracing.start", transferMode="ReturnAsStream", traceConfig={"includedCategories": ["disabled-by-default-devtools.timeline"], "excludedCategories": ["*"]})

    def tasks(self):
        """CPU milliseconds of each task of the page's thread since trace(): script, style, layout and painting of one turn.
        The thread's own clock: what else the machine does is not in it."""
        self.cdp("Tracing.end")
        handle = str(self.traces)  # the browser numbers its streams; the driver does not tell the number
        self.wait(lambda: self.cdp("IO.read", handle=handle, size=1)["data"] == "{", "the end of the trace", 60)
        text, part = "{", {"eof": False}
        while not part["eof"]:
            part = self.cdp("IO.read", handle=handle, size=1 << 24)
            text += part["data"]
        self.cdp("IO.close", handle=handle)
        pages, spent = set(), {}
        for piece in text.split('{"args":')[1:]:  # an event each; the browser forgets a comma between two now and then
            if '"name":"RunTask"' not in piece and '"name":"CrRendererMain"' not in piece:
                continue
            event = json.JSONDecoder().raw_decode('{"args":' + piece)[0]
            thread = (event["pid"], event["tid"])
            if event["name"] == "thread_name":
                pages.add(thread)
            else:
                spent.setdefault(thread, []).append(event.get("tdur", 0) / 1000)
        # The browser keeps spare threads of the kind; the page's is the one that works.
        return max((spent[thread] for thread in pages & spent.keys()), key=sum, default=[])

    def outside(self):
        """What was asked of anybody else."""
        return sorted({u for u in self.requests if urlsplit(u).scheme in ("http", "https", "ws", "wss") and urlsplit(u).netloc not in self.hosts})

    def shot(self, name, full=True):
        """A picture of the whole page, if somebody wants pictures."""
        if not self.shots:
            return
        width = self.js("return innerWidth")
        if full:
            self.size(width, min(4000, max(900 if width > 600 else 844, self.js("return document.documentElement.scrollHeight"))))
            time.sleep(0.3)
        os.makedirs(self.shots, exist_ok=True)
        self.driver.save_screenshot(os.path.join(self.shots, name + ".png"))
        self.size(width, 900 if width > 600 else 844)
