"""full_disk_test.py - a full disk refuses submits with a clear error, hurts no running job, and heals.

The data folder lies on a small tmpfs of its own (needs root); a file fills it up, and is removed again.
"""
import atexit
import os
import subprocess
import tempfile
import time

from fgtest import Service, done, eventually, note, ok, skip_all

SIZE_MIB = 48


def mount():
    folder = tempfile.mkdtemp(prefix="fgt.")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=755", "none", folder],
                          capture_output=True, text=True)
    if made.returncode != 0:
        os.rmdir(folder)
        skip_all(f"no small disk could be mounted here: {made.stderr.strip()}")
    return folder


def unmount(folder):
    for _ in range(50):
        if subprocess.run(["umount", folder], capture_output=True).returncode == 0:
            os.rmdir(folder)
            return
        time.sleep(0.1)
    subprocess.run(["umount", "-l", folder])


def fill(path):
    """Take all the room, to the last byte."""
    with open(path, "ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def main():
    if os.geteuid() != 0:
        skip_all("only root can mount a small disk")
    disk = mount()
    atexit.register(unmount, disk)
    outside = tempfile.mkdtemp(prefix="fgt.")
    service = Service(folder=disk)
    service.log = os.path.join(outside, "daemon.log")  # so that what it says is not lost with the disk
    service.start()

    mark = os.path.join(outside, "mark")
    go = os.path.join(outside, "go")
    before = [service.submit({"name": f"before-{n}", "run": "true"}) for n in range(5)]
    running = service.submit({"name": "through", "resources": {"cpus": 0.1},
                              "run": f"while [ ! -e {go} ]; do echo tick; sleep 0.05; done; echo survived >{mark}"})
    ok(eventually(20, lambda: service.job(running)["state"] == "running"), "a job runs", service.job(running))

    ballast = os.path.join(disk, "ballast")
    fill(ballast)
    refused, accepted = None, []
    for number in range(3000):
        status, body = service.call("POST", "/v1/jobs", {"name": f"full-{number}", "begin": "1h", "run": "true", "labels": {
            "padding": "x" * 60}})
        if status == 201:
            accepted.append(body["id"])  # there was room in a page; then it is durable and has to be kept
            fill(ballast)
            continue
        refused = (status, body)
        break
    ok(refused is not None and refused[0] == 507, "a submit on a full disk is refused with 507", refused)
    if refused:
        ok(refused[1].get("code") == "FG_ENOSPC" and refused[1].get("retry") is True,
           "the answer says that the disk is full and that it may be tried again", refused[1])
    note(f"{len(accepted)} submits still fitted")
    again = [service.call("POST", "/v1/jobs", {"name": "again", "run": "true"})[0] for _ in range(20)]
    ok(set(again) == {507}, "and so is every further one", again)
    ok(service.call("GET", f"/v1/jobs/{running}")[0] == 200, "reading still works")
    ok(service.job(running)["state"] == "running", "the running job goes on", service.job(running))
    open(go, "w").close()
    ok(eventually(20, lambda: os.path.exists(mark)), "and comes to its end on the full disk")

    os.unlink(ballast)
    late = eventually(30, lambda: service.call("POST", "/v1/jobs", {"name": "after", "run": "true"})[0] == 201)
    ok(late, "with room again, submits are taken again", service.tail())
    over = service.wait(running, 30)
    ok(over and over["state"] == "succeeded", "the job that ended on the full disk counts as succeeded", over)
    ok(service.stop() == 0, "the daemon ends with 0 on TERM", service.tail())
    service.start()
    known = {job["id"] for job in service.jobs()}
    ok(not [n for n in before + accepted + [running] if n not in known], "nothing acknowledged was lost")
    check = subprocess.run(["python3", "-c",
                            "import sqlite3,sys,glob\n"
                            "for f in glob.glob(sys.argv[1]+'/*.db'):\n"
                            "    print(sqlite3.connect(f).execute('pragma integrity_check').fetchone()[0])",
                            service.data], capture_output=True, text=True)
    ok(set(check.stdout.split()) == {"ok"}, "the database is whole", check.stdout, check.stderr)

    # Killed on a full disk: the next start serves what it has, or refuses in plain words; with room all is well.
    fill(ballast)
    service.stop(9)
    try:
        service.start()
        ok(service.call("GET", f"/v1/jobs/{running}")[0] == 200, "a start on a full disk serves what is there")
    except RuntimeError as error:
        ok("disk" in str(error) or "space" in str(error), "a start on a full disk is refused in plain words", error)
        service.process = None
    os.unlink(ballast)
    if service.process is None:
        service.start()
    late = eventually(30, lambda: service.call("POST", "/v1/jobs", {"name": "late", "run": "true"})[0] == 201)
    ok(late, "and with room again it takes submits", service.tail())
    ok(not [n for n in before + accepted + [running] if n not in {job["id"] for job in service.jobs()}],
       "nothing acknowledged was lost by that either")
    service.close()
    done()


main()
