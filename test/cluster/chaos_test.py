"""chaos_test.py - random kills of everything while jobs are submitted: nothing lost, nothing twice.

    submitters --jobs, each with its own key--> service --> clusters a and b
    FASTGPU_KILLS times: kill -9 of slurmctld, slurmd, slurmrestd or the service, started again soon after

With FASTGPU_DAEMONS=2 the service is two daemons of one PostgreSQL: the leader, the follower and PostgreSQL are killed.

A submitter that gets no answer sends the same job with the same key again.  At the end every acknowledged job has succeeded,
its ledger shows exactly one whole run and no two copies at a time, and no courier is left.  FASTGPU_SEED repeats a run;
FASTGPU_LOGS names a folder for the ledger and all logs: of the service, the couriers, Slurm and PostgreSQL.
"""
import atexit
import glob
import http.client
import os
import random
import re
import shutil
import subprocess
import threading
import time

from fgcluster import Ledger, World, done, eventually, ledger_task, note, ok
from fghosts import Pair, why_not

KILLS = int(os.environ.get("FASTGPU_KILLS", "10"))
SEED = int(os.environ.get("FASTGPU_SEED", str(random.randrange(1 << 32))))
DAEMONS = int(os.environ.get("FASTGPU_DAEMONS", "1"))
SUBMITTERS = 2
OPEN_MAX = 24


class Submitter(threading.Thread):
    def __init__(self, world, number, stop):
        super().__init__(daemon=True)
        self.world, self.number, self.stop = world, number, stop
        self.random = random.Random(SEED * 1000 + number)
        self.acknowledged, self.refused, self.repeats = {}, [], 0

    def open(self):
        return len(self.acknowledged) - sum(1 for job in self.acknowledged.values() if job in self.world.ended)

    def run(self):
        sent = 0
        while not self.stop.is_set():
            if self.open() > OPEN_MAX / SUBMITTERS:
                time.sleep(0.05)
                continue
            sent += 1
            key = f"s{self.number}-{sent}"
            spec = {"name": key, "idempotency_key": key, "resources": {"accelerators": "H100:1"},
                    "argv": [ledger_task(), self.world.ledger, str(self.random.choice([20, 100, 300, 1500]))]}
            while key not in self.acknowledged and not self.refused:
                try:
                    status, body = self.world.call("POST", "/v1/jobs", spec, timeout=10)
                except (OSError, http.client.HTTPException, ValueError):
                    self.repeats += 1
                    time.sleep(0.05)
                    continue
                if status == 201:
                    self.acknowledged[key] = int(body["id"])
                elif status >= 500 or status == 429:
                    time.sleep(0.05)
                else:
                    self.refused.append((key, status, body))


def make_world():
    """The service, and what of it can be killed."""
    missing = why_not() if DAEMONS == 2 else None
    if DAEMONS == 2 and not missing:
        return Pair(), ["leader"] * 3 + ["follower"] * 2 + ["postgres"]
    if missing:
        note(f"ONE daemon only, no leader and follower: {missing}")
    return World(), ["service"] * 3


def kill_service(world, chance, part):
    if part == "postgres":
        world.postgres.do("kill")
        time.sleep(chance.random())
        world.postgres.do("start")
        return
    host = world
    if part != "service":
        leader = world.leader()
        host = next(each for each in world.hosts if (each is leader) == (part == "leader"))
    host.stop(9)
    time.sleep(chance.random() * (1 if part == "service" else 4))
    host.start()


def kill_one(world, chance, victims):
    cluster, part = chance.choice(victims)
    if cluster is None:
        kill_service(world, chance, part)
        return part
    cluster.do("kill", part)
    time.sleep(chance.random() * 2)
    cluster.do("part", part)
    return f"{part} of {cluster.name}"


def explain(world, *clusters):
    """Nothing ended for a while: what do Slurm and the service say?"""
    for cluster in clusters:
        note(f"{cluster.name}: {cluster.queue()[:6]} {cluster.slurm('sinfo', '-h', '-N', '-o', '%N %t %E').split(chr(10))}")
    try:
        for path in ("/v1/suppliers", "/v1/jobs?state=queued,starting,running&limit=2"):
            note(str(world.call("GET", path)[1])[:3000])
        job = world.call("GET", "/v1/jobs?state=queued,starting,running&limit=1")[1]["items"][0]
        note(str(world.call("GET", f"/v1/jobs/{job['id']}/why")[1])[:2000])
    except (OSError, LookupError) as error:
        note(f"no answer: {error}")


def recover(ledger, over):
    """Kills hit nothing while nothing runs: none until work goes on."""
    began = time.monotonic()
    goes_on = eventually(150, lambda: len(ledger.read().ends()) > over, pause=0.5)
    ok(goes_on, f"left alone, work goes on after {time.monotonic() - began:.0f} s")


def resume_drained(*clusters):
    """A restored slurmctld starts a job again that runs, and drains its node: what an operator does then.  How many."""
    resumed = 0
    for cluster in clusters:
        try:
            for line in cluster.slurm("sinfo", "-h", "-N", "-o", "%N|%E", timeout=5).splitlines():
                node, reason = line.split("|", 1)
                if reason.startswith("Duplicate jobid"):
                    cluster.slurm("scontrol", "update", f"NodeName={node}", "State=RESUME", timeout=5)
                    resumed += 1
        except subprocess.TimeoutExpired:
            pass
    return resumed


def keep_logs(world, folder):
    for host in getattr(world, "hosts", [world]):
        shutil.copy(host.log, os.path.join(folder, getattr(host, "name", "service") + ".log"))
    shutil.copy(world.ledger, folder)
    for cluster in getattr(world, "hosts", [world])[0].clusters:
        for path in glob.glob(f"{cluster.folder}/log/*") + glob.glob(f"{cluster.folder}/*.out") + [f"{cluster.folder}/completed"]:
            if os.path.exists(path):
                shutil.copy(path, os.path.join(folder, f"{cluster.name}.{os.path.basename(path)}.log"))
    if hasattr(world, "postgres"):
        shutil.copy(os.path.join(world.postgres.folder, "postgres.out"), os.path.join(folder, "postgres.log"))


def talking_courier(folder):
    """A program for the nodes that keeps what each courier says."""
    os.makedirs(os.path.join(folder, "couriers"), exist_ok=True)
    path = os.path.join(folder, "fastgpu-that-talks")
    with open(path, "w") as file:
        file.write("#!/bin/sh\n"
                   f"exec {os.environ['FASTGPU_BIN']} \"$@\" 2>>{folder}/couriers/$SLURMD_NODENAME.$SLURM_JOB_ID\n")
    os.chmod(path, 0o755)
    return path


def takeovers(world):
    """How often another host led than before."""
    leaders = []
    for host in world.hosts:
        with open(host.log) as log:
            leaders += [(int(epoch), host.name) for epoch in re.findall(r"event=leader epoch=([0-9]+)", log.read())]
    names = [name for _, name in sorted(leaders)]
    return sum(before != after for before, after in zip(names, names[1:]))


def main():
    note(f"seed {SEED}, {KILLS} kills")
    chance = random.Random(SEED)
    rest = os.getuid() == 0
    world, parts = make_world()
    words = []
    if "FASTGPU_LOGS" in os.environ:
        folder = os.path.abspath(os.environ["FASTGPU_LOGS"])
        words = ["--program", talking_courier(folder)]
        atexit.register(keep_logs, world, folder)
    world.ended = set()
    a = world.cluster("a", nodes=2, rest=rest)
    b = world.cluster("b", nodes=2, prefix="m")
    world.start()
    for cluster in (a, b):
        world.add(cluster, *words, lease="20s")
    ok(eventually(20, lambda: {"a.n1", "b.m2"} <= set(world.nodes())), "both clusters are there", *world.nodes())
    victims = [(None, part) for part in parts]
    for cluster in (a, b):
        victims += [(cluster, "slurmctld")] * 2
        victims += [(cluster, f"slurmd.{cluster.prefix}{i}") for i in (1, 2)]
    if rest:
        victims += [(a, "slurmrestd")]
    ledger = Ledger(world.ledger)
    stop = threading.Event()
    submitters = [Submitter(world, number, stop) for number in range(SUBMITTERS)]
    for submitter in submitters:
        submitter.start()
    ok(eventually(30, lambda: ledger.read().spans()), "jobs run", world.tail())
    began, killed, over, resumed = time.monotonic(), {}, -1, 0
    for number in range(KILLS):
        time.sleep(chance.random() * 2)
        what = kill_one(world, chance, victims)
        kind = what.split(".")[0].split(" ")[0]
        killed[kind] = killed.get(kind, 0) + 1
        world.ended.update(ledger.read().ends())
        if number % 5 == 4:
            resumed += resume_drained(a, b)
        if number % 10 == 9:
            note(f"{number + 1} kills, {len(world.ended)} jobs over, {time.monotonic() - began:.0f} s")
            if len(world.ended) == over:
                explain(world, a, b)
                recover(ledger, over)
            over = len(world.ended)
    stop.set()
    for submitter in submitters:
        submitter.join(60)
    acknowledged = {key: job for s in submitters for key, job in s.acknowledged.items()}
    note(f"{killed} in {time.monotonic() - began:.0f} s; {len(acknowledged)} jobs acknowledged, "
         f"{sum(s.repeats for s in submitters)} submits sent again")
    note(f"nodes that Slurm had drained for a duplicate of its own were resumed {resumed} times")
    starts = sorted(when for what, *_, when, _, _ in ledger.read().lines if what == "start")
    note(f"longest time without a start: {max(after - before for before, after in zip(starts, starts[1:])) / 1e6:.0f} s")
    if "leader" in parts:
        note(f"another host led {takeovers(world)} times")
    refused = [r for s in submitters for r in s.refused]
    ok(not refused, "no submit was refused", *refused[:5])

    def open_jobs():
        try:
            return world.call("GET", "/v1/jobs?state=queued,starting,running&limit=3")[1]["items"]
        except OSError:
            return ["the service does not answer"]

    ok(eventually(120, lambda: not open_jobs(), pause=0.3), "all jobs come to their end", *open_jobs(), a.queue(), b.queue(),
       world.tail())
    ledger.check(world, list(acknowledged.values()))
    jobs = list(world.jobs())
    ok(len(jobs) == len({job["name"] for job in jobs}), "no job was made twice from one key")
    ok(eventually(30, lambda: not world.couriers(), pause=0.5), "no courier is left", world.couriers(), a.queue(), b.queue())
    ok(world.stop() == 0, "the service ends with 0", world.tail())
    done()


main()
