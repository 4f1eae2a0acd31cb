"""services.py - the two kinds of service that the page is tested against: a real daemon, and the fake."""
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request

from fake_api import FakeServer


class Fake:
    """The fake of fake_api.py."""

    kind = "fake"

    def __init__(self, port=0, **sizes):
        self.server = FakeServer(port, **sizes)
        self.url, self.token = self.server.url, "fgpu_fake-admin"
        self.world = self.server.world

    def submit(self, name, _script):
        return self.world.submit(name)

    def plan(self):
        return self.world.supply.draft()

    def drain_and_resume(self):
        with self.world.lock:
            for kind in ("node.drained", "node.resumed"):
                self.world.tell(kind, node=self.nodes()[0], by="fake")

    def nodes(self):
        return list(self.world.nodes)

    def devices(self):
        return sum(len(node["devices"]) for node in self.world.nodes.values())

    def close(self):
        self.server.stop()


class Live:
    """A daemon that runs already (FASTGPU_URL, FASTGPU_TOKEN)."""

    kind = "live"

    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/"), token
        self.submitted = []

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def submit(self, name, script):
        id = self.call("POST", "/v1/jobs", {"name": name, "run": script, "outputs": ["*.json"], "resources": {"cpus": 0.1}})["id"]
        self.submitted.append(id)
        return id

    def plan(self):
        """A draft of two days, of the offers that came with the program."""
        demand = "period,class,devices\n" + "".join(f"{hour},h100,{8 + 8 * (hour % 24 > 11)}\n" for hour in range(48))
        return self.call("POST", "/v1/plans", {"demand": demand, "period_hours": 1})["id"]

    def drain_and_resume(self):
        """A deed about a node, which is afterwards as it was."""
        for verb in ("drain", "resume"):
            self.call("POST", f"/v1/nodes/{self.nodes()[0]}/{verb}", {})

    def nodes(self):
        return [node["name"] for node in self.call("GET", "/v1/nodes")["items"]]

    def devices(self):
        """A machine without accelerators counts as one."""
        return sum(max(1, len([d for d in node["devices"] if d["kind"] != "cpu"])) for node in self.call("GET", "/v1/nodes")["items"])

    def close(self):
        for id in self.submitted:
            try:
                self.call("POST", f"/v1/jobs/{id}/cancel", {})
            except OSError:
                pass  # it is over


class Own(Live):
    """A daemon of our own, from the built program, in a folder of its own."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory(prefix="fastgpu-page-")
        self.log = open(os.path.join(self.folder.name, "daemon.log"), "w+")
        self.process = subprocess.Popen([program, "up", "--data-dir", self.folder.name, "--listen", "127.0.0.1:0"],
                                        stdout=self.log, stderr=subprocess.STDOUT)
        url = self.wait_for_url()
        with open(os.path.join(self.folder.name, "admin.token")) as file:
            super().__init__(url, file.read().strip())

    def wait_for_url(self):
        end = time.time() + 30
        while time.time() < end and self.process.poll() is None:
            with open(self.log.name) as file:
                found = re.search(r"listening on (http://\S+)", file.read())
            if found:
                return found.group(1)
            time.sleep(0.05)
        self.process.kill()
        with open(self.log.name) as file:
            raise AssertionError(f"the daemon did not start: {file.read()[-800:]}")

    def close(self):
        super().close()
        end = time.time() + 20
        while time.time() < end and self.call("GET", "/v1/jobs?state=queued,starting,running&limit=1")["items"]:
            time.sleep(0.2)
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.cleanup()
