"""data_test.py - inputs and outputs by URL of a job that runs on a real Slurm: fetched, checked and sent by the node, and what
that measured of its link is known to the service."""
import hashlib
import os
import subprocess

from fgcluster import World, done, eventually, ok

HERE = os.path.dirname(os.path.abspath(__file__))
world = World()
files = os.path.join(world.folder, "files")
os.mkdir(files)
with open(os.path.join(files, "train.bin"), "wb") as file:
    file.write(os.urandom(3_000_000))
with open(os.path.join(files, "train.bin"), "rb") as file:
    digest = hashlib.sha256(file.read()).hexdigest()
server = subprocess.Popen(["python3", f"{HERE}/../transfer/server.py", files], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True)
web = f"http://127.0.0.1:{server.stdout.readline().strip()}"
try:
    a = world.cluster("a", nodes=1, gpus="none", cpus=4)
    world.start()
    world.add(a, "--site", "berlin")
    ok(eventually(20, lambda: "a.n1" in world.nodes()), "the node is in the pool", *world.nodes())
    job = world.submit({"run": "sha256sum data/train.bin && mkdir out && cp data/train.bin out/copy",
                        "inputs": {"data/train.bin": f"{web}/plain/train.bin#sha256:{digest}"},
                        "outputs": ["out"], "outputs_to": f"{web}/put",
                        "resources": {"cpus": 1, "suppliers": "a"}})
    ok(world.in_state(job, "succeeded", "failed") and world.state(job) == "succeeded", "a job with an input by URL succeeds",
       world.job(job), world.tail())
    ok(digest in world.fg("logs", str(job)), "it had the right bytes")
    copy = subprocess.run(["curl", "-s", f"{web}/put/{job}/out/copy"], capture_output=True).stdout
    ok(hashlib.sha256(copy).hexdigest() == digest, "its output is where it wanted it", len(copy))
    known = world.json("link", "list")
    ok(any("berlin" in str(link) and "127.0.0.1" in str(link) for link in known),
       "the service knows the link of its site", known)
    wrong = world.submit({"run": "true", "inputs": {"x": f"{web}/plain/train.bin#sha256:{'0' * 64}"},
                          "resources": {"cpus": 1, "suppliers": "a"}})
    ok(world.in_state(wrong, "failed") and "hash" in world.job(wrong)["reason"], "wrong bytes fail it, and the reason says so",
       world.job(wrong))
finally:
    server.kill()
    server.wait()
done()
