#!/usr/bin/env python3
"""The leader is killed while its jobs run on a real Slurm cluster: the couriers come to the new leader, what runs goes on
under the same attempt, what waits is started, and no job runs twice.  The old leader, frozen instead of killed, has
no effect any more."""
import signal
import time

from fgcluster import Ledger, boot_us, done, eventually, ledger_task, note, ok, skip_all
from fghosts import Pair, why_not

if why_not():
    skip_all(why_not())

pair = Pair()
a, b = pair.hosts
slurm = pair.cluster("slurm", nodes=2)
pair.start()
pair.add(slurm, lease="10s")
ok(eventually(20, lambda: len([n for n in a.nodes().values() if n.get("supplier") == "slurm"]) == 2),
   "the leader has the nodes of the cluster", a.nodes(), a.tail())
ledger = Ledger(pair.ledger)
jobs = []


def submit(world, count, milliseconds):
    for _ in range(count):
        status, answer = world.call("POST", "/v1/jobs", {
            "argv": [ledger_task(), ledger.path, str(milliseconds)], "retries": 2,
            "resources": {"cpus": 1, "suppliers": ["slurm"]}})
        assert status == 201, answer
        jobs.append(int(answer["id"]))


def succeeded(world, number):
    return world.call("GET", f"/v1/jobs/{number}")[1]["state"] == "succeeded"


submit(a, 2, 9000)
ok(eventually(20, lambda: len({line[1] for line in ledger.read().lines}) == 2), "two long jobs run there")
submit(a, 4, 200)
killed, killed_us = time.monotonic(), boot_us()
a.stop(signal.SIGKILL)
ok(eventually(10, b.leads), f"the other one leads {time.monotonic() - killed:.1f} s after the kill")
submit(b, 4, 200)
ok(eventually(25, lambda: all(succeeded(b, n) for n in jobs)), "all jobs end well under the new leader",
   *[b.call("GET", f"/v1/jobs/{n}")[1] for n in jobs if not succeeded(b, n)][:3], b.tail())
firsts = [line[4] for line in ledger.read().lines if line[0] == "start" and line[4] > killed_us]
note(f"first job started {(min(firsts) - killed_us) / 1e6:.1f} s after the kill" if firsts else "none started")
ok(not ledger.doubles() and not ledger.overlaps(), "nothing ran twice", ledger.doubles(), ledger.overlaps())
ok(all(count == 1 for count in ledger.ends().values()) and len(ledger.ends()) == len(jobs), "each did its work once",
   ledger.ends())
ok(all(list(attempts) == [1] for attempts in list(ledger.spans().values())[:2]), "what ran went on: no second attempt",
   ledger.spans())
done()
