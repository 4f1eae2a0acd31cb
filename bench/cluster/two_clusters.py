"""two_clusters.py - jobs that sleep 2 s: how much sooner do two clusters of equal size end them than one?"""
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "test", "cluster"))
from fgcluster import World, eventually, note  # noqa: E402

JOBS, ROUNDS = int(os.environ.get("JOBS", "96")), int(os.environ.get("ROUNDS", "3"))


def run(world, suppliers):
    spec = {"argv": ["/bin/sleep", "2"], "resources": {"accelerators": "H100:1", "suppliers": suppliers}}
    began = time.monotonic()
    jobs = [world.submit(spec) for _ in range(JOBS)]
    eventually(300, lambda: not world.call("GET", "/v1/jobs?state=queued,starting,running&limit=1")[1]["items"])
    took = time.monotonic() - began
    wrong = [job for job in jobs if world.state(job) != "succeeded"]
    if wrong:
        raise RuntimeError(f"{len(wrong)} did not succeed: {world.job(wrong[0])}")
    return took


def main():
    world = World()
    a = world.cluster("a", nodes=4)
    b = world.cluster("b", nodes=4, prefix="m")
    world.start()
    world.add(a, lease="60s")
    world.add(b, lease="60s")
    if not eventually(30, lambda: {"a.n4", "b.m4"} <= set(world.nodes())):
        raise RuntimeError(world.tail())
    one, two = [], []
    for number in range(ROUNDS):
        one.append(run(world, "a"))
        two.append(run(world, "a,b"))
        note(f"round {number + 1}: one cluster {one[-1]:.1f} s, two {two[-1]:.1f} s")
    ratio = statistics.median(two) / statistics.median(one)
    print(f"{JOBS} jobs of 2 s on 16 devices: one cluster {statistics.median(one):.1f} s, two {statistics.median(two):.1f} s: "
          f"{ratio:.2f} (aim: <= 0.6)", flush=True)


main()
