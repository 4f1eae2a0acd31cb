"""user_test.py - two Slurm clusters as suppliers, used through the command line as a user does.

run, output, exit code, files brought back, an array, a gang over two nodes that meets by MASTER_ADDR, live logs, cancel,
time limit; what Slurm and the pool say afterwards.
"""
import json
import os
import re
import subprocess
import time

from fgcluster import HERE, World, can_hosts, done, eventually, note, ok

began = time.monotonic()
hosts = can_hosts()
if not hosts:
    note("no namespaces here: the nodes share one address")
world = World()
a = world.cluster("a", nodes=2, hosts=hosts)
b = world.cluster("b", nodes=2, hosts=hosts, prefix="m", gpus="a100:4")
world.start()
world.add(a)
world.add(b)
ok(eventually(20, lambda: {"a.n1", "a.n2", "b.m1", "b.m2"} <= set(world.nodes())), "all nodes are in the pool",
   *world.nodes())
node = world.nodes().get("a.n1", {})
ok(node.get("supplier") == "a" and [d["kind"] for d in node["devices"]].count("h100") == 4, "a node tells its supplier and devices", node)

work = os.path.join(world.folder, "home")
os.mkdir(work)
with open(os.path.join(work, "input.txt"), "w") as file:
    file.write("brought along\n")
script = "cat input.txt; echo on $FASTGPU_NODE with $CUDA_VISIBLE_DEVICES; echo kept >result.txt; exit 3"
with open(os.path.join(work, "job.json"), "w") as file:
    json.dump({"run": script, "workdir": ".", "outputs": ["result.txt"], "resources": {"accelerators": "H100:2"}}, file)
out = world.fg("submit", "job.json", "--follow", check=False, cwd=work)
ok(world.last.returncode == 3, "submit --follow exits as the program did", world.last.returncode, world.last.stderr)
ok("brought along" in out, "the working folder came along", out, world.last.stderr)
ok(re.search(r"on a\.n[12] with \d,\d", out), "it ran on a node of a with two devices", out)
number = world.newest()
got = world.fg("artifacts", str(number), "--get", "result.txt", "-o", "-", check=False)
ok(got == "kept\n", "its output file came back", got, world.last.stderr)

out = world.fg("run", "--gpus", "a100:1", "--", "sh", "-c", "echo on $FASTGPU_NODE")
ok(re.search(r"on b\.m[12]", out), "what only b has runs in b", out)

gang = world.fg("run", "-t", "4", "--gpus", "h100:2", "--", "python3", f"{HERE}/rendezvous.py", check=False)
number = world.newest()
said = "".join(world.fg("logs", str(number), "--task", str(rank), "--stdout", check=False) for rank in range(4))
ok(world.last.returncode == 0 and len(re.findall(r"rank \d of 4 on a\.n[12]: sum 6", said)) == 4,
   "a gang of four on two nodes meets", said, gang, world.last.stderr)
ok(len(set(re.findall(r" on (a\.n\d)", said))) == 2 and "node 1/2" in said, "over both nodes", said)

array = world.fg("submit", "-", "--quiet", text="run: echo element $FASTGPU_ARRAY_INDEX\narray: 0-7\n"
                 "resources: {accelerators: H100:1}\n").split()
ok(world.fg("wait", *array, check=False) is not None and world.last.returncode == 0, "an array of eight succeeds",
   world.last.stderr)
said = sorted(world.fg("logs", number) for number in array)
ok(said == [f"element {i}\n" for i in range(8)] or len(array) == 1, "each element knows its number", said)

slow = world.fg("submit", "-", "--quiet", text="run: for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 1; done\n"
                "resources: {accelerators: H100:1}\n").strip()
env = dict(world.env, FASTGPU_URL=f"http://127.0.0.1:{world.port}", FASTGPU_TOKEN=world.token)
follow = subprocess.Popen([world.program, "logs", "-f", slow], env=env, stdout=subprocess.PIPE, text=True)
first = follow.stdout.readline()
ok(first == "line 1\n" and world.state(int(slow)) == "running", "the log is followed while the job runs", first)
began = time.monotonic()
world.fg("cancel", slow)
ok(world.in_state(int(slow), "cancelled", seconds=20), "cancel ends it", world.job(int(slow)))
follow.communicate(timeout=20)
note(f"cancelled in {time.monotonic() - began:.1f} s")

world.fg("run", "--gpus", "h100:1", "--time-limit", "2s", "--", "sleep", "60", check=False)
ok(world.last.returncode == 124, "a time limit ends it with 124", world.last.returncode, world.last.stderr)

ok(eventually(20, lambda: not a.queue() and not b.queue()), "nothing of ours is left in Slurm", a.queue(), b.queue())
ok(world.stop() == 0, "the service ends with 0", world.tail())
done()
