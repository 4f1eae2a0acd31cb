"""throughput.py - many trivial jobs onto one Slurm: through FastGPU, and directly by Slurm's own fastest ways.

One cluster (four slurmd on this machine), the same jobs (`true`, one core) three times, one after the other:

    Slurm, arrays of 1,000        its fastest way in
    Slurm, one submit a job       REST where it can be had (root), else sbatch; a tenth of the jobs
    FastGPU                       one POST a job, over four connections; and as one array

Printed: jobs/s from the first submit to the last end, and acknowledged submits/s.
"""
import concurrent.futures
import http.client
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "test", "cluster"))
from fgcluster import World, eventually, note  # noqa: E402

JOBS = int(os.environ.get("JOBS", "10000"))
CONNECTIONS = 4


def drained(cluster, seconds=1800):
    return eventually(seconds, lambda: not cluster.slurm("squeue", "-h", "-o", "%i"), pause=0.2)


def by_array(cluster):
    began = time.monotonic()
    for first in range(0, JOBS, 1000):
        cluster.slurm("sbatch", f"--array=1-{min(1000, JOBS - first)}", "-o", "/dev/null", "--wrap", "exec true")
    acknowledged = time.monotonic() - began
    drained(cluster)
    return JOBS / (time.monotonic() - began), JOBS / acknowledged


def rest_submits(cluster, jobs):
    token = cluster.do("token").strip()
    host = re.sub("^http://", "", cluster.rest_url)
    body = json.dumps({"script": "#!/bin/sh\nexec true\n",
                       "job": {"name": "x", "tasks": 1, "current_working_directory": "/tmp", "standard_output": "/dev/null",
                               "environment": {"PATH": "/usr/bin:/bin"}}})
    head = {"X-SLURM-USER-NAME": "root", "X-SLURM-USER-TOKEN": token, "Content-Type": "application/json"}

    def some(count):
        line = http.client.HTTPConnection(host, timeout=60)
        for _ in range(count):
            line.request("POST", "/slurm/v0.0.38/job/submit", body, head)
            answer = line.getresponse()
            if answer.status != 200:
                raise RuntimeError(answer.read())
            answer.read()

    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(some, [jobs // CONNECTIONS] * CONNECTIONS))


def one_by_one(cluster, jobs):
    began = time.monotonic()
    if os.getuid() == 0:
        rest_submits(cluster, jobs)
    else:
        for _ in range(jobs):
            cluster.slurm("sbatch", "-o", "/dev/null", "--wrap", "exec true")
    acknowledged = time.monotonic() - began
    drained(cluster)
    return jobs / (time.monotonic() - began), jobs / acknowledged


def over(world):
    status, body = world.call("GET", "/v1/jobs?state=queued,starting,running&limit=1")
    return status == 200 and not body["items"]


def fastgpu_posts(world, jobs):
    spec = {"argv": ["/bin/true"], "resources": {"cpus": 1, "suppliers": "a"}}

    def some(count):
        line = world.connection()
        for _ in range(count):
            status, body = world.call("POST", "/v1/jobs", spec, connection=line)
            if status != 201:
                raise RuntimeError(f"{status} {body}")

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(some, [jobs // CONNECTIONS] * CONNECTIONS))
    acknowledged = time.monotonic() - began
    eventually(1800, lambda: over(world), pause=0.2)
    return jobs / (time.monotonic() - began), jobs / acknowledged


def main():
    world = World()
    cluster = world.cluster("a", nodes=4, rest=os.getuid() == 0, gpus="none", cpus=4, conf=["MinJobAge=2"])
    note(f"{JOBS} jobs")
    arrays, _ = by_array(cluster)
    print(f"Slurm, arrays of 1,000: {arrays:.1f} jobs/s", flush=True)
    single, submits = one_by_one(cluster, JOBS // 10)
    print(f"Slurm, one {'REST call' if os.getuid() == 0 else 'sbatch'} a job: {single:.1f} jobs/s, {submits:.0f} submits/s",
          flush=True)
    world.start()
    world.add(cluster, lease="60s")
    if not eventually(30, lambda: "a.n4" in world.nodes()):
        raise RuntimeError(world.tail())
    rate, acknowledged = fastgpu_posts(world, JOBS)
    print(f"FastGPU, one POST a job: {rate:.1f} jobs/s, {acknowledged:.0f} acknowledged/s", flush=True)
    wrong = sum(1 for job in world.jobs() if job["state"] != "succeeded")
    print(f"FastGPU against Slurm's fastest: {rate / max(arrays, single):.2f} (aim: >= 0.9); {wrong} jobs did not succeed",
          flush=True)


main()
