#!/usr/bin/env python3
"""fastgpu transfer against a server that fails on purpose: what arrives is right or is not there."""
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

BIN = os.environ["FASTGPU_BIN"]
HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20
count = failed = 0
folder = tempfile.mkdtemp(prefix="fastgpu-transfer-")


def ok(true, what):
    global count, failed
    count += 1
    failed += not true
    print(("" if true else "not ") + f"ok {count} - {what}", flush=True)
    return true


def path(*parts):
    return os.path.join(folder, *parts)


def make(name, size, seed=1, kind="random"):
    rng = random.Random(seed)
    data = rng.randbytes(size) if kind == "random" else (b"the same words again and again, %d. " % seed) * (size // 36)
    os.makedirs(path("files"), exist_ok=True)
    with open(path("files", name), "wb") as file:
        file.write(data)
    return data


def blake2b(data):
    return "blake2b:" + hashlib.blake2b(data, digest_size=32).hexdigest()


ENV = dict(os.environ, HOME=folder, AWS_EC2_METADATA_DISABLED="true")
for name in list(ENV):
    if name.startswith("AWS_") or name.startswith("XDG_") or name.lower().endswith("_proxy"):
        del ENV[name]


def command(*words):
    return [BIN, "transfer", "--links", path("links"), "--at", "here", *words]


def run(*words, env=None, timeout=60):
    return subprocess.run(command(*words), capture_output=True, text=True, env=env or ENV, timeout=timeout, cwd=folder)


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


def is_gone(name):
    return not any(os.path.exists(path(name) + end) for end in ("", ".part", ".part.state"))


def asked(where):
    with urllib.request.urlopen(f"{WEB}/count/{where}") as answer:
        return int(answer.read())


def plain_moves():
    big = make("big", 20 * MIB + 17)
    make("empty", 0)
    one = make("one", 1)
    got = result(f"{WEB}/plain/big", "big")
    ok(got and content("big") == big and got["hash"] == blake2b(big), "a file comes over HTTP, with its hash")
    ok(os.listdir(folder).count("big.part") == 0, "nothing half is left")
    ok(result(f"{WEB}/plain/big", "big4", "--streams", "4") and content("big4") == big, "in four streams")
    ok(result(f"{WEB}/noranges/big", "whole") and content("whole") == big, "from a server without ranges")
    ok(result(f"{WEB}/noetag/big", "dated") and content("dated") == big, "from a server without tags")
    ok(result(f"{WEB}/plain/empty", "empty") and content("empty") == b"", "an empty file")
    ok(result(f"{WEB}/plain/one", "one") and content("one") == one, "one byte")
    ok(result(f"{WEB}/noranges/empty", "empty2") and content("empty2") == b"", "an empty file, no ranges")
    got = result(f"{WEB}/plain/big", "big", "--hash", blake2b(big))
    ok(got and got["was_there"], "what is there with its hash is not moved again")
    sha = "sha256:" + hashlib.sha256(big).hexdigest()
    ok(result(f"{WEB}/plain/big", "sha", "--hash", sha), "SHA-256 as well")
    ok(result("file://" + path("files/big"), "copy") and content("copy") == big, "a file of this machine")
    ok(result("files/big", "put://".replace("put://", WEB + "/put/up")) is not None, "PUT to a web server")
    ok(result(f"{WEB}/put/up", "down") and content("down") == big, "which has it now")
    ok(result(f"{WEB}/plain/one", f"{WEB}/put/far") and result(f"{WEB}/put/far", "far") and content("far") == one,
       "from far to far by way of here")


def tree(name):
    """Relative path -> (mode, content) of all files; empty folders as well."""
    found = {}
    for above, folders, names in os.walk(path(name)):
        for one in folders + names:
            full = os.path.join(above, one)
            found[os.path.relpath(full, path(name))] = (os.stat(full).st_mode & 0o777,
                                                        None if os.path.isdir(full) else open(full, "rb").read())
    return found


def make_tree(name):
    os.makedirs(path(name, "deep", "er"))
    os.makedirs(path(name, "empty"))
    for number, one in enumerate(("a", "deep/b c", "deep/er/d")):
        with open(path(name, one), "wb") as file:
            file.write(random.Random(number).randbytes(100_000 * number))
    os.chmod(path(name, "a"), 0o755)
    return tree(name)


def folders_are_packed():
    whole = make_tree("results")
    ok(result("results", f"{WEB}/put/results.tar.zst"), "a folder is packed on its way")
    ok(result("--unpack", f"{WEB}/put/results.tar.zst", "back") and tree("back") == whole, "and unpacked where it is wanted")
    again = result("results/", f"{WEB}/put/again")
    with urllib.request.urlopen(f"{WEB}/put/again") as one, urllib.request.urlopen(f"{WEB}/put/results.tar.zst") as two:
        ok(again and one.read() == two.read(), "the same folder gives the same bytes")
    done = run("--unpack", f"{WEB}/put/again", "back")
    ok(done.returncode == 4 and "is not empty" in done.stderr and tree("back") == whole, "never into one that has something")
    os.mkdir(path("void"))
    ok(result("--unpack", f"{WEB}/put/again", "void/") and tree("void") == whole, "but into an empty one")
    done = run("--unpack", f"{WEB}/plain/big", "noise")
    ok(done.returncode != 0 and not os.path.exists(path("noise")), "what is no archive makes no folder")
    os.mkdir(path("nothing"))
    ok(run("nothing", f"{WEB}/put/nothing").returncode == 2, "an empty folder is not sent")
    left = [name for name in os.listdir(folder) if name.endswith((".packed", ".unpacked", ".part", ".state"))]
    state = os.path.join(folder, ".local", "state", "fastgpu")
    left += [name for name in os.listdir(state) if name.endswith(".pack")]
    ok(not left, "nothing is left on the way " + " ".join(left))


def failures_are_told():
    big = content("files/big")
    for kind, code, words in (("gone", 3, "no such file"), ("closed", 10, "refused"), ("digest", 7, "its server says")):
        done = run(f"{WEB}/{kind}/big", kind, "--retries", "0")
        ok(done.returncode == code and words in done.stderr and is_gone(kind), f"{kind}: {words}")
    done = run(f"{WEB}/plain/big", "wrong", "--hash", "blake2b:" + "0" * 64)
    ok(done.returncode == 7 and "expected blake2b:000" in done.stderr and is_gone("wrong"),
       "a wrong hash: the file never gets its name")
    done = run(f"{WEB}/lie/big", "lie", "--retries", "1", "--stall", "1s")
    ok(done.returncode != 0 and content("lie") is None, "a server that promises more than it has")
    done = run(f"{WEB}/change/big", "change", "--streams", "4", "--retries", "0")
    ok(done.returncode == 7 and "changed" in done.stderr and is_gone("change"), "a file that changes while it is read")
    done = run(f"{WEB}/hang/big", "hang", "--stall", "1s", "--retries", "0", "--streams", "1")
    ok(done.returncode == 14 and content("hang") is None, "a line that falls silent")
    done = run("http://127.0.0.1:1/x", "none", "--retries", "0")
    ok(done.returncode == 16 and is_gone("none"), "nobody there")
    got = result(f"{WEB}/cut/big", "cut", "--streams", "1", "--retries", "20")
    ok(got and content("cut") == big and got["retried"] > 0, "answers that are cut are asked for again")
    ok(got and got["wire_bytes"] < 1.6 * len(big), "and what had come is not")
    got = result(f"{WEB}/flaky/one", "flaky", "--retries", "5")
    ok(got and got["retried"] >= 1, "a server that fails twice of three times")
    got = result("http://127.0.0.1:1/big", f"{WEB}/plain/big", "mirror")
    ok(got and content("mirror") == big and got["from"].endswith("/plain/big"), "of two sources the one that works")


def killed_and_begun_again():
    make("slow", 8 * MIB, seed=5)
    slow = content("files/slow")
    killed = 0
    for _ in range(2):
        child = subprocess.Popen(command(f"{WEB}/slow/slow", "slow", "--streams", "1"), env=ENV, cwd=folder,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1.6)
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
    ok(killed == 2 and content("slow") is None, "killed twice in the middle")
    got = result(f"{WEB}/slow/slow", "slow", "--streams", "2")
    ok(got and content("slow") == slow and got["resumed_bytes"] >= MIB and got["wire_bytes"] < len(slow),
       f"begun again it fetches the rest only ({got and got['resumed_bytes']} bytes were there)")
    child = subprocess.Popen(command("files/slow", f"{WEB}/put/x", "--limit", "1M"), env=ENV, cwd=folder,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(0.7)
    child.send_signal(signal.SIGINT)
    said = child.communicate()[1]
    ok(child.returncode == 5 and "goes on where" in said, "Ctrl-C ends it with a word")


def limits_hold():
    make("limited", 6 * MIB, seed=6)
    begun = time.monotonic()
    pair = [subprocess.Popen(command(f"{WEB}/plain/limited", f"limited{i}", "--limit", "4M"), env=ENV, cwd=folder,
                             stdout=subprocess.DEVNULL) for i in range(2)]
    codes = [child.wait() for child in pair]
    took = time.monotonic() - begun
    ok(codes == [0, 0] and took > 2.5, f"two moves share one limit: 12 MiB at 4 MiB/s in {took:.1f} s")


def object_store():
    data = make("object", 40 * MIB + 5, seed=7)
    small = content("files/one")
    os.makedirs(path(".aws"), exist_ok=True)
    with open(os.open(path(".aws/credentials"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("[default]\naws_access_key_id = AKIDTEST\naws_secret_access_key = secret/of+the=test\n")
    with open(path(".aws/config"), "w") as file:
        file.write(f"[default]\nregion = eu-test-1\nendpoint_url = {WEB}\n")
    ok(result("files/one", "s3://bucket/a b/ü+1") and result("s3://bucket/a%20b/%C3%BC+1", "s3one")
       and content("s3one") == small, "a small object there and back, signed, with an odd key")
    ok(result("files/object", "s3://bucket/object"), "a large object in parts")
    got = result("s3://bucket/object", "object", "--streams", "4")
    ok(got and content("object") == data, "and back in four streams")
    ok(result("files/object", "s3://bucket/fail-part-2"), "a part that fails is sent again")
    done = run("s3://bucket/none", "s3none")
    ok(done.returncode == 3 and is_gone("s3none"), "no such object")
    wrong = dict(ENV, AWS_ACCESS_KEY_ID="AKIDTEST", AWS_SECRET_ACCESS_KEY="wrong-secret", AWS_ENDPOINT_URL=WEB)
    done = run("files/one", "s3://bucket/x", env=wrong)
    ok(done.returncode == 10 and "SignatureDoesNotMatch" in done.stderr and "wrong-secret" not in done.stderr,
       "a wrong secret is refused, and not told")
    os.chmod(path(".aws/credentials"), 0o644)
    done = run("files/one", "s3://bucket/x")
    ok(done.returncode == 11 and "mode 644" in done.stderr, "credentials that others may read are not used")
    os.chmod(path(".aws/credentials"), 0o600)
    child = subprocess.Popen(command("files/object", "s3://bucket/slow-put", "--limit", "16M"), env=ENV, cwd=folder,
                             stdout=subprocess.DEVNULL)
    time.sleep(1.7)
    child.send_signal(signal.SIGKILL)
    child.wait()
    got = result("files/object", "s3://bucket/slow-put")
    ok(got and got["resumed_bytes"] >= 8 * MIB, "an upload that was killed goes on with its parts")
    ok(result("s3://bucket/slow-put", "slowput") and content("slowput") == data, "and is whole")


def a_full_disk():
    os.makedirs(path("small"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", path("small")], capture_output=True).returncode != 0:
        print("# not tried: a full disk (a small file system cannot be mounted here)")
        return
    try:
        done = run(f"{WEB}/plain/big", "small/big", "--retries", "0")
        ok(done.returncode == 12 and not os.path.exists(path("small/big")), "a full disk is told as such: " + done.stderr[:90].strip())
        done = run("files/big", "small/big", "--retries", "0")
        ok(done.returncode == 12 and not os.path.exists(path("small/big")), "when copying as well")
    finally:
        subprocess.run(["umount", path("small")], check=True)


def links_are_measured():
    with open(path("links")) as file:
        lines = [line.split() for line in file]
    ok(any(line[4] == "http" and int(line[6]) > 0 for line in lines), "moves were measured")
    plan = run("--json", "--plan", f"{WEB}/plain/big", "x")
    choices = json.loads(plan.stdout)["choices"]
    ok(choices[0]["measured"] and choices[0]["path"] == ["127.0.0.1", "here"], "and the plan knows of them")
    ok("127.0.0.1 > here" in run("--plan", f"{WEB}/plain/big", "x").stdout, "for eyes as well")


def bad_words():
    for words in (["x"], ["ftp://h/x", "y"], ["s3://b", "y"], ["a", "b", "--zstd", "99"], ["a", "b", "--limit", "x"],
                  ["a", "b", "--hash", "md5:1"], ["a", "b", "c"], ["a", "b", "--relay", "-oX"]):
        ok(run(*words).returncode == 2, "refused: " + " ".join(words))


server = subprocess.Popen([sys.executable, os.path.join(HERE, "server.py"), path("files")], stdout=subprocess.PIPE, text=True)
try:
    WEB = f"http://127.0.0.1:{int(server.stdout.readline())}"
    for test in (plain_moves, folders_are_packed, failures_are_told, killed_and_begun_again, limits_hold, object_store, a_full_disk, links_are_measured,
                 bad_words):
        print("#", test.__name__)
        test()
finally:
    server.kill()
    server.wait()
    shutil.rmtree(folder)
print(f"1..{count}")
sys.exit(failed > 0)
