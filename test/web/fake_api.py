#!/usr/bin/env python3
"""fake_api.py - a FAKE service with invented machines and jobs, for looking at the page and testing it.

    python3 test/web/fake_api.py [PORT]      then http://127.0.0.1:PORT/#token=fgpu_fake-admin

It serves web/ from the checkout with the same content policy as the real service, and answers the part
of /v1 that the page uses.  Nothing here is measured; every number is made up.
"""
import contextlib
import json
import math
import os
import random
import socket
import sys
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from fake_judge import Judge
from fake_supply import Supply

WEB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "web")
POLICY = ("default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; "
          "base-uri 'none'; form-action 'none'")
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
TOKENS = {"fgpu_fake-admin": "admin", "fgpu_fake-viewer": "viewer"}
HOSTILE = '<img src=x onerror="document.title=\'owned\'">'
OVER = ("succeeded", "failed", "cancelled", "timed_out")
POINT_S = 2


def iso(t):
    return None if t is None else datetime.fromtimestamp(t, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class World:
    """What the fake service knows.  One lock, small lists."""

    def __init__(self, finished=60, queued=14, nodes=0):
        self.lock = threading.Condition()
        self.rand = random.Random(7)
        self.start = time.time()
        self.jobs, self.nodes, self.events, self.written = {}, {}, [], {}
        self.next_id = 1
        self.closed = False
        self.supply, self.judge = Supply(), Judge(HOSTILE)
        for name, kind, count, mem, share in (("helios-01", "h100-sxm-80g", 8, 81559, "mps"), ("kestrel", "l40s", 4, 46068, "advisory")):
            self.nodes[name] = {"name": name, "state": "up", "reason": "", "cpu": 96000 if count == 8 else 32000,
                                "mem": 1031000 if count == 8 else 257000,
                                "devices": [{"name": f"{kind.split('-')[0]}-{i}", "kind": kind, "index": i, "mem_mib": mem, "share": share} for i in range(count)]}
        self.fill(finished, queued)
        with self.lock:
            for kind, job, data in (("project.changed", None, {"project": "nlp", "by": "anna"}), ("supplier.paused", None, {"supplier": HOSTILE, "paused": True, "by": "boris"}), ("plan.approved", None, {"plan": "1", "by": "boris", "orders": 2, "cost_uusd": 18422000000}),
                                    ("job.running", "61", {"attempt": 2}), ("node.drained", None, {"node": "kestrel", "by": "anna"}), ("node.resumed", None, {"node": "kestrel", "by": "anna"}), ("job.finished", "60", {"state": "succeeded", "exit_code": 0})):
                self.tell(kind, job, **data)
        self.grow(nodes)

    def fill(self, finished, queued):
        now, names = self.start, ["resnet-sweep", "llama-finetune", "tokenise", "eval-mmlu", "diffusion-xl", "embed-corpus", "whisper-batch"]
        for i in range(finished):
            state = "succeeded" if i % 7 else ("failed", "timed_out", "cancelled")[i // 7 % 3]
            took = self.rand.uniform(0.4, 5400)
            end = now - (finished - i) * 40 - self.rand.uniform(0, 30)
            job = self.add(f"{self.rand.choice(names)}-{i}", ("h100-sxm-80g", 1, 1000), submitted=end - took - 20)
            job.update(state=state, started=end - took, finished=end, node="helios-01", devices=["h100-3"], attempt=1,
                       exit_code={"succeeded": 0, "failed": 1}.get(state), signal=15 if state != "succeeded" and state != "failed" else None,
                       reason={"failed": "the program ended with exit code 1", "timed_out": "over its time limit"}.get(state, ""), cost=int(took * 950))
        plans = [("llama-70b-pretrain", "helios-01", [0, 1, 2, 3], 4, 1000, 7400, 14400), ("vit-large", "helios-01", [4], 1, 1000, 640, 900),
                 (HOSTILE, "helios-01", [5], 1, 500, 95, 600), ("notebook-anna", "helios-01", [5], 1, 250, 3800, None),
                 ("whisper-batch-17", "kestrel", [0], 1, 1000, 1230, 3600), ("tokenise-c4", "kestrel", [], 0, 0, 48, 7200)]
        for name, node, devices, count, milli, age, limit in plans:
            kind = self.nodes[node]["devices"][0]["kind"] if count else ""
            job = self.add(name, (kind, count, milli), submitted=now - age - (2600 if "llama" in name else 45), limit=limit)
            job.update(state="running", started=now - age, node=node, attempt=1, grant=milli,
                       devices=[self.nodes[node]["devices"][d]["name"] for d in devices] or ["cpu"])
        for i in range(queued):
            self.add(f"{self.rand.choice(names)}-{200 + i}", ("h100-sxm-80g", (8, 4, 1, 2)[i % 4], 1000), submitted=now - 900 + i * 50, priority=60 - i)

    def add(self, name, request, submitted=None, limit=1800, priority=50.0):
        kind, count, milli = request
        job = {"id": str(self.next_id), "name": name, "project": ("vision", "nlp", "default")[self.next_id % 3], "user": ("anna", "boris", "chen")[self.next_id % 3],
               "state": "queued", "node": None, "devices": [], "priority": priority, "attempt": 0, "submitted": submitted or time.time(), "started": None,
               "finished": None, "limit": limit, "exit_code": None, "signal": None, "reason": "", "tasks": 1, "kind": kind, "count": count, "milli": milli,
               "grant": 0, "cost": None}
        self.jobs[job["id"]] = job
        self.next_id += 1
        return job

    def tell(self, kind, job=None, **data):
        self.events.append({"seq": len(self.events) + 1, "time": iso(time.time()), "kind": kind, "job": job, "data": data})
        self.lock.notify_all()

    # What the page asks for -----------------------------------------------------------------------

    def job_view(self, job, whole=False):
        end = job["finished"] or time.time()
        view = {k: job[k] for k in ("id", "name", "project", "user", "state", "node", "devices", "priority", "attempt", "exit_code", "signal", "reason", "tasks")}
        view.update(submitted=iso(job["submitted"]), eligible=iso(job["submitted"]), started=iso(job["started"]), finished=iso(job["finished"]),
                    duration_s=end - job["started"] if job["started"] else None, time_limit_s=job["limit"], deadline=None, array_id=None, array_index=None,
                    request={"accelerators": job["kind"] or None, "count": job["count"], "gpu_milli": job["milli"], "gpu_mem_mib": 0, "cpu_milli": 4000, "mem_mib": 32768, "alternatives": 1},
                    usage={"max_rss_mib": 11264 if job["started"] else None, "cpu_s": (end - job["started"]) * 3.1 if job["started"] else 0, "gpu_s": (end - job["started"]) * 0.8 if job["started"] else 0},
                    cost_uusd=job["cost"], preemptible=False, labels={"team": job["project"]})
        if whole:
            view["spec"] = {"name": job["name"], "run": "python3 train.py --epochs 40", "envs": {"WANDB_API_KEY": "hidden"}, "outputs": ["out/*.json"]}
            view["after"], view["co2_g"] = [], 1830.5 if job["started"] else None
            view["flexible"] = {"by": "carbon", "until": iso(job["submitted"] + 86400), "held_until": iso(time.time() + 7200)} if job["id"] == "70" else None
            view["attempts"] = self.attempts(job)
            view["artifacts"] = [{"path": "out/metrics.json", "hash": "blake2b:" + "0" * 64, "bytes": 48213, "time": iso(job["finished"])},
                                 {"path": "out/model.safetensors", "hash": "blake2b:" + "1" * 64, "bytes": 2843771904, "time": iso(job["finished"])}] if job["state"] == "succeeded" else []
        return view

    def attempts(self, job):
        if not job["started"]:
            return []
        last = {"attempt": 1, "state": job["state"], "node": job["node"], "devices": job["devices"], "started": iso(job["started"]), "finished": iso(job["finished"]),
                "exit_code": job["exit_code"], "signal": job["signal"], "reason": job["reason"]}
        if job["name"] != "llama-70b-pretrain":
            return [last]
        first = {**last, "state": "failed", "started": iso(job["started"] - 2400), "finished": iso(job["started"] - 700), "exit_code": 137, "reason": "node kestrel was lost", "node": "kestrel"}
        return [first, {**last, "attempt": 2}]

    def running(self):
        return [j for j in self.jobs.values() if j["state"] == "running"]

    def node_view(self, node, running=None):
        here = [j for j in (self.running() if running is None else running) if j["node"] == node["name"]]
        devices = []
        for d in node["devices"]:
            held = [j for j in here if d["name"] in j["devices"]]
            devices.append({**d, "milli": 1000, "used_milli": sum(j["grant"] for j in held), "jobs": [j["id"] for j in held]})
        cpu_used = min(node["cpu"], 4000 * len(here))
        devices.append({"name": "cpu", "kind": "cpu", "index": 0, "mem_mib": node["mem"], "milli": node["cpu"], "used_milli": cpu_used, "share": "advisory",
                        "jobs": [j["id"] for j in here if "cpu" in j["devices"]]})
        return {"name": node["name"], "state": node["state"], "reason": node["reason"], "cpu_milli": node["cpu"], "cpu_used_milli": cpu_used,
                "mem_mib": node["mem"], "mem_used_mib": 32768 * len(here), "devices": devices, "jobs": [j["id"] for j in here]}

    def pool_map(self):
        """The same as columns, see /v1/pool-map in openapi.yaml."""
        kinds, names, t = sorted({d["kind"] for n in self.nodes.values() for d in n["devices"]}), ("vision", "nlp", "default"), time.time()
        held = {(j["node"], d): j for j in self.jobs.values() if j["state"] == "running" for d in j["devices"]}
        nodes, devices, readings = {k: [] for k in ("name", "state", "reason", "health_milli", "supplier", "site", "devices")}, {"kind": [], "used_milli": [], "project": [], "state": []}, {k: [] for k in ("busy_milli", "mem_mib", "power_mw", "temp_c")}
        for n, node in enumerate(self.nodes.values()):
            for key, value in (("name", node["name"]), ("state", node["state"]), ("reason", node["reason"]), ("health_milli", node.get("health", 1000)), ("supplier", node.get("supplier", 0)), ("site", node.get("site", 0)), ("devices", len(node["devices"]))):
                nodes[key].append(value)
            for i, d in enumerate(node["devices"]):
                job = held.get((node["name"], d["name"]))
                big = node.get("big") and (n * 7 + i * 3) % 11 > 2
                devices["kind"].append(kinds.index(d["kind"]))
                devices["state"].append({"up": 0, "suspect": 1, "broken": 2}[d.get("state", "up")])
                devices["used_milli"].append(job["grant"] if job else 1000 if big else 0)
                devices["project"].append(names.index(job["project"]) + 1 if job else (n // 5 + i // 4) % 3 + 1 if big else -1)
                busy = int(self.curve(n * 8 + i, t, 300, 1000)) if job or big else 0
                for key, value in (("busy_milli", busy), ("mem_mib", busy * 70), ("power_mw", 90000 + busy * 600), ("temp_c", 35 + busy // 22)):
                    readings[key].append(value)
        return {"pool": {"kinds": [*kinds, "cpu"], "suppliers": ["", "north", "south"], "sites": ["", "berlin", "oslo"], "projects": {str(i + 1): name for i, name in enumerate(names)}, "nodes": nodes, "devices": devices}, "readings": readings}

    def grow(self, count):
        """So many nodes of eight devices more, at two suppliers."""
        for n in range(count):
            name = f"big-{n:04d}"
            self.nodes[name] = {"name": name, "state": ("down" if n % 97 == 5 else "draining" if n % 61 == 7 else "up"), "reason": "", "cpu": 96000, "mem": 1031000, "big": True, "supplier": 1 + n % 2, "site": 1 + n % 2,
                                "health": 1000 - 37 * (n % 29 == 3) * 9, "devices": [{"name": f"a100-{i}", "kind": "a100-80g", "index": i, "mem_mib": 81920, "share": "mps"} for i in range(8)]}
            if n % 43 == 4:
                self.nodes[name]["devices"][2].update(state="broken" if n % 2 else "suspect", reason="an uncorrectable memory error (Xid 48)", hint="Drain the node and reset the device")

    def status(self):
        running = self.running()
        nodes = [self.node_view(n, running) for n in self.nodes.values()]
        gpus = [d for n in nodes for d in n["devices"] if d["kind"] != "cpu"]
        counts = {s: 0 for s in ("queued", "starting", "running") + OVER}
        for job in self.jobs.values():
            counts[job["state"]] += 1
        total = {"gpu_milli": 1000 * len(gpus), "gpu_used_milli": sum(d["used_milli"] for d in gpus)}
        for key in ("cpu_milli", "cpu_used_milli", "mem_mib", "mem_used_mib"):
            total[key] = sum(n[key] for n in nodes)
        return {"version": "0.1.0", "started": iso(self.start), "uptime_s": time.time() - self.start + 93000, "node_count": len(nodes), "jobs": counts, "capacity": total,
                "isolation": "cgroup v2", "watch_cpu_ppm": 900, "notices": ["FAKE data: this is the test double of the page, not a pool"], "utilisation_milli": 610}

    def why(self, job):
        if job["state"] != "queued":
            return {"id": job["id"], "state": job["state"], "summary": f"is {job['state']}", "reasons": []}
        queue = sorted((j for j in self.jobs.values() if j["state"] == "queued"), key=lambda j: -j["priority"])
        text = f"needs {job['count']} devices of kind h100-sxm-80g with 40 GiB; 2 free on 1 node, at most 2 on one; next expected release 14:20"
        return {"id": job["id"], "state": "queued", "summary": text, "reasons": [{"code": "no_room", "text": text}, {"code": "behind", "text": f"job {queue[0]['id']} is before it and has devices reserved"}],
                "position": queue.index(job) + 1, "priority": job["priority"], "request": {},
                "nodes": [{"node": "helios-01", "fits": False, "why": "2 of 8 devices free, 4 are asked"}, {"node": "kestrel", "fits": False, "why": "has no h100-sxm-80g"}]}

    def curve(self, seed, t, low, high):
        wave = math.sin(t / 97 + seed) * 0.5 + math.sin(t / 23 + seed * 3) * 0.3 + math.sin(t / 7.3 + seed * 5) * 0.2
        return low + (high - low) * (0.5 + wave / 2)

    def points(self, limit, make, since):
        now = int(time.time()) // POINT_S * POINT_S
        first = max(int(since), now - limit * POINT_S)
        return [make(t) for t in range(first, now + 1, POINT_S)]

    def job_usage(self, job, limit):
        seed = int(job["id"])
        gpus = job["count"] * job["milli"]
        def make(t):
            return {"time": iso(t), "cpu_milli": int(self.curve(seed, t, 900, 3900)), "mem_mib": int(self.curve(seed + 1, t, 9000, 11200)),
                    "gpu_milli": int(self.curve(seed + 2, t, gpus * 0.6, gpus)) if gpus else None, "gpu_mem_mib": int(61000 * gpus / 1000) if gpus else None}
        return {"points": self.points(limit, make, max(job["started"] or 1e12, time.time() - 1200))}

    def node_usage(self, node, limit):
        n, since = len(node["devices"]), time.time() - 2400
        seed = len(node["name"])
        devices = [{"name": d["name"], "points": self.points(limit, lambda t, s=i: {"time": iso(t), "busy_milli": int(self.curve(s, t, 350, 1000)), "mem_mib": int(self.curve(s, t / 9, 30000, 70000)),
                                                                                        "power_mw": int(self.curve(s, t, 310000, 690000)), "temp_c": int(self.curve(s, t / 4, 48, 71))}, since)} for i, d in enumerate(node["devices"])]
        return {"points": self.points(limit, lambda t: {"time": iso(t), "cpu_milli": int(self.curve(seed, t, node["cpu"] * .2, node["cpu"] * .5)), "mem_mib": int(self.curve(seed, t / 5, node["mem"] * .3, node["mem"] * .4)),
                                                        "gpu_milli": int(sum(self.curve(s, t, 350, 1000) for s in range(n)))}, since), "devices": devices}

    # Things that happen ---------------------------------------------------------------------------

    def submit(self, name):
        """A job that starts at once and writes a line each half second."""
        with self.lock:
            job = self.add(name, ("l40s", 1, 1000), limit=60)
            self.tell("job.submitted", job["id"], count=1)
            job.update(state="running", started=time.time(), node="kestrel", devices=["l40s-2"], grant=1000, attempt=1)
            self.tell("job.running", job["id"], attempt=1)
        return job["id"]

    def end(self, job, state):
        job.update(state=state, finished=time.time(), exit_code=0 if state == "succeeded" else None, signal=15 if state == "cancelled" else None,
                   cost=1234, reason="cancelled by a user" if state == "cancelled" else "")
        self.tell("job.finished", job["id"], state=state, exit_code=0)

    def log_text(self, job):
        """All that the job has written so far: by its age, and what was written for it."""
        if not job["started"]:
            return ""
        age = (job["finished"] or time.time()) - job["started"]
        lines = [f"\x1b[32mepoch {i // 20 + 1:3d}\x1b[0m step {i:5d}  loss {2.4 * math.exp(-i / 400) + 0.31:.4f}  lr {3e-4 * (1 - i / 9000):.2e}  {1180 + (i * 37) % 90} img/s" for i in range(min(int(age * 2), 4000))]
        return "loading checkpoint shards\rloading checkpoint shards: 100%\n" + "\n".join(lines + self.written.get(job["id"], [])) + "\n"


def make_handler(world):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def answer(self, status, body, kind="application/json", more=()):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            for key, value in more:
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(data)

        def problem(self, status, detail, code):
            self.answer(status, {"type": "about:blank", "title": detail, "status": status, "detail": detail, "code": code, "retry": False}, "application/problem+json")

        def role(self):
            return TOKENS.get(self.headers.get("Authorization", "").removeprefix("Bearer "))

        def do_GET(self):
            url = urlsplit(self.path)
            if not url.path.startswith("/v1/"):
                return self.asset(url.path)
            if not self.role():
                return self.problem(401, "a token is needed", "FG_EAUTH")
            query = {k: v[0] for k, v in parse_qs(url.query).items()}
            parts = [unquote(p) for p in url.path.split("/")[2:]]
            if "text/event-stream" in self.headers.get("Accept", ""):
                return self.stream(parts, query)
            with world.lock:
                found = self.find(parts, query)
            if found is None:
                return self.problem(404, f"{'/'.join(parts)}: not known", "FG_ENOENT")
            return self.answer(200, *found) if isinstance(found, tuple) else self.answer(200, found)

        def asset(self, path):
            name = os.path.normpath(os.path.join(WEB, "index.html" if path == "/" else path.lstrip("/")))
            if not (name.startswith(os.path.normpath(WEB)) and os.path.isfile(name)):
                return self.problem(404, "nothing is at this path", "FG_ENOENT")
            with open(name, "rb") as file:
                return self.answer(200, file.read(), TYPES[os.path.splitext(name)[1]], (("Content-Security-Policy", POLICY), ("Cache-Control", "no-cache")))

        def find(self, parts, query):
            limit = int(query.get("limit", 100))
            match parts:
                case ["whoami"]:
                    return {"user": "fake", "role": self.role(), "project": None}
                case ["status"]:
                    return world.status()
                case ["events" | "audit" as which]:
                    found = [e for e in reversed(world.events) if e["seq"] < int(query.get("before", 1 << 53)) and (which == "events" or "by" in e["data"])][:limit]
                    return {"items": found, "next": str(found[-1]["seq"]) if len(found) == limit else None}
                case ["series"] if query.get("job") in world.jobs:
                    start = datetime.fromisoformat(query["from"].replace("Z", "+00:00")).timestamp()
                    step = max(1, (time.time() - start) / 60)
                    values = [None if i % 17 == 3 else int(world.curve(3, start + i * step, 250000, 640000)) for i in range(60)]
                    return {"reading": "power", "unit": "mW", "agg": "sum", "by": "all", "level": "raw", "from": iso(start), "step_s": step, "steps": 60, "groups": [{"tracks": 1, "values": values}]}
                case ["series"]:
                    start, step = datetime.fromisoformat(query["from"].replace("Z", "+00:00")).timestamp() // 60 * 60, 60
                    whole = {"busy": 1000, "mem_used": sum(n["mem"] for n in world.nodes.values())}[query["reading"]] if query.get("device") != "cpu" or query["reading"] == "mem_used" else sum(n["cpu"] for n in world.nodes.values())
                    return {"reading": query["reading"], "unit": "1", "agg": query.get("agg", "avg"), "by": "all", "level": "minutes", "from": iso(start), "step_s": step, "steps": 1, "groups": [{"tracks": 1, "values": [int(world.curve(5, start + i * step, whole * 0.5, whole * 0.8)) for i in range(int((time.time() - start) // step) + 1)]}]}
                case ["pool-map"]:
                    return world.pool_map()
                case ["nodes"]:
                    return {"items": [world.node_view(n) for n in world.nodes.values()], "next": None}
                case ["nodes", name] if name in world.nodes:
                    return world.node_view(world.nodes[name])
                case ["nodes", name, "usage"] if name in world.nodes:
                    return world.node_usage(world.nodes[name], int(query.get("limit", 600)))
                case ["jobs"]:
                    return self.jobs(query, limit)
                case ["jobs", id] if id in world.jobs:
                    return world.job_view(world.jobs[id], True)
                case ["jobs", id, "why"] if id in world.jobs:
                    return world.why(world.jobs[id])
                case ["jobs", id, "usage"] if id in world.jobs:
                    return world.job_usage(world.jobs[id], int(query.get("limit", 600)))
                case ["jobs", id, "logs"] if id in world.jobs:
                    return (world.log_text(world.jobs[id]).encode() if query.get("stream") != "stderr" else b"", "text/plain")
                case ["jobs", id, "artifacts", *_] if id in world.jobs:
                    return (b'{"accuracy": 0.93}\n', "application/octet-stream")
            return world.judge.find(parts, query) or world.supply.find(parts, query)

        def jobs(self, query, limit):
            found = list(world.jobs.values())  # by number
            if query.get("order") != "asc":
                found.reverse()
            if "state" in query:
                found = [j for j in found if j["state"] in query["state"].split(",")]
            for key in ("name", "project", "user"):
                if key in query:
                    found = [j for j in found if j[key] == query[key]]
            if "cursor" in query:
                below = int(query["cursor"])
                found = [j for j in found if (int(j["id"]) < below) == (query.get("order") != "asc") and int(j["id"]) != below]
            more = found[limit - 1]["id"] if len(found) > limit else None
            return {"items": [world.job_view(j) for j in found[:limit]], "next": more}

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            if self.role() != "admin":
                return self.problem(403, "this needs the role operator", "FG_EPERM")
            parts = [unquote(p) for p in urlsplit(self.path).path.split("/")[2:]]
            with world.lock:
                match parts:
                    case ["nodes", name, ("drain" | "resume") as verb] if name in world.nodes:
                        world.nodes[name].update(state="draining" if verb == "drain" else "up", reason=body.get("reason", "") if verb == "drain" else "")
                        world.tell("node.drained" if verb == "drain" else "node.resumed", node=name)
                        return self.answer(200, world.node_view(world.nodes[name]))
                    case ["jobs", id, "cancel"] if id in world.jobs:
                        world.end(world.jobs[id], "cancelled")
                        return self.answer(200, {"id": id, "state": "cancelled"})
                done = world.judge.act(parts, body.get("remark", "")) or world.supply.act(parts, body.get("remark", ""))
                if done:
                    world.tell(f"{parts[0].removesuffix('s')}.{parts[2]}", id=parts[1])
                    return self.answer(200, done)
            return self.problem(404, "not known", "FG_ENOENT")

        # Streams ----------------------------------------------------------------------------------

        def event(self, name, data, id):
            text = f"id: {id}\n" + (f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n"
            self.wfile.write(f"{len(text.encode()):x}\r\n".encode() + text.encode() + b"\r\n")
            self.wfile.flush()

        def stream(self, parts, query):
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                if parts == ["events"]:
                    self.event_stream()
                else:
                    self.log_stream(world.jobs[parts[1]], query)
            except (ConnectionError, OSError):
                pass
            self.close_connection = True

        def event_stream(self):
            at = int(self.headers.get("Last-Event-ID", len(world.events)))
            while not world.closed:
                with world.lock:
                    if len(world.events) <= at:
                        world.lock.wait(1)
                    fresh = world.events[at:]
                at += len(fresh)
                for event in fresh:
                    self.event("", event, event["seq"])

        def log_stream(self, job, query):
            sent = 0
            while not world.closed:
                text = world.log_text(job) if query.get("stream") != "stderr" else ""
                if len(text) > sent:
                    self.event("log", {"stream": "stdout", "offset": sent, "attempt": 1, "text": text[sent:]}, f"stdout:{len(text)} stderr:0")
                    sent = len(text)
                if job["state"] in OVER:
                    self.event("end", {"state": job["state"], "exit_code": 0}, f"stdout:{len(text)} stderr:0")
                    self.wfile.write(b"0\r\n\r\n")
                    return
                time.sleep(0.25)

    return Handler


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # a browser opens six connections at once

    def __init__(self, *args):
        self.open = set()
        super().__init__(*args)

    def process_request(self, request, client_address):
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.open.discard(request)
        super().shutdown_request(request)

    def cut_all(self):
        """A service that ends takes its kept-alive connections with it; its threads would answer on."""
        for request in list(self.open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        """A browser that leaves a page breaks off what is under way: nothing to tell."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class FakeServer:
    """A fake service on a free port: .url, .world, stop()."""

    def __init__(self, port=0, **sizes):
        self.world = World(**sizes)
        self.http = QuietServer(("127.0.0.1", port), make_handler(self.world))
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.world.closed = True
        self.http.shutdown()
        self.http.server_close()
        self.http.cut_all()


if __name__ == "__main__":
    fake = FakeServer(int(sys.argv[1]) if len(sys.argv) > 1 else 8099)
    print(f"FAKE service: {fake.url}/#token=fgpu_fake-admin", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        fake.stop()
