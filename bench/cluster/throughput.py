"""throughput.py - many trivial jobs onto one Slurm: through FastGPU, and directly by Slurm's own fastest ways.

One cluster (four slurmd on this machine), the same jobs (`true`, one core), one after the other:

    Slurm, arrays of 1,000        its fastest way in
    Slurm, one submit a job       REST where it can be had (root), else sbatch; a tenth of the jobs
    FastGPU                       one POST a job, over 64 connections, as in bench_submit, and over four

Printed: jobs/s from the first submit to the last end; acknowledged submits/s, of FastGPU once the first of a tenth of the jobs
are over, so while jobs start and end on the same cores; and the same where nothing starts, without Slurm.
"""
import concurrent.futures
import http.client
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "test", "cluster"))
from fgcluster import Service, World, eventually, note  # noqa: E402

JOBS = int(os.environ.get("JOBS", "10000"))
CONNECTIONS = 64, 4
REST_CONNECTIONS = 4


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

    with concurrent.futures.ThreadPoolExecutor(REST_CONNECTIONS) as pool:
        list(pool.map(some, [jobs // REST_CONNECTIONS] * REST_CONNECTIONS))


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


def submit(service, connections, jobs, **resources):
    """One POST a job, from a program of its own that is the same as in bench_submit: jobs/s, p50 and p99 in ms."""
    body = json.dumps({"argv": ["/bin/true"], "resources": {"cpus": 1, **resources}})
    ran = subprocess.run([os.path.join(os.path.dirname(os.environ["FASTGPU_BIN"]), "bench_submit"), "--to", str(service.port),
                          str(connections), str(jobs), body], env=dict(os.environ, FASTGPU_TOKEN=service.token),
                         check=True, stdout=subprocess.PIPE, text=True)
    return tuple(map(float, ran.stdout.split()))


def without_slurm(connections):
    """What is acknowledged when nothing starts, as bench_submit measures it."""
    service = Service()
    service.start()
    try:
        for node in service.call("GET", "/v1/nodes")[1]["items"]:
            service.call("POST", f"/v1/nodes/{node['name']}/drain", {"reason": "bench"})
        return submit(service, connections, JOBS)
    finally:
        service.stop(9)
        service.close()


def cpu_s(pid):
    """User and system seconds of a process."""
    def of(path):
        with open(path) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return of(f"/proc/{pid}/stat")


def busy_s():
    """Seconds that the cores of this machine were not idle."""
    with open("/proc/stat") as file:
        fields = list(map(int, file.readline().split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def onto_slurm(world, connections):
    """Acknowledged and done a second, and who had the cores while the jobs were acknowledged."""
    began = time.monotonic()
    submit(world, connections, JOBS // 10, suppliers="a")
    first = world.newest() - JOBS // 10 + 1
    if not eventually(60, lambda: world.state(first) == "succeeded", pause=0.05):
        raise RuntimeError(world.tail())
    own, all_of_it, client, asked = cpu_s(world.process.pid), busy_s(), os.times(), time.monotonic()
    acknowledged, p50, p99 = submit(world, connections, JOBS - JOBS // 10, suppliers="a")
    took = time.monotonic() - asked
    own, all_of_it, after = cpu_s(world.process.pid) - own, busy_s() - all_of_it, os.times()
    client = after.children_user + after.children_system - client.children_user - client.children_system
    eventually(1800, lambda: over(world), pause=0.2)
    rate = JOBS / (time.monotonic() - began)
    print(f"FastGPU, one POST a job, {connections} connections: {rate:.1f} jobs/s, {acknowledged:.0f} acknowledged/s "
          f"(p50 {p50:.1f} ms, p99 {p99:.1f} ms); of {os.cpu_count()} cores the service had {own / took:.2f}, the clients "
          f"{client / took:.2f}, Slurm, couriers, jobs and others {(all_of_it - own - client) / took:.2f}", flush=True)
    return rate, acknowledged


def main():
    alone = {connections: without_slurm(connections)[0] for connections in CONNECTIONS}
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
    for connections in CONNECTIONS:
        rate, acknowledged = onto_slurm(world, connections)
        print(f"  {rate / max(arrays, single):.2f} of Slurm's fastest (aim: >= 0.9); acknowledged: "
              f"{acknowledged / alone[connections]:.2f} of the {alone[connections]:.0f}/s where nothing starts", flush=True)
    wrong = sum(1 for job in world.jobs() if job["state"] != "succeeded")
    print(f"{wrong} jobs did not succeed", flush=True)


main()
