"""fgcluster.py - what the Python tests with real Slurm clusters share, on top of scenario/fgtest.py.

    world = World()                           # a service that is not started yet, in a folder of its own
    a = world.cluster("a", nodes=2, hosts=True)
    world.start(); world.add(a)               # the service, and the cluster as a supplier
    ...
    Ledger(world).check(...)                  # what tasks of ledger_task wrote

Everything is ended by process id when the test ends, however it ends.
"""
import atexit
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
from fgtest import Service, done, eventually, free_port, note, ok, skip_all  # noqa: E402,F401

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ["PATH"] += ":/usr/sbin:/sbin"


def need(*programs):
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        skip_all("not installed: " + " ".join(missing))


def can_hosts():
    """May this test make hosts of its own (network and process namespaces)?"""
    return subprocess.run([f"{HERE}/slurm.sh", "/tmp", "can-hosts"], capture_output=True).returncode == 0


def free_row(taken=()):
    """The first of forty ports that nobody uses."""
    base = os.environ.get("CLUSTER_PORT")
    while True:
        port = int(base) + 40 * len(taken) if base else random.randrange(15000, 31900, 40)
        if port in taken or os.path.exists(f"/sys/class/net/fg{port}"):
            if base:
                raise RuntimeError(f"CLUSTER_PORT: {port} is in use")
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                if base:
                    raise


class Cluster:
    """One Slurm, by slurm.sh; its options are those of `start`."""

    def __init__(self, folder, name, port, hosts=False, rest=False, conf=(), **options):
        self.folder, self.name, self.port, self.hosts, self.rest = folder, name, port, hosts, rest
        self.arguments = ["--name", name, "--port", str(port)]
        self.arguments += ["--hosts"] * hosts + ["--rest"] * rest
        for line in conf:
            self.arguments += ["--conf", line]
        for key, value in options.items():
            if value is not None:
                self.arguments += [f"--{key}", str(value)]
        self.env = dict(os.environ, SLURM_CONF=os.path.join(folder, "slurm.conf"))
        self.address = "127.0.0.1"
        self.prefix = options.get("prefix", "n")

    def do(self, *arguments, check=True, timeout=60):
        """slurm.sh FOLDER ARGUMENTS; its output."""
        ran = subprocess.run([f"{HERE}/slurm.sh", self.folder, *arguments], stdin=subprocess.DEVNULL, timeout=timeout,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if ran.returncode == 77:
            skip_all(ran.stderr.strip())
        if check and ran.returncode != 0:
            raise RuntimeError(f"slurm.sh {' '.join(arguments)}: {ran.returncode}: {ran.stderr}")
        return ran.stdout

    def start(self):
        self.do("start", *self.arguments)
        with open(os.path.join(self.folder, "settings")) as file:
            self.address = re.search(r"^address=(.*)$", file.read(), re.M).group(1)
        return self

    def stop(self):
        self.do("stop", check=False)

    def slurm(self, *command, timeout=30):
        """A command of Slurm on this cluster; its output."""
        return subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout).stdout

    def queue(self):
        """What Slurm has: a list of (id, state, node list, name)."""
        lines = self.slurm("squeue", "-h", "-r", "-o", "%i|%T|%N|%j").splitlines()
        return [tuple(line.split("|", 3)) for line in lines]

    @property
    def rest_url(self):
        return f"http://{self.address}:{self.port + 1}"

    def token_file(self, user="root"):
        path = os.path.join(self.folder, "token")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self.do("token", user))
        return path


class World(Service):
    """A service and its clusters."""

    def __init__(self, **environ):
        need("munged", "slurmctld", "slurmd", "sbatch")
        super().__init__(environ=environ)
        os.chmod(self.folder, 0o711)
        self.clusters = []
        self.link_port = free_port()
        self.link_ports = [self.link_port]  # of all daemons that couriers may come to
        self.config = {"link_listen": f":{self.link_port}"}
        self.ledger = os.path.join(self.folder, "ledger")
        atexit.register(self.end)

    def cluster(self, name, **options):
        port = free_row([c.port for c in self.clusters])
        cluster = Cluster(os.path.join(self.folder, name), name, port, **options)
        self.clusters.append(cluster)
        return cluster.start()

    def end(self):
        self.stop(9)
        for cluster in self.clusters:
            cluster.stop()
        self.clusters = []
        self.close()

    def add(self, cluster, *options, lease="6s", poll="1s"):
        """Make it a supplier.  Its nodes reach the service at the address that they see this machine by."""
        rest = [cluster.rest_url, "--token-file", cluster.token_file()] if cluster.rest else []
        self.fg("supplier", "add", cluster.name, "slurm", *rest, "--conf", cluster.env["SLURM_CONF"],
                "--link", ",".join(f"{cluster.address}:{port}" for port in self.link_ports), "--lease", lease, "--poll", poll, *options)

    def start(self, *arguments, **options):
        path = os.path.join(self.folder, "config.json")
        with open(path, "w") as file:
            json.dump(self.config, file)
        return super().start("--config", path, *arguments, **options)

    def fg(self, *arguments, check=True, timeout=120, text=None, cwd=None):
        """The command line as a user has it; its standard output."""
        env = dict(self.env, FASTGPU_URL=f"http://127.0.0.1:{self.port}", FASTGPU_TOKEN=self.token or "")
        ran = subprocess.run([self.program, *arguments], env=env, input=text, cwd=cwd, capture_output=True, text=True,
                             timeout=timeout)
        self.last = ran
        if check and ran.returncode != 0:
            raise RuntimeError(f"fastgpu {' '.join(arguments)}: {ran.returncode}: {ran.stderr}")
        return ran.stdout

    def json(self, *arguments, **options):
        return json.loads(self.fg(*arguments, "--json", **options))

    def submit(self, spec, **headers):
        return int(super().submit(spec, **headers))

    def jobs(self, query=""):
        for job in super().jobs(query):
            yield dict(job, id=int(job["id"]))

    def couriers(self):
        """Process ids of couriers of this service that live."""
        found, ends = [], tuple(f":{port}".encode() for port in self.link_ports)
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if b"courier" in words and any(word.endswith(ends) for word in words):
                found.append(int(entry))
        return found

    def newest(self):
        """The id of the job that was submitted last."""
        return max(job["id"] for job in self.jobs())

    def nodes(self):
        """name -> node, of all in the pool."""
        found = self.json("node", "list")
        return {node["name"]: node for node in (found["items"] if isinstance(found, dict) else found)}

    def state(self, number):
        return self.job(number)["state"]

    def in_state(self, number, *states, seconds=30):
        return eventually(seconds, lambda: self.state(number) in states)


class Ledger:
    """What ledger_task wrote: LINES of (what, job, attempt, rank, time_us, pid, node)."""

    def __init__(self, path):
        self.path = path
        self.lines = []

    def read(self):
        self.lines = []
        try:
            with open(self.path) as file:
                for line in file:
                    what, job, attempt, rank, when, pid, node = line.split()
                    self.lines.append((what, int(job), int(attempt), int(rank), int(when), int(pid), node))
        except FileNotFoundError:
            pass
        return self

    def spans(self):
        """job -> attempt -> [first_us, last_us, starts, ends] over all its tasks."""
        found = {}
        for what, job, attempt, _, when, _, _ in self.lines:
            span = found.setdefault(job, {}).setdefault(attempt, [when, when, 0, 0])
            span[0], span[1] = min(span[0], when), max(span[1], when)
            span[2] += what == "start"
            span[3] += what == "end"
        return found

    def overlaps(self):
        """Pairs of attempts of one job that lived at one time."""
        wrong = []
        for job, attempts in self.spans().items():
            before = None
            for attempt in sorted(attempts):
                span = attempts[attempt]
                if before is not None and span[0] <= before[1]:
                    wrong.append((job, attempt, f"began {before[1] - span[0]} us before the one before it ended"))
                before = span
        return wrong

    def doubles(self):
        """(job, attempt, rank) that was started more than once."""
        seen, wrong = set(), []
        for what, job, attempt, rank, *_ in self.lines:
            if what == "start":
                if (job, attempt, rank) in seen:
                    wrong.append((job, attempt, rank))
                seen.add((job, attempt, rank))
        return wrong

    def ends(self):
        """job -> how often its work was done, over all attempts (of a gang: each task counts)."""
        return {job: sum(span[3] for span in attempts.values()) for job, attempts in self.spans().items()}

    def check(self, world, acknowledged, tasks=1, may_repeat=False):
        """Asserts that all these jobs ran, succeeded, and never twice at a time; once, unless nodes were switched off."""
        self.read()
        jobs = {job["id"]: job for job in world.jobs()}
        lost = [number for number in acknowledged if number not in jobs]
        ok(not lost, "no acknowledged job was lost", len(lost), lost[:5])
        wrong = [(n, jobs[n]["state"], jobs[n].get("reason")) for n in acknowledged
                 if n in jobs and jobs[n]["state"] != "succeeded"]
        ok(not wrong, "every acknowledged job succeeded", len(wrong), *wrong[:5])
        ok(not self.doubles(), "no attempt was started twice", *self.doubles()[:5])
        ok(not self.overlaps(), "no two attempts of a job overlapped", *self.overlaps()[:5])
        ends = self.ends()
        odd = [(n, ends.get(n, 0)) for n in acknowledged
               if ends.get(n, 0) < tasks or (ends.get(n, 0) > tasks and not may_repeat)]
        ok(not odd, "every job did its work once", len(odd), *odd[:5])

    def beating(self, since_us):
        """Jobs that wrote something after this moment."""
        self.read()
        return sorted({job for _, job, _, _, when, _, _ in self.lines if when > since_us})


def boot_us():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def ledger_task():
    """The program of that name, built beside the service."""
    return os.environ.get("LEDGER_TASK") or os.path.join(os.path.dirname(os.environ["FASTGPU_BIN"]), "ledger_task")
