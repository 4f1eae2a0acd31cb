"""lost_nodes_test.py - nodes that die and nodes that are only cut off: the work goes on elsewhere, never twice at a time.

    a.n1  switched off                 its job starts elsewhere
    a.n2  its link is cut, its job keeps running there unheard: it must be dead before the new copy starts (fencing)
    a.n3  nothing happens to it        its job is left alone

The ledger of the tasks, on one clock, says who lived when.
"""
import re

from fgcluster import Ledger, World, boot_us, can_hosts, done, eventually, ledger_task, note, ok, skip_all

if not can_hosts():
    skip_all("namespaces are not allowed here: no link can be cut")
world = World()
a = world.cluster("a", nodes=3, hosts=True)
b = world.cluster("b", nodes=2, hosts=True, prefix="m")
world.start()
world.add(a)
ok(eventually(20, lambda: "a.n3" in world.nodes()), "the nodes of a are in the pool", *world.nodes())
ledger = Ledger(world.ledger)


def where(job):
    """Nodes on which the newest attempt of a job wrote something."""
    spans = ledger.read().spans().get(job, {})
    newest = max(spans, default=0)
    return {node for _, number, attempt, _, _, _, node in ledger.lines if number == job and attempt == newest}


# Four devices a node: jobs of three keep apart, so each node gets one.
jobs = {name: world.submit({"name": name, "argv": [ledger_task(), world.ledger, "60000"],
                            "resources": {"accelerators": "H100:3"}}) for name in ("one", "two", "three")}
ok(eventually(30, lambda: len(ledger.read().spans()) == 3), "three jobs run", ledger.spans(),
   [world.job(j) for j in jobs.values()], world.tail())
by_node = {next(iter(where(job))): job for job in jobs.values()}
ok(set(by_node) == {"a.n1", "a.n2", "a.n3"}, "one on each node", by_node)
world.add(b)
ok(eventually(20, lambda: "b.m2" in world.nodes()), "b comes", *world.nodes())

cut_us = boot_us()
a.do("off", "n1")
a.do("cut", "n2")
moved = [by_node["a.n1"], by_node["a.n2"]]


def started_again():
    spans = ledger.read().spans()
    return all(len(spans.get(job, {})) > 1 for job in moved)


ok(eventually(45, started_again), "what ran on the dead and on the lost node runs elsewhere", *map(world.job, moved),
   world.tail())
spans = ledger.read().spans()
for name, job in (("switched off", moved[0]), ("cut off", moved[1])):
    attempts = sorted(spans.get(job, {}))
    if len(attempts) > 1:
        old, new = spans[job][attempts[0]], spans[job][attempts[1]]
        note(f"{name}: the old copy lived until {(old[1] - cut_us) / 1e6:.1f} s, the new one began at "
             f"{(new[0] - cut_us) / 1e6:.1f} s")
ok(not ledger.overlaps(), "no two copies at one time", *ledger.overlaps())
ok(len(spans.get(by_node["a.n3"], {})) == 1, "the job on the third node was left alone", spans)
history = world.fg("show", str(moved[1]))
ok(re.search(r"not heard|lease|lost", history), "its history says why in plain words", history)

a.do("mend", "n2")
world.fg("cancel", *map(str, jobs.values()))
ok(eventually(20, lambda: all(world.state(job) == "cancelled" for job in jobs.values())), "all are cancelled")
ok(eventually(30, lambda: not world.couriers()), "no courier is left", world.couriers(), a.queue(), b.queue())
ok(not ledger.overlaps() and not ledger.doubles(), "and nothing ran twice", ledger.overlaps(), ledger.doubles())
done()
