"""fghosts.py - two daemons of one PostgreSQL, each with a host name of its own, for tests with real Slurm clusters.

    if why_not(): ...                # one daemon only, and why
    pair = Pair()                    # PostgreSQL runs, no daemon does
    a = pair.cluster("a", nodes=2)
    pair.start(); pair.add(a)        # what a World can, by whoever leads
    pair.leader()                    # the Host that leads; each of pair.hosts can be stopped and started
"""
import atexit
import http.client
import os
import signal
import subprocess

from fgcluster import HERE, World, eventually, free_port

PATIENCE_MS = 2000


def why_not():
    """What is missing for two daemons, or None."""
    if not os.path.isdir("/usr/lib/postgresql"):
        return "PostgreSQL is not installed"
    # Two hosts are two host names: without them both daemons would say that their jobs run on the same machine.
    if os.geteuid() != 0 or subprocess.run(["unshare", "--uts", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        return "a second host name needs a namespace, which needs root"
    return None


class Postgres:
    def __init__(self, folder):
        self.folder = folder
        self.do("start", "--port", str(free_port()))
        self.url = self.do("url")

    def do(self, *words):
        return subprocess.run([f"{HERE}/postgres.sh", self.folder, *words], check=True, capture_output=True,
                              text=True).stdout.strip()


class Host(World):
    """A daemon on a host of its own, as far as its name goes."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.data = os.path.join(self.folder, name)
        self.program_file = os.path.join(self.folder, "up")
        with open(self.program_file, "w") as file:
            file.write(f"#!/bin/sh\nexec unshare --uts sh -c 'hostname {name} && exec \"$@\"' sh {super().program} \"$@\"\n")
        os.chmod(self.program_file, 0o755)

    @property
    def program(self):
        return getattr(self, "program_file", super().program)

    def share(self, postgres, link_ports):
        self.link_ports = link_ports
        self.config.update(shared_store=postgres.url, leader_patience_ms=PATIENCE_MS,
                           shared_url=f"http://127.0.0.1:{self.port}")

    def leads(self):
        try:
            return self.process is not None and self.call("GET", "/v1/status", timeout=1)[0] == 200
        except (OSError, ValueError, http.client.HTTPException):
            return False


class Pair:
    def __init__(self):
        self.hosts = [Host("host-a"), Host("host-b")]
        self.postgres = Postgres(os.path.join(self.hosts[0].folder, "pg"))
        atexit.register(self.end)
        for host in self.hosts:
            host.share(self.postgres, [each.link_port for each in self.hosts])
        self.ledger = self.hosts[0].ledger
        self.last = 0

    def start(self):
        """The first one leads."""
        first, *others = self.hosts
        first.start()
        for host in others:
            host.token = first.token
            host.start()

    def stop(self, number=signal.SIGTERM):
        """The followers first; 0 if all end well."""
        statuses = [host.stop(number) for host in sorted(self.hosts, key=Host.leads)]
        return next((status for status in statuses if status), 0)

    def end(self):
        for host in self.hosts:
            host.stop(signal.SIGKILL)
        self.postgres.do("stop")
        for host in self.hosts:
            host.end()

    def leading(self):
        """Who leads now, or None."""
        return next((host for host in self.hosts if host.leads()), None)

    def leader(self, seconds=20):
        found = eventually(seconds, self.leading)
        if not found:
            raise RuntimeError(f"nobody leads after {seconds} s: {self.tail()}")
        return found

    def call(self, method, path, body=None, **options):
        """Whoever leads answers; OSError if nobody does."""
        for turn in (self.last, self.last + 1):
            host = self.hosts[turn % 2]
            try:
                answer = host.call(method, path, body, **options)
            except (OSError, ValueError, http.client.HTTPException):
                continue
            if answer[0] != 503:
                self.last = turn % 2
                return answer
        raise OSError("nobody leads")

    def cluster(self, name, **options):
        return self.hosts[0].cluster(name, **options)

    def add(self, cluster, *options, **more):
        self.leader().add(cluster, *options, **more)

    def jobs(self, query=""):
        return self.leader().jobs(query)

    def nodes(self):
        return self.leader().nodes()

    def couriers(self):
        return self.hosts[0].couriers()

    def tail(self):
        return "\n".join(f"{host.name}:\n{host.tail()}" for host in self.hosts)
