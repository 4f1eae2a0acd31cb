"""crash_test.py - kill -9 at random moments under load: no acknowledged job lost, none run twice, no leaks.

    submitters --jobs, each with its own key--> daemon (killed and started again FASTGPU_KILLS times)
    every job --one line at its start, one at its end--> ledger

A submitter that gets no answer sends the same job with the same idempotency key again, as a client
should.  At the end every acknowledged id must be there and have succeeded, the ledger must have
exactly one start and one end for each, and no process may be left.  The seed is printed;
FASTGPU_SEED repeats it (the moments of the kills, not the scheduling of the kernel).
"""
import collections
import http.client
import os
import random
import subprocess
import threading
import time

from fgtest import Service, done, eventually, note, ok

KILLS = int(os.environ.get("FASTGPU_KILLS", "500"))
SEED = int(os.environ.get("FASTGPU_SEED", str(random.randrange(1 << 32))))
SUBMITTERS = 4
OPEN_MAX = 60  # jobs that are not over at most, so that the queue does not outgrow two cores


class Submitter(threading.Thread):
    """Sends jobs one after the other until told to stop; keeps what was acknowledged."""

    def __init__(self, service, number, pace, stop):
        super().__init__(daemon=True)
        self.service, self.number, self.pace, self.stop = service, number, pace, stop
        self.random = random.Random(SEED * 1000 + number)
        self.acknowledged = {}  # key -> id
        self.refused = []
        self.repeats = 0

    def spec(self, key):
        ledger = os.path.join(self.service.folder, "ledger")
        pause = self.random.choice([0, 0, 0, 0.01, 0.05, 0.3, 1.0])
        return {"name": key, "resources": {"cpus": 0.05}, "idempotency_key": key,
                "argv": ["/bin/sh", "-c", f"echo start {key} $FASTGPU_JOB_ID >>{ledger}; sleep {pause}; "
                                          f"echo end {key} $FASTGPU_JOB_ID >>{ledger}"]}

    def run(self):
        sent = 0
        while not self.stop.is_set():
            self.pace()
            sent += 1
            key = f"s{self.number}-{sent}"
            spec = self.spec(key)
            while key not in self.acknowledged:
                try:
                    status, body = self.service.call("POST", "/v1/jobs", spec, timeout=10)
                except (OSError, http.client.HTTPException, ValueError):
                    self.repeats += 1
                    time.sleep(0.01)
                    continue
                if status == 201:
                    self.acknowledged[key] = body["id"]
                elif status >= 500 or status == 429:
                    time.sleep(0.02)
                else:
                    self.refused.append((key, status, body))
                    return


def read_ledger(service):
    starts, ends = collections.Counter(), collections.Counter()
    try:
        with open(os.path.join(service.folder, "ledger")) as file:
            for line in file:
                what, key, _ = line.split()
                (starts if what == "start" else ends)[key] += 1
    except FileNotFoundError:
        pass
    return starts, ends


def main():
    note(f"seed {SEED}, {KILLS} kills")
    chance = random.Random(SEED)
    service = Service()
    service.start()
    stop = threading.Event()
    ended = [0]

    def pace():
        while not stop.is_set() and sum(len(s.acknowledged) for s in submitters) - ended[0] > OPEN_MAX:
            time.sleep(0.005)

    submitters = [Submitter(service, number, pace, stop) for number in range(SUBMITTERS)]
    for submitter in submitters:
        submitter.start()

    starts, slowest = [], 0.0
    began = time.monotonic()
    for _ in range(KILLS):
        time.sleep(chance.choice([0, 0.002, 0.01, 0.05, 0.1, 0.2]) * chance.random() * 2)
        service.stop(9)
        took = service.start()
        starts.append(took)
        slowest = max(slowest, took)
        ended[0] = sum(read_ledger(service)[1].values())
    stop.set()
    for submitter in submitters:
        submitter.join(60)
    acknowledged = {key: number for s in submitters for key, number in s.acknowledged.items()}
    note(f"{KILLS} kills in {time.monotonic() - began:.0f} s; {len(acknowledged)} jobs acknowledged, "
         f"{sum(s.repeats for s in submitters)} submits sent again; start median "
         f"{sorted(starts)[len(starts) // 2]:.3f} s, slowest {slowest:.3f} s")

    refused = [r for s in submitters for r in s.refused]
    ok(not refused, "no submit was refused", *refused[:5])
    ok(len(set(acknowledged.values())) == len(acknowledged), "every acknowledged job has an id of its own")

    def open_jobs():
        return service.call("GET", "/v1/jobs?state=queued,starting,running&limit=1")[1]["items"]

    ok(eventually(180, lambda: not open_jobs()), "all jobs come to their end", open_jobs())
    jobs = {job["id"]: job for job in service.jobs()}
    lost = {key: number for key, number in acknowledged.items() if number not in jobs}
    ok(not lost, "no acknowledged job was lost", len(lost), list(lost.items())[:5])
    wrong = [(n, jobs[n]["state"], jobs[n]["reason"]) for n in acknowledged.values()
             if n in jobs and jobs[n]["state"] != "succeeded"]
    ok(not wrong, "every acknowledged job succeeded", len(wrong), *wrong[:5])
    ok(len(jobs) == len({job["name"] for job in jobs.values()}), "no job was made twice from one key",
       len(jobs), len({job["name"] for job in jobs.values()}))

    first, last = read_ledger(service)
    twice = {key: n for key, n in first.items() if n > 1}
    ok(not twice, "no job was run twice", len(twice), list(twice.items())[:5],
       *[jobs[acknowledged[k]] for k in list(twice)[:2] if k in acknowledged])
    never = [key for key in acknowledged if first[key] == 0]
    ok(not never, "every job was run", len(never), never[:5],
       *[jobs.get(acknowledged[k]) for k in never[:2]])
    cut = [key for key in acknowledged if last[key] != 1]
    ok(not cut, "every job ran to its end, across the kills", len(cut), cut[:5])

    verified = subprocess.run([service.program, "audit", "verify"], capture_output=True, text=True,
                              env={**service.env, "FASTGPU_URL": f"http://127.0.0.1:{service.port}", "FASTGPU_TOKEN": service.token})
    ok(verified.returncode == 0 and not os.path.exists(os.path.join(service.data, "audit.missed")),
       "each submit is among the deeds, and they fit", verified.stdout, verified.stderr)
    ok(verified.stdout.split()[:1] and int(verified.stdout.split()[0]) >= len(acknowledged), "none is missing", verified.stdout)

    ok(not service.zombies(), "no zombie below the daemon", *service.zombies())
    ok(service.stop() == 0, "the daemon ends with 0 on TERM", service.tail())
    rest = eventually(10, lambda: not service.leftovers())
    ok(rest, "no process is left", *service.leftovers().items())
    done()


main()
