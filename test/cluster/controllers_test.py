"""controllers_test.py - slurmctld killed so that it forgets, slurmctld away, slurmrestd hanging, the service killed.

Each job writes a ledger.  Whatever is killed here, every acknowledged job does its work exactly once.
"""
import os
import time

from fgcluster import Ledger, World, done, eventually, ledger_task, note, ok

rest = os.getuid() == 0
world = World()
a = world.cluster("a", nodes=2, rest=rest)
world.start()
world.add(a, lease="20s")
ok(eventually(20, lambda: "a.n2" in world.nodes()), "the nodes are in the pool", *world.nodes())
ledger = Ledger(world.ledger)
acknowledged = []


def submit(count, milliseconds):
    for _ in range(count):
        acknowledged.append(world.submit({"argv": [ledger_task(), world.ledger, str(milliseconds)],
                                          "resources": {"accelerators": "H100:1"}}))


def began(count, seconds=30):
    return eventually(seconds, lambda: len(ledger.read().spans()) >= count)


# slurmctld, killed, may take ended allocations for running ones, and these keep their devices: the service cancels what it
# does not know there from a minute after its start on.
def over(seconds=120):
    return eventually(seconds, lambda: all(world.state(job) == "succeeded" for job in acknowledged), pause=0.2)


submit(8, 3000)
ok(began(8), "eight jobs run", len(ledger.spans()), world.tail())
submit(8, 300)
a.do("kill", "slurmctld")
a.do("part", "slurmctld")
submit(4, 300)
ok(over(), "slurmctld killed with -9 under running and waiting jobs: all succeed",
   [world.job(job) for job in acknowledged if world.state(job) != "succeeded"][:2], a.queue())

submit(4, 4000)
ok(began(24), "four more run", len(ledger.read().spans()))
world.stop(9)
time.sleep(1)
world.start()
ok(over(), "the service killed with -9: its jobs go on and are found again",
   [world.job(job) for job in acknowledged if world.state(job) != "succeeded"][:2], world.tail())

if rest:
    a.do("kill", "slurmrestd", "STOP")
    submit(4, 100)
    ok(over(), "slurmrestd hangs: submits go through the commands",
       [world.job(job) for job in acknowledged if world.state(job) != "succeeded"][:2], world.tail())
    a.do("kill", "slurmrestd", "CONT")
else:
    note("slurmrestd is left out: it wants root here")

a.do("kill", "slurmctld")
submit(2, 100)
time.sleep(2)
a.do("part", "slurmctld")
ok(over(), "slurmctld away for a while: what was submitted meanwhile runs after",
   [world.job(job) for job in acknowledged if world.state(job) != "succeeded"][:2], world.tail())
ledger.check(world, acknowledged)
# (slurmctld, killed, may believe for some minutes that an allocation is alive which has ended.)
ok(eventually(20, lambda: not world.couriers()), "no courier is left", world.couriers(), a.queue())
done()
