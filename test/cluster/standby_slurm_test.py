#!/usr/bin/env python3
"""The leader is killed while its jobs run on a real Slurm cluster: the couriers come to the new leader, what runs goes on
under the same attempt, what waits is started, and no job runs twice.  The old leader, frozen instead of killed, has
no effect any more."""
import os
import signal
import subprocess
import time

from fgcluster import HERE, Ledger, World, boot_us, done, eventually, free_port, ledger_task, note, ok, skip_all

if os.geteuid() != 0 or subprocess.run(["unshare", "--uts", "true"], stderr=subprocess.DEVNULL).returncode != 0:
    skip_all("a second host name needs a namespace, which needs root")
if not os.path.isdir("/usr/lib/postgresql"):
    skip_all("PostgreSQL is not installed")


class Host(World):
    """A daemon with a host name of its own."""

    def prepare(self, name, shared):
        self.name = name
        self.data = os.path.join(self.folder, name)
        self.log = os.path.join(shared, name + ".log")
        self.program_file = os.path.join(self.folder, "up")
        with open(self.program_file, "w") as file:
            file.write(f"#!/bin/sh\nexec unshare --uts sh -c 'hostname {name} && exec \"$@\"' sh {super().program} \"$@\"\n")
        os.chmod(self.program_file, 0o755)
        self.config.update(shared_store=url, leader_patience_ms=2000, shared_url=f"http://127.0.0.1:{self.port}")

    @property
    def program(self):
        return getattr(self, "program_file", super().program)

    def leads(self):
        try:
            return self.call("GET", "/v1/status", timeout=1)[0] == 200
        except OSError:
            return False


def postgres(*words):
    return subprocess.run([f"{HERE}/postgres.sh", base, *words], check=True, capture_output=True, text=True).stdout.strip()


a, b = Host(), Host()
base = os.path.join(a.folder, "pg")
postgres("start", "--port", str(free_port()))
try:
    url = postgres("url")
    a.prepare("host-a", a.folder)
    b.prepare("host-b", a.folder)
    slurm = a.cluster("slurm", nodes=2)
    a.start()
    b.token = a.token
    b.start()
    a.fg("supplier", "add", "slurm", "slurm", "--conf", slurm.env["SLURM_CONF"], "--lease", "10s", "--poll", "1s",
         "--link", f"127.0.0.1:{a.link_port},127.0.0.1:{b.link_port}")
    ok(eventually(20, lambda: len([n for n in a.nodes().values() if n.get("supplier") == "slurm"]) == 2),
       "the leader has the nodes of the cluster", a.nodes(), a.tail())
    ledger = Ledger(os.path.join(a.folder, "ledger"))
    with open(ledger.path, "w"):
        os.chmod(ledger.path, 0o666)
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
finally:
    a.end()
    b.end()
    postgres("stop")
done()
