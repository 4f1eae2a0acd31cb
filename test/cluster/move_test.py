"""move_test.py - from cluster a to cluster b: a job that is moved goes on from its checkpoint, and one whose whole cluster
is cut off starts again there, after its old copy is dead."""
from fgcluster import Ledger, World, boot_us, can_hosts, done, eventually, ledger_task, note, ok

hosts = can_hosts()
world = World()
a = world.cluster("a", nodes=1, hosts=hosts)
b = world.cluster("b", nodes=1, hosts=hosts, prefix="m")
world.start()
world.add(a)
ok(eventually(20, lambda: "a.n1" in world.nodes()), "the node of a is in the pool", *world.nodes())
ledger = Ledger(world.ledger)


def submit(milliseconds, **more):
    return world.submit({"argv": [ledger_task(), world.ledger, str(milliseconds)], "preemptible": True,
                         "resources": {"accelerators": "H100:1"}, **more})


def runs_in(job, node):
    return eventually(40, lambda: any(line[1] == job and line[6] == node for line in ledger.read().lines))


job = submit(6000, checkpoint="1s")
ok(runs_in(job, "a.n1"), "a job runs in a", world.job(job), world.tail())
eventually(10, lambda: len([1 for line in ledger.read().lines if line[1] == job]) > 40)
world.add(b)
ok(eventually(20, lambda: "b.m1" in world.nodes()), "b comes", *world.nodes())
world.fg("node", "drain", "a.n1", "--move", "--reason", "to b")
ok(runs_in(job, "b.m1"), "it is moved to b", world.job(job), world.tail())
ok(world.in_state(job, "succeeded"), "and succeeds there", world.job(job))
said = world.fg("logs", str(job))
ok("goes on at" in said, "from its checkpoint", said, world.fg("show", str(job)))
ticks = [line for line in ledger.read().lines if line[1] == job and line[0] == "tick"]
ok(len(ticks) < 6000 / 50 * 1.4, "without doing everything again", len(ticks))

if hosts:
    world.fg("node", "resume", "a.n1")
    world.fg("node", "drain", "b.m1")
    job = submit(2500)
    ok(runs_in(job, "a.n1"), "another runs in a", world.job(job))
    world.fg("node", "resume", "b.m1")
    cut_us = boot_us()
    a.do("cut", "all")
    ok(runs_in(job, "b.m1"), "the whole of a is cut off: it runs in b", world.job(job), world.tail())
    note(f"{(ledger.spans()[job][max(ledger.spans()[job])][0] - cut_us) / 1e6:.1f} s after the cut")
    ok(world.in_state(job, "succeeded"), "and succeeds", world.job(job))
    a.do("mend", "all")
ok(not ledger.read().overlaps() and not ledger.doubles(), "no two copies at a time", ledger.overlaps(), ledger.doubles())
done()
