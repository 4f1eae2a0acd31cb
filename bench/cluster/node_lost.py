"""node_lost.py - power off under running jobs: how long until they run elsewhere?

    Slurm, its timers as they come      --.
    Slurm, its timers as short as it goes --+--> seconds from power off to the first line of the new copy
    FastGPU on a Slurm as it comes      --'

All three in one run, each on a cluster of its own: three nodes, four jobs on the first, which is switched off (a process
namespace that ends with everything in it).  Lines of the ledger carry the machine's clock, so nothing is guessed.
"""
import datetime
import os
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "test", "cluster"))
from fgcluster import Ledger, World, boot_us, can_hosts, eventually, ledger_task, note, skip_all  # noqa: E402

JOBS = 4
DEFAULTS = ["SlurmdTimeout=10"]  # else 300: that alone would take five minutes
TUNED = ["SlurmdTimeout=5", "MessageTimeout=5",
         "SchedulerParameters=batch_sched_delay=0,bf_interval=2,sched_interval=2"]


def elsewhere(ledger, jobs, node, off_us):
    """job -> seconds from power off until a copy of it started after that, of those that did."""
    found = {}
    for what, job, _, _, when, _, where in ledger.read().lines:
        if what == "start" and job in jobs and when > off_us and job not in found and where != node:
            found[job] = (when - off_us) / 1e6
    return found


def slurm_alone(world, name, conf, cred_expire, results, limit=300):
    cluster = world.cluster(name, hosts=True, nodes=3, conf=conf, cred=cred_expire)
    ledger = Ledger(os.path.join(cluster.folder, "ledger"))
    cluster.slurm("scontrol", "update", "nodename=n[2-3]", "state=drain", "reason=later")
    task = (f"FASTGPU_JOB_ID=$SLURM_JOB_ID FASTGPU_ATTEMPT=${{SLURM_RESTART_COUNT:-0}} "
            f"exec {ledger_task()} {ledger.path} 3600000")
    jobs = [int(cluster.slurm("sbatch", "--parsable", "--requeue", "-o", "/dev/null", "--gres=gpu:1",
                              "--wrap", task)) for _ in range(JOBS)]
    eventually(60, lambda: len(ledger.read().spans()) == JOBS)
    cluster.slurm("scontrol", "update", "nodename=n[2-3]", "state=resume")
    off_us = boot_us()
    cluster.do("off", "n1")
    eventually(limit, lambda: len(elsewhere(ledger, jobs, "n1", off_us)) == JOBS, pause=0.2)
    results[name] = sorted(elsewhere(ledger, jobs, "n1", off_us).values())
    note(f"{name}: {len(results[name])} of {JOBS} run elsewhere after {results[name]}")
    cluster.stop()


def started(ledger, jobs, attempt):
    """job -> (first line, node) of that attempt."""
    found = {}
    for _, job, number, _, when, _, node in ledger.read().lines:
        if job in jobs and number >= attempt and job not in found:
            found[job] = (when, node)
    return found


def fastgpu(world, results, what):
    """`what` happens to cluster a; jobs go on in its other nodes or in b."""
    ledger = Ledger(world.ledger)
    jobs = [world.submit({"argv": [ledger_task(), world.ledger, "3600000"], "resources": {"accelerators": "H100:1"}})
            for _ in range(JOBS)]
    eventually(60, lambda: len(started(ledger, jobs, 1)) == JOBS)
    home = started(ledger, jobs, 1)[jobs[0]][1]
    mine = [job for job in jobs if started(ledger, jobs, 1)[job][1] == home]
    off_us = boot_us()
    off_wall = time.time()
    what(home)
    eventually(120, lambda: len(started(ledger, mine, 2)) == len(mine), pause=0.05)
    again = {job: when for job, (when, _) in started(ledger, mine, 2).items()}
    total = sorted((when - off_us) / 1e6 for when in again.values())
    since = sorted((again[job] - off_us) / 1e6 - (lost_at(world, job) - off_wall) for job in again)
    overlaps = ledger.overlaps()
    world.fg("cancel", *map(str, jobs))
    eventually(60, lambda: all(world.state(job) == "cancelled" for job in jobs))
    results["fastgpu"], results["since"] = total, since
    note(f"FastGPU: {len(total)} of {len(mine)} run elsewhere after {total}, after its own detection {since}; "
         f"{len(overlaps)} overlaps")
    return len(overlaps)


def lost_at(world, job):
    """When the service said that the first attempt was lost, in seconds since 1970."""
    text = world.job(job)["attempts"][0]["finished"]
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def median(values):
    return statistics.median(values) if values else float("nan")


def main():
    if not can_hosts():
        skip_all("namespaces are not allowed here: no node can be switched off as a whole")
    world = World()
    results = {}
    threads = [threading.Thread(target=slurm_alone, args=(world, name, conf, expire, results), daemon=True)
               for name, conf, expire in (("defaults", DEFAULTS, None), ("tuned", TUNED, 5))]
    for thread in threads:
        thread.start()
        time.sleep(2)
    for thread in threads:
        thread.join()
    ours = world.cluster("a", hosts=True, nodes=3, conf=DEFAULTS)
    other = world.cluster("b", hosts=True, nodes=3, prefix="m")
    world.start()
    world.add(ours)
    if not eventually(30, lambda: "a.n3" in world.nodes()):
        raise RuntimeError(world.tail())
    overlaps = fastgpu(world, results, lambda node: ours.do("off", node.split(".")[1]))
    print(f"power off under {JOBS} jobs, seconds until they run elsewhere (median): Slurm as it comes "
          f"{median(results['defaults']):.1f}, Slurm tuned {median(results['tuned']):.1f}, FastGPU {median(results['fastgpu']):.1f} "
          f"(with a lease of 6 s; {median(results['since']):.2f} of it after its own detection, aim: <= 5)", flush=True)
    world.add(other)
    eventually(30, lambda: "b.m3" in world.nodes())
    overlaps += fastgpu(world, results, lambda _: ours.do("cut", "all"))
    print(f"a whole cluster cut off: its work runs in the other after {max(results['fastgpu'], default=0):.1f} s "
          f"(aim: lease or patience + 30 s); copies that overlapped: {overlaps}", flush=True)


main()
