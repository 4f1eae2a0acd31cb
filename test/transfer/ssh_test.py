#!/usr/bin/env python3
"""fastgpu transfer through ssh and rsync, against an sshd of our own on this machine; with a relay as well."""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BIN = os.environ["FASTGPU_BIN"]
SSHD = "/usr/sbin/sshd"
if not (os.path.exists(SSHD) and shutil.which("rsync") and shutil.which("ssh-keygen")):
    print("1..0 # SKIP needs sshd, ssh and rsync (packages openssh-server, rsync)")
    sys.exit(77)
if os.geteuid() == 0:
    os.makedirs("/run/sshd", exist_ok=True)

MIB = 1 << 20
count = failed = 0
folder = tempfile.mkdtemp(prefix="fastgpu-ssh-")


def ok(true, what):
    global count, failed
    count += 1
    failed += not true
    print(("" if true else "not ") + f"ok {count} - {what}", flush=True)
    return true


def path(*parts):
    return os.path.join(folder, *parts)


def put(name, text, mode=0o600):
    with open(os.open(path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)


def start_sshd():
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path(name)], check=True)
    shutil.copy(path("user.pub"), path("authorized"))
    os.chmod(path("authorized"), 0o600)
    put("sshd", f"HostKey {path('host')}\nAuthorizedKeysFile {path('authorized')}\nStrictModes no\nUsePAM no\nPidFile none\n"
                "PermitRootLogin prohibit-password\nPasswordAuthentication no\nListenAddress 127.0.0.1\nAllowTcpForwarding yes\n")
    for port in range(27100 + os.getpid() % 500, 28000):
        sshd = subprocess.Popen([SSHD, "-D", "-e", "-f", path("sshd"), "-p", str(port)], stderr=subprocess.PIPE, text=True)
        for line in sshd.stderr:
            if "listening on" in line:
                return sshd, port
            if "in use" in line:
                break
        sshd.kill()
        sshd.wait()
    raise RuntimeError("no port for sshd")


ENV = dict(os.environ, HOME=folder, RSYNC_RSH=f"ssh -F {path('config')}")


def run(*words, timeout=40):
    return subprocess.run([BIN, "transfer", "--links", path("links"), "--at", "here", *words], capture_output=True, text=True,
                          env=ENV, timeout=timeout, cwd=folder)


def result(*words, **more):
    done = run("--json", *words, **more)
    if done.returncode != 0:
        print("#", done.stderr)
    return json.loads(done.stdout) if done.returncode == 0 else None


def content(name):
    try:
        with open(path(name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def tests(port):
    far = f"ssh://127.0.0.1:{port}"
    os.makedirs(path("far side"))
    data = os.urandom(9 * MIB + 3)
    words = b"".join(b"%d words that pack well, " % (i % 9973) for i in range(500000))
    for name, bytes_ in (("data", data), ("words", words)):
        with open(path(name), "wb") as file:
            file.write(bytes_)
    hash_ = "blake2b:" + hashlib.blake2b(data, digest_size=32).hexdigest()
    there = far + folder + "/far%20side"
    ok(result("data", there + "/data") and content("far side/data") == data, "to a machine behind ssh, a path with a blank")
    got = result(there + "/data", "back", "--hash", hash_)
    ok(got and content("back") == data and got["hash"] == hash_, "and back")
    got = result("words", there + "/words")
    ok(got and content("far side/words") == words, "a text")
    got = result("words", there + "/packed", "--zstd", "3")
    ok(got and content("far side/packed") == words and got["wire_bytes"] < len(words) // 3,
       f"packed on the way: {len(words)} bytes as {got and got['wire_bytes']}")
    done = run(there + "/none", "none", "--retries", "0")
    ok(done.returncode == 3 and content("none") is None, "no such file")
    done = run(there + "/data", "wrong", "--hash", "blake2b:" + "0" * 64, "--retries", "0")
    ok(done.returncode == 7 and content("wrong") is None, "a wrong hash")
    done = run("data", "ssh://127.0.0.1:1/tmp/x", "--retries", "0")
    ok(done.returncode == 16, "nobody there")
    os.makedirs(path("results", "deep"))
    put("results/deep/a", "one", 0o755)
    put("results/b", "two")
    os.symlink("../../data", path("results", "out"))
    ok(result("results", there + "/results") and content("far side/results/deep/a") == b"one", "a folder goes there")
    os.makedirs(path("again.part"))
    put("again.part/stale", "of an earlier try")
    ok(result("--unpack", there + "/results/", "again") and content("again/deep/a") == b"one"
       and content("again/b") == b"two" and os.access(path("again", "deep", "a"), os.X_OK), "and comes back")
    ok(sorted(os.listdir(path("again"))) == ["b", "deep"], "without links that lead out of it, nor what it has no more")
    done = run("--unpack", there + "/results/", "again")
    ok(done.returncode == 4 and "is not empty" in done.stderr, "never into one that has something")
    child = subprocess.Popen([BIN, "transfer", there + "/data", "slow", "--limit", "3M"], env=ENV, cwd=folder,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(2.2)
    child.send_signal(signal.SIGKILL)
    child.wait()
    time.sleep(0.3)
    ok(content("slow") is None, "killed in the middle: nothing has the name")
    got = result(there + "/data", "slow")
    ok(got and content("slow") == data and got["resumed_bytes"] > 0, "and it goes on")
    got = result("data", there + "/relayed", "--relay", "relay")
    ok(got and content("far side/relayed") == data, "through a relay")
    put("links", f"v1 {int(time.time() * 1e6)} here 127.0.0.1 ssh 400000 1000 100000000 1\n"
                 f"v1 {int(time.time() * 1e6)} here relay ssh 1000 90000000 100000000 1\n"
                 f"v1 {int(time.time() * 1e6)} relay 127.0.0.1 ssh 1000 80000000 100000000 1\n")
    plan = json.loads(run("--json", "--plan", "--may-relay", "relay", "data", there + "/x").stdout)
    ok(plan["choices"][0]["path"] == ["here", "relay", "127.0.0.1"], "a relay is chosen where measures say so")
    ok(result("data", there + "/chosen", "--may-relay", "relay") and content("far side/chosen") == data, "and taken")
    plan = json.loads(run("--json", "--plan", "words", there + "/x").stdout)
    ok(plan["choices"][0]["zstd_level"] > 0 and len(plan["packing"]) == 3, "text is packed for a slow line")
    plan = json.loads(run("--json", "--plan", "data", there + "/x").stdout)
    ok(plan["choices"][0]["zstd_level"] == 0, "noise is not")


sshd, PORT = start_sshd()
try:
    put("config", f"Host *\n  IdentityFile {path('user')}\n  IdentitiesOnly yes\n  UserKnownHostsFile {path('known')}\n"
                  f"  StrictHostKeyChecking accept-new\nHost relay\n  HostName 127.0.0.1\n  Port {PORT}\n"
                  "  User " + (os.environ.get("USER") or subprocess.getoutput("id -un")) + "\n")
    tests(PORT)
finally:
    sshd.kill()
    sshd.wait()
    shutil.rmtree(folder)
print(f"1..{count}")
sys.exit(failed > 0)
