"""many_nodes.py - ten clusters of 500 nodes each, looked at every 10 s: what does that cost the service?

The clusters are FAKES: commands named as Slurm's that print 500 nodes each from a file (fake_slurm).  Between two looks one
node of a hundred changes its state or what others hold there.  Counted is the CPU time of the service itself, and that of
the commands which it runs apart from it.
"""
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "test", "cluster"))
from fgcluster import World, eventually, note  # noqa: E402

CLUSTERS, NODES, SECONDS = 10, 500, int(os.environ.get("SECONDS_MEASURED", "60"))
POLL = 10

LINE = ("NodeName={name} Arch=x86_64 CoresPerSocket=32    CPUAlloc={cpus} CPUEfctv=128 CPUTot=128 CPULoad=0.25 "
        "AvailableFeatures=simulated,h100 ActiveFeatures=simulated,h100 Gres=gpu:h100:8(S:0-1) GresDrain=N/A "
        "GresUsed=gpu:h100:{gpus}(IDX:N/A) NodeAddr={name} NodeHostName={name} Version=22.05.8 "
        "OS=Linux 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC  RealMemory=1031000 AllocMem={memory} FreeMem=900000 Sockets=2 "
        "Boards=1 State={state} ThreadsPerCore=2 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A Partitions=gpu,all  "
        "BootTime=2026-11-01T08:00:00 SlurmdStartTime=2026-11-01T08:01:00 LastBusyTime=2026-11-21T08:01:00 "
        "CfgTRES=cpu=128,mem=1031000M,billing=128,gres/gpu=8 AllocTRES= CapWatts=n/a CurrentWatts=0 AveWatts=0 "
        "ExtSensorsJoules=n/s ExtSensorsWatts=0 ExtSensorsTemp=n/s\n")


class Fake:
    def __init__(self, folder, name):
        self.name, self.conf = name, os.path.join(folder, f"{name}.conf")
        open(self.conf, "w").close()
        self.gpus = [0] * NODES
        self.down = set()

    def write(self):
        for node in random.sample(range(NODES), NODES // 100):
            self.gpus[node] = random.randrange(9)
            (self.down.discard if random.random() < 0.8 else self.down.add)(node)
        with open(self.conf + ".new", "w") as file:
            for node, gpus in enumerate(self.gpus):
                state = "DOWN*" if node in self.down else "MIXED" if gpus else "IDLE"
                file.write(LINE.format(name=f"{self.name}-{node:03d}", cpus=gpus * 16, gpus=gpus, memory=gpus * 100000,
                                       state=state))
        os.rename(self.conf + ".new", self.conf + ".nodes")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return [sum(map(int, fields[i:i + 2])) / os.sysconf("SC_CLK_TCK") for i in (11, 13)]


def known(world):
    """Nodes of suppliers in the pool with this machine, as `supplier status` counts them."""
    return sum(item.get("nodes", 0) for item in world.json("supplier", "status"))


def main():
    world = World(PATH=f"{HERE}/fake_slurm:{os.environ['PATH']}")
    fakes = [Fake(world.folder, f"c{i}") for i in range(CLUSTERS)]
    for fake in fakes:
        fake.write()
    world.start()
    before = cpu_seconds(world.process.pid)
    began = time.monotonic()
    for fake in fakes:
        world.fg("supplier", "add", fake.name, "slurm", "--conf", fake.conf, "--poll", f"{POLL}s")
    there = eventually(60, lambda: known(world) >= CLUSTERS * NODES, pause=0.5)
    note(f"{known(world)} nodes of {CLUSTERS} fake clusters known after {time.monotonic() - began:.1f} s and "
         f"{cpu_seconds(world.process.pid)[0] - before[0]:.2f} s of CPU")
    if not there:
        print(world.tail())
        sys.exit(1)
    time.sleep(2 * POLL)
    before, began = cpu_seconds(world.process.pid), time.monotonic()
    while time.monotonic() - began < SECONDS:
        time.sleep(POLL / 2)
        for fake in fakes:
            fake.write()
    took = time.monotonic() - began
    own, children = (after - b for after, b in zip(cpu_seconds(world.process.pid), before))
    print(f"5,000 nodes in ten clusters (fakes), state refreshed every {POLL} s: the service takes "
          f"{100 * own / took:.2f} % of a core (aim: < 5 %); the commands that it runs {100 * children / took:.2f} %", flush=True)


if __name__ == "__main__":
    main()
