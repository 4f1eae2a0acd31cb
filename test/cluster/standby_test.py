#!/usr/bin/env python3
"""Two daemons on one PostgreSQL while leaders, standbys and PostgreSQL are killed and frozen under submitting clients.

Every acknowledged job is there once, under the id that was acknowledged; no job runs twice (each writes a line into a
ledger); who is told of events hears of each end of a job, whoever leads; a leader that was frozen while another took
over acknowledges nothing any more; work goes on within ten seconds of a leader's death.
FASTGPU_STANDBY_ROUNDS: how many faults (6); FASTGPU_STANDBY_SEED: which.
"""
import collections
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "scenario"))
from fgtest import Service, done, eventually, free_port, note, ok, skip_all  # noqa: E402

PATIENCE_MS = 2000
ROUNDS = int(os.environ.get("FASTGPU_STANDBY_ROUNDS", "6"))
CLOCK = os.environ.get("FASTGPU_FAKE_CLOCK_LIBRARY")  # each host has its own
seed = int(os.environ.get("FASTGPU_STANDBY_SEED", "1"))
dice = random.Random(seed)

if not os.path.isdir("/usr/lib/postgresql"):
    skip_all("PostgreSQL is not installed")
# Two hosts are two host names: without them both daemons would say that their jobs run on the same machine.
if os.geteuid() != 0 or subprocess.run(["unshare", "--uts", "true"], stderr=subprocess.DEVNULL).returncode != 0:
    skip_all("a second host name needs a namespace, which needs root")


class Daemon(Service):
    """A daemon on a host of its own, as far as its name goes."""

    def __init__(self, name, folder, postgres):
        super().__init__(folder)
        self.name = name
        self.data = os.path.join(folder, name)
        self.log = os.path.join(folder, name + ".log")
        self.config = os.path.join(folder, name + ".yaml")
        self.clock = os.path.join(folder, name + ".clock")
        self.set_clock(0)
        if CLOCK:
            self.env.update(LD_PRELOAD=CLOCK, FASTGPU_FAKE_CLOCK=self.clock)
        with open(self.config, "w") as file:
            file.write(f"shared_store: {postgres}\nleader_patience_ms: {PATIENCE_MS}\njob_user: nobody\n"
                       f"shared_url: http://127.0.0.1:{self.port}\n"
                       f"publish: [{{name: log, kind: syslog, where: {folder}/log.sock, events: [job.finished]}}]\n")

    def up(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--uts", "sh", "-c", f"hostname {self.name} && exec \"$@\"", "sh", self.program, "up",
                 "--data-dir", self.data, "--listen", f"127.0.0.1:{self.port}", "--config", self.config],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=self.env)

    def set_clock(self, ahead_s):
        with open(self.clock + ".next", "w") as file:
            file.write(f"{ahead_s}\n")
        os.rename(self.clock + ".next", self.clock)

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(60)
        self.process = None

    def leads(self):
        try:
            return self.call("GET", "/v1/status", timeout=1)[0] == 200
        except OSError:
            return False


def postgres(*words):
    return subprocess.run([os.path.join(here, "postgres.sh"), base, *words], check=True, capture_output=True,
                          text=True).stdout.strip()


pg_port = free_port()
first = Service()  # its folder, and its cleaning up
folder = first.folder
os.chmod(folder, 0o711)
base = os.path.join(folder, "pg")
ledger = os.path.join(folder, "ledger")
with open(ledger, "w"):
    os.chmod(ledger, 0o666)
try:
    postgres("start", "--port", str(pg_port))
except subprocess.CalledProcessError as failure:
    skip_all(f"PostgreSQL does not start here: {failure.stderr.strip()[:200]}")
hosts = [Daemon("host-a", folder, postgres("url")), Daemon("host-b", folder, postgres("url"))]


heard = collections.Counter()  # events, by their number


def listen():
    here_ = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    here_.bind(os.path.join(folder, "log.sock"))
    while True:
        heard[int(re.search(rb'seq="(\d+)"', here_.recv(65536)).group(1))] += 1


def leader():
    for host in hosts:
        if host.leads():
            return host
    return None


def submit(key, seconds=30):
    """Try every daemon until one acknowledges; the id."""
    body = {"name": key, "argv": ["/bin/sh", "-c", f"echo {key} >>{ledger}"], "resources": {"cpus": 0.1},
            "retries": 3}
    end = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < end:
        host = hosts[turn % 2]
        turn += 1
        try:
            status, answer = host.call("POST", "/v1/jobs", body, timeout=3, Idempotency_Key=key)
        except (OSError, ValueError, http.client.HTTPException):
            continue
        if status in (200, 201):
            return answer["id"]
        time.sleep(0.02)
    return None


acknowledged, silences = {}, []
stop = threading.Event()


def client(number):
    count = 0
    while not stop.is_set():
        key = f"k{number}-{count}"
        count += 1
        began = time.monotonic()
        made = submit(key)
        if made:
            acknowledged[key] = made
            silences.append((time.monotonic() - began, key))
        stop.wait(0.05)


def put_blob(host):
    bytes_ = dice.randbytes(3_000_000)
    name = "blake2b:" + hashlib.blake2b(bytes_, digest_size=32).hexdigest()
    connection = host.connection()
    connection.request("PUT", f"/v1/blobs/{name}", bytes_, {"Authorization": f"Bearer {host.token}",
                                                           "Content-Type": "application/octet-stream"})
    ok(connection.getresponse().status == 201, "an input is uploaded to the leader")
    connection.close()
    return name, bytes_


def check_blob(name, bytes_):
    """On every host: whoever led last has led at least once since the upload, or took it while it followed."""
    for host in hosts:
        path = os.path.join(host.data, "blobs", name[8:10], name[8:])
        there = eventually(5, lambda path=path: os.path.exists(path))
        with open(path, "rb") if there else open(os.devnull, "rb") as file:
            ok(file.read() == bytes_, f"the input is on {host.name}")


def check_command_line():
    urls = ",".join(f"http://127.0.0.1:{host.port}" for host in hosts)
    ran = subprocess.run([hosts[0].program, "ps", "--json"], capture_output=True, text=True,
                         env={**hosts[0].env, "FASTGPU_URL": urls, "FASTGPU_TOKEN": hosts[0].token})
    ok(ran.returncode == 0 and '"id"' in ran.stdout, "the command line finds the leader among both",
       ran.stdout[:200], ran.stderr)


def run_faults():
    kinds = ["kill leader", "freeze leader", "kill postgres", "kill standby", "stop leader"] + ["set clock"] * bool(CLOCK)
    for round_ in range(ROUNDS):
        kind = kinds[round_ % len(kinds)] if round_ < len(kinds) else dice.choice(kinds)
        time.sleep(dice.uniform(0.2, 0.8))
        lead = eventually(20, leader)
        if not lead:
            ok(False, "somebody leads", *(host.tail() for host in hosts))
            return
        other = hosts[1 - hosts.index(lead)]
        began = time.monotonic()
        if kind == "freeze leader":
            lead.process.send_signal(signal.SIGSTOP)
            took = eventually(20, other.leads)
            frozen = time.monotonic() - began
            lead.process.send_signal(signal.SIGCONT)
            try:
                late = lead.call("POST", "/v1/jobs", {"name": "late", "argv": ["/bin/true"]}, timeout=3)[0]
            except OSError:
                late = 0
            ok(took and late not in (200, 201), f"frozen for {frozen:.1f} s, the old leader acknowledges nothing ({late})")
        elif kind in ("kill leader", "stop leader"):
            lead.kill(signal.SIGKILL if kind == "kill leader" else signal.SIGTERM)
            took = eventually(20, other.leads)
            seconds = time.monotonic() - began
            ok(took and seconds < 10, f"{kind}: {other.name} leads after {seconds:.1f} s", other.tail())
            lead.up()
        elif kind == "set clock":
            lead.set_clock(dice.choice([7200, -10800]))
            left = eventually(20, lambda: "event=clock-left" in lead.tail())
            ok(left and eventually(20, leader), "set clock: somebody leads", lead.tail())
        elif kind == "kill standby":
            other.kill()
            time.sleep(0.3)
            other.up()
            ok(eventually(20, leader), "kill standby: the leader goes on")
        else:
            postgres("kill")
            time.sleep(dice.uniform(0, 0.5))
            postgres("start")
            ok(eventually(20, leader), f"kill postgres: somebody leads after {time.monotonic() - began:.1f} s")


def all_jobs(host):
    jobs, cursor = [], ""
    while True:
        status, page = host.call("GET", "/v1/jobs?limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        assert status == 200, page
        jobs += page["items"]
        cursor = page.get("next")
        if not cursor:
            return jobs


def all_events(host, kind):
    events, after = [], 0
    while True:
        page = host.call("GET", f"/v1/events?limit=1000&after={after}")[1]
        events += [event["seq"] for event in page["items"] if event["kind"] == kind]
        if not page["next"]:
            return events
        after = page["next"]


def judge_heard(lead):
    settled = eventually(30, lambda: lead.call("GET", "/v1/publish")[1]["items"][0]["state"] == "ok")
    ends = all_events(lead, "job.finished")
    deaf = [seq for seq in ends if heard[seq] == 0]
    ok(settled and len(ends) > 10 and not deaf, f"each of {len(ends)} ends of jobs was heard of", deaf[:20])
    ok(set(heard) <= set(all_events(lead, "job.finished")), "and nothing that did not happen")
    note(f"{sum(count > 1 for count in heard.values())} of them were heard of more than once")


def judge():
    lead = eventually(20, leader)
    judge_heard(lead)
    jobs = all_jobs(lead)
    names = collections.Counter(job["name"] for job in jobs)
    by_id = {job["id"]: job["name"] for job in jobs}
    lost = [key for key, made in acknowledged.items() if by_id.get(made) != key]
    ok(not lost, f"all {len(acknowledged)} acknowledged jobs are there under their ids", lost[:20])
    twice = [name for name, count in names.items() if count > 1 and name != "late"]
    ok(not twice, "none is there twice", twice[:20])
    with open(ledger) as file:
        runs = collections.Counter(file.read().split())
    again = [key for key, count in runs.items() if count > 1]
    ok(not again, f"none of {len(runs)} that ran has run twice", again[:20])
    ok(len(runs) > 0 and len(acknowledged) > 10, "and work was done")
    verified = subprocess.run([lead.program, "audit", "verify"], capture_output=True, text=True,
                              env={**lead.env, "FASTGPU_URL": f"http://127.0.0.1:{lead.port}", "FASTGPU_TOKEN": lead.token})
    ok(verified.returncode == 0, "what people did fits, whoever led", verified.stdout, verified.stderr)
    note(f"seed {seed}: {ROUNDS} faults, {len(acknowledged)} jobs acknowledged, {len(runs)} ran, "
         f"longest wait for an answer {max(silences)[0]:.1f} s")


try:
    threading.Thread(target=listen, daemon=True).start()
    hosts[0].up()
    token = os.path.join(hosts[0].data, "admin.token")
    if not eventually(20, lambda: os.path.exists(token) and os.path.getsize(token) > 40):
        print(hosts[0].tail())
        raise SystemExit("Bail out! the first daemon does not lead")
    for host in hosts:
        with open(token) as file:
            host.token = file.read().strip()
    ok(eventually(10, hosts[0].leads), "the first daemon leads")
    hosts[1].up()
    ok(eventually(10, lambda: "state=following" in hosts[1].tail()), "the second one follows", hosts[1].tail())
    status, answer = hosts[1].call("GET", "/v1/jobs")
    ok(status == 503 and hosts[0].env is not None and f":{hosts[0].port}" in json.dumps(answer),
       "and names the leader to clients", answer)
    blob = put_blob(hosts[0])
    threads = [threading.Thread(target=client, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    run_faults()
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    judge()
    check_blob(*blob)
    check_command_line()
finally:
    stop.set()
    for host in hosts:
        if os.environ.get("FASTGPU_STANDBY_LOGS"):
            shutil.copy(host.log, os.environ["FASTGPU_STANDBY_LOGS"])
        if host.process:
            host.process.send_signal(signal.SIGCONT)
    postgres("stop")
done()
