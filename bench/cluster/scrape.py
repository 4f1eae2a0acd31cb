"""scrape.py - 10,000 devices in /metrics, read each second: what does that do to other requests?

Five FAKE clusters (fake_slurm) of 250 nodes of eight devices each; their readings come from exporters, as from NVIDIA's (served by this
script).  Measured: a scrape, and GET /v1/jobs, 50 a second, without scrapes and beside them.
"""
import http.client
import http.server
import multiprocessing
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "..", "test", "cluster"))
from fgcluster import World, eventually, note  # noqa: E402
from many_nodes import LINE, known  # noqa: E402

CLUSTERS, NODES, SECONDS = 5, 250, int(os.environ.get("SECONDS_MEASURED", "30"))
METRICS = {"DCGM_FI_DEV_GPU_UTIL": 80, "DCGM_FI_DEV_FB_USED": 40000, "DCGM_FI_DEV_POWER_USAGE": 500.5, "DCGM_FI_DEV_GPU_TEMP": 60}


class Exporter(http.server.BaseHTTPRequestHandler):
    texts = {}

    def do_GET(self):
        body = self.texts[self.path]
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def exposition(cluster):
    return "".join(f'{name}{{gpu="{gpu}",Hostname="{cluster}-{node:03d}"}} {value + gpu}\n' for name, value in METRICS.items()
                   for node in range(NODES) for gpu in range(8)).encode()


class Client:
    def __init__(self, world):
        self.world, self.connection = world, http.client.HTTPConnection("127.0.0.1", world.port, timeout=60)

    def get(self, path):
        began = time.monotonic()
        self.connection.request("GET", path, headers={"Authorization": f"Bearer {self.world.token}"})
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body[:300])
        return time.monotonic() - began, body


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p / 100))]


def reads(world, seconds):
    client, took, end = Client(world), [], time.monotonic() + seconds
    while time.monotonic() < end:
        took.append(1000 * client.get("/v1/jobs?limit=50")[0])
        time.sleep(0.02)
    return took


def scrape(world, stop, took):
    """In a process of its own, so that what reading megabytes costs is not measured as the service's."""
    client = Client(world)
    while not stop.is_set():
        seconds, body = client.get("/metrics")
        took.put((1000 * seconds, len(body)))
        stop.wait(max(0.0, 1 - seconds))


def say(what, took):
    print(f"{what}: median {percentile(took, 50):.1f} ms, p99 {percentile(took, 99):.1f} ms, most {max(took):.1f} ms of {len(took)}", flush=True)


def main():
    clusters = [f"c{i}" for i in range(CLUSTERS)]
    Exporter.texts = {f"/{name}": exposition(name) for name in clusters}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    world = World(PATH=f"{HERE}/fake_slurm:{os.environ['PATH']}")
    world.config["exporters"] = [{"url": f"http://127.0.0.1:{server.server_port}/{name}", "nodes": f"{name}.*"} for name in clusters]
    world.start()
    for name in clusters:
        conf = os.path.join(world.folder, f"{name}.conf")
        open(conf, "w").close()
        with open(conf + ".nodes", "w") as file:
            for node in range(NODES):
                file.write(LINE.format(name=f"{name}-{node:03d}", cpus=0, gpus=0, memory=0, state="IDLE"))
        world.fg("supplier", "add", name, "slurm", "--conf", conf, "--poll", "10s")
    assert eventually(60, lambda: known(world) >= CLUSTERS * NODES, pause=0.5), world.tail()
    for _ in range(300):
        world.submit({"run": "true", "resources": {"accelerators": "h200:8"}})
    client = Client(world)
    assert eventually(90, lambda: client.get("/metrics")[1].count(b"DCGM_FI_DEV_POWER_USAGE{") >= CLUSTERS * NODES * 8, pause=2), "readings"
    say("GET /v1/jobs alone", reads(world, SECONDS))
    stop, queue = multiprocessing.Event(), multiprocessing.Queue()
    scraper = multiprocessing.Process(target=scrape, args=(world, stop, queue))
    scraper.start()
    say("GET /v1/jobs beside a scrape each second", reads(world, SECONDS))
    stop.set()
    scrapes = [queue.get() for _ in range(queue.qsize())]
    scraper.join()
    note(f"{scrapes[-1][1] / 1e6:.1f} MB a scrape")
    say("GET /metrics, 10,000 devices", [ms for ms, _ in scrapes])


if __name__ == "__main__":
    main()
