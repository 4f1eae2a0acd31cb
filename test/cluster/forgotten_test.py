#!/usr/bin/env python3
"""A task ends while its service is dead, then its courier is killed (as slurmd does with jobs that its slurmctld has
forgotten): the next courier on that node tells how it ended, and the work is not done again."""
import glob
import os
import signal

from fgcluster import Ledger, World, done, eventually, ledger_task, ok

world = World()
slurm = world.cluster("slurm", nodes=1)
world.start()
world.add(slurm, lease="60s")
ok(eventually(20, lambda: "slurm.n1" in world.nodes()), "the node is there", world.tail())
ledger = Ledger(world.ledger)
job = world.submit({"argv": ["sh", "-c", f"echo before; {ledger_task()} {ledger.path} 1500; echo after >result; echo after"],
                    "outputs": ["result"], "retries": 2, "resources": {"cpus": 1, "suppliers": ["slurm"]}})
ok(eventually(30, lambda: ledger.read().spans()), "it runs", world.tail())
world.stop(signal.SIGKILL)


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def has_record():
    """Its supervisor wrote down how it ended."""
    for above in {os.environ.get("TMPDIR", "/tmp"), "/tmp"}:
        for path in glob.glob(f"{above}/fastgpu-courier-*/jobs/*/{job}/1/0/lock"):
            who = path.split("/jobs/")[0] + "/self"
            if f":{world.link_port}\n" in read(who) and "\nkind=" in read(path):
                return True
    return False


ok(eventually(20, has_record), "it ends, and nobody hears of it")
for pid in world.couriers():  # and what it forked
    os.kill(pid, signal.SIGKILL)
ok(eventually(10, lambda: not world.couriers()), "its courier is killed")
world.start()
ok(world.in_state(job, "succeeded", seconds=40), "its end is heard all the same", world.job(job), slurm.queue(), world.tail())
ok(ledger.read().ends() == {job: 1} and list(ledger.spans()[job]) == [1], "its work was done once", ledger.lines)
ok(world.fg("logs", str(job)) == "before\nafter\n", "its output is whole", world.last.stdout)
kept = world.fg("artifacts", str(job), "--get", "result", "-o", "-", check=False)
ok(kept == "after\n", "its outputs are there", kept, world.last.stderr)
ok(eventually(20, lambda: not world.couriers(), pause=0.2), "no courier is left", world.couriers(), slurm.queue())
done()
