"""chaos_test.py - random kills of everything while jobs are submitted: nothing lost, nothing twice.

    submitters --jobs, each with its own key--> service --> clusters a and b
    every FASTGPU_KILLS-th moment: kill -9 of slurmctld, slurmd, slurmrestd or the service, started again soon after

A submitter that gets no answer sends the same job with the same key again.  At the end every acknowledged job has succeeded,
its ledger shows exactly one whole run and no two copies at a time, and no courier is left.  FASTGPU_SEED repeats a run.
"""
import http.client
import os
import random
import threading
import time

from fgcluster import Ledger, World, done, eventually, ledger_task, note, ok

KILLS = int(os.environ.get("FASTGPU_KILLS", "10"))
SEED = int(os.environ.get("FASTGPU_SEED", str(random.randrange(1 << 32))))
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


def kill_one(world, chance, victims):
    cluster, part = chance.choice(victims)
    if part == "service":
        world.stop(9)
        time.sleep(chance.random())
        world.start()
        return part
    cluster.do("kill", part)
    time.sleep(chance.random() * 2)
    cluster.do("part", part)
    return f"{part} of {cluster.name}"


def main():
    note(f"seed {SEED}, {KILLS} kills")
    chance = random.Random(SEED)
    rest = os.getuid() == 0
    world = World()
    world.ended = set()
    a = world.cluster("a", nodes=2, rest=rest)
    b = world.cluster("b", nodes=2, prefix="m")
    world.start()
    world.add(a, lease="20s")
    world.add(b, lease="20s")
    ok(eventually(20, lambda: {"a.n1", "b.m2"} <= set(world.nodes())), "both clusters are there", *world.nodes())
    victims = [(None, "service")] * 3
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
    began, killed = time.monotonic(), {}
    for number in range(KILLS):
        time.sleep(chance.random() * 2)
        what = kill_one(world, chance, victims)
        killed[what.split(".")[0]] = killed.get(what.split(".")[0], 0) + 1
        world.ended.update(ledger.read().ends())
        if number % 10 == 9:
            note(f"{number + 1} kills, {len(world.ended)} jobs over, {time.monotonic() - began:.0f} s")
    stop.set()
    for submitter in submitters:
        submitter.join(60)
    acknowledged = {key: job for s in submitters for key, job in s.acknowledged.items()}
    note(f"{killed} in {time.monotonic() - began:.0f} s; {len(acknowledged)} jobs acknowledged, "
         f"{sum(s.repeats for s in submitters)} submits sent again")
    refused = [r for s in submitters for r in s.refused]
    ok(not refused, "no submit was refused", *refused[:5])

    def open_jobs():
        return world.call("GET", "/v1/jobs?state=queued,starting,running&limit=3")[1]["items"]

    ok(eventually(120, lambda: not open_jobs(), pause=0.3), "all jobs come to their end", *open_jobs(), a.queue(), b.queue(),
       world.tail())
    ledger.check(world, list(acknowledged.values()))
    jobs = list(world.jobs())
    ok(len(jobs) == len({job["name"] for job in jobs}), "no job was made twice from one key")
    ok(eventually(30, lambda: not world.couriers(), pause=0.5), "no courier is left", world.couriers(), a.queue(), b.queue())
    ok(world.stop() == 0, "the service ends with 0", world.tail())
    done()


main()
