"""fgtest.py - what the Python scenarios share: TAP, a daemon in a folder of its own, HTTP, leftovers.

Only the standard library.  `Service` starts $FASTGPU_BIN; close() ends every process that carries the
test's mark and removes the folder, however the test ends.
"""
import atexit
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

count = failed = 0


def ok(passed, claim, *detail):
    """One TAP line; detail is shown when it fails."""
    global count, failed
    count += 1
    print(f"{'' if passed else 'not '}ok {count} - {claim}", flush=True)
    if not passed:
        failed += 1
        for line in detail:
            print("#  ", str(line)[:2000], flush=True)
    return passed


def note(text):
    print("#", text, flush=True)


def done():
    print(f"1..{count}", flush=True)
    sys.exit(1 if failed else 0)


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(77)


def eventually(seconds, condition, pause=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause)
    return condition()


def free_port():
    while True:
        port = random.randint(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Service:
    def __init__(self, folder=None, environ=None):
        self.folder = folder or tempfile.mkdtemp(prefix="fgt.", dir=os.environ.get("TMPDIR", "/tmp"))
        self.data = os.path.join(self.folder, "data")
        self.port = free_port()
        self.process = None
        self.token = None
        self.starts = 0
        self.log = os.path.join(self.folder, "daemon.log")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("FASTGPU_", "XDG_"))}
        self.env.update(HOME=self.folder, XDG_RUNTIME_DIR=self.folder, FG_TEST_MARK=self.folder)
        self.env.update(environ or {})
        atexit.register(self.close)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(130))

    @property
    def program(self):
        return os.environ["FASTGPU_BIN"]

    def start(self, *arguments, seconds=60):
        """Start it and wait for its line; returns how long that took."""
        began = time.monotonic()
        self.starts += 1
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "up", "--data-dir", self.data, "--listen", f"127.0.0.1:{self.port}", *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=self.env, bufsize=0, start_new_session=True)
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                if line.startswith(b"listening on "):
                    break
            else:
                raise RuntimeError(f"start {self.starts} failed: {self.tail()}")
        finally:
            timer.cancel()
        if self.token is None:
            with open(os.path.join(self.data, "admin.token")) as file:
                self.token = file.read().strip()
        return time.monotonic() - began

    def stop(self, number=signal.SIGTERM):
        """Returns the exit status, negative for a signal."""
        if self.process is None:
            return None
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.process.stdout.close()
        self.process = None
        return status

    def tail(self, size=3000):
        try:
            with open(self.log, "rb") as file:
                return file.read()[-size:].decode(errors="replace")
        except OSError:
            return ""

    def connection(self, timeout=30):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def call(self, method, path, body=None, connection=None, timeout=30, raw=False, **headers):
        """Returns (status, body); the body is parsed if it is JSON."""
        own = connection is None
        connection = connection or self.connection(timeout)
        head = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            head["Content-Type"] = "application/json"
            body = json.dumps(body)
        head.update({k.replace("_", "-"): v for k, v in headers.items()})
        try:
            connection.request(method, path, body, head)
            answer = connection.getresponse()
            data = answer.read()
            kind = answer.headers.get("Content-Type", "")
            return answer.status, json.loads(data) if "json" in kind and not raw else data
        finally:
            if own:
                connection.close()

    def submit(self, spec, **headers):
        status, body = self.call("POST", "/v1/jobs", spec, **headers)
        if status != 201:
            raise RuntimeError(f"submit: {status} {body}")
        return body["id"]

    def job(self, number):
        return self.call("GET", f"/v1/jobs/{number}")[1]

    def jobs(self, query=""):
        """All jobs of a query, page by page."""
        cursor = ""
        while True:
            status, body = self.call("GET", f"/v1/jobs?limit=1000{query}{cursor}")
            if status != 200:
                raise RuntimeError(f"list: {status} {body}")
            yield from body["items"]
            if not body["next"]:
                return
            cursor = f"&cursor={body['next']}"

    def wait(self, number, seconds=60):
        """The final job, or None if it is not over in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status, body = self.call("GET", f"/v1/jobs/{number}/wait?timeout_s=10", timeout=40)
            if status == 200 and body["over"]:
                return body
        return None

    def leftovers(self):
        """Processes of this test besides the daemon: they carry its mark or work inside its folder."""
        found = {}
        mark = f"FG_TEST_MARK={self.folder}".encode()
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == os.getpid():
                continue
            if self.process is not None and int(entry) == self.process.pid:
                continue
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    command = file.read()
                with open(f"/proc/{entry}/environ", "rb") as file:
                    marked = mark in file.read().split(b"\0")
                inside = os.readlink(f"/proc/{entry}/cwd").startswith(self.folder)
                if marked or inside or self.folder.encode() + b"/" in command:
                    with open(f"/proc/{entry}/stat") as file:
                        state = file.read().rsplit(") ", 1)[1][0]
                    found[int(entry)] = f"{state} {command.replace(bytes(1), b' ').decode(errors='replace')}"
            except OSError:
                continue
        return found

    def zombies(self):
        """Zombie children of the daemon."""
        if self.process is None:
            return []
        out = subprocess.run(["ps", "-o", "stat=,pid=,comm=", "--ppid", str(self.process.pid)],
                             capture_output=True, text=True).stdout
        return [line for line in out.splitlines() if line.startswith("Z")]

    def close(self):
        if self.process is not None:
            self.stop(signal.SIGKILL)
        for _ in range(10):
            rest = self.leftovers()
            if not rest:
                break
            for pid in rest:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            time.sleep(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)
