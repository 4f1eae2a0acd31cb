#!/usr/bin/python3 -IS
"""fake_slurm.py - no Slurm: what its commands would print, from a folder of files.

Called as sbatch, squeue, scontrol or scancel (links to this file).  SLURM_CONF names a file in the folder:
  nodes        a line a node: NAME CPUS MEMORY_MIB GRES STATE CPUS_USED GRES_USED
  jobs.json    the jobs: id, name, comment, array, nodes, state, wanted; tests may write it too
  faults       words: `lose` (sbatch answers and forgets), `hang` (every command), `down` (no controller),
               `refuse TEXT` (sbatch says no), `deaf` (sbatch takes it and does not answer), `hold` (nothing begins)
  calls        every command line is added to it
"""
import fcntl
import json
import os
import sys
import time

folder = os.path.dirname(os.environ["SLURM_CONF"])
me = os.path.basename(sys.argv[0])


def path(name):
    return os.path.join(folder, name)


def text(name, default=""):
    try:
        with open(path(name)) as file:
            return file.read()
    except FileNotFoundError:
        return default


def options(args):
    found = {}
    for arg in args:
        if arg.startswith("--"):
            key, _, value = arg[2:].partition("=")
            found[key] = value
    return found


def begin(jobs, fault):
    """What waits gets the nodes that it names, or the first ones."""
    names = [line.split()[0] for line in text("nodes").splitlines() if line.strip()]
    for job in jobs:
        if job["state"] == "PD" and fault != "hold":
            job["nodes"] = job["wanted"] or ",".join(names[: job["len"]])
            job["state"] = "R"


def sbatch(jobs, fault, words):
    script = sys.stdin.read()
    opt = options(sys.argv[1:])
    if fault == "refuse":
        sys.exit("sbatch: error: Batch job submission failed: " + " ".join(words))
    number = max([job["id"] for job in jobs] + [int(text("last", "100"))]) + 1
    with open(path("last"), "w") as file:
        file.write(str(number))
    with open(path(f"script.{number}"), "w") as file:
        file.write(script)
    first, _, last = opt.get("array", "").partition("-")
    for index in range(int(first), int(last) + 1) if last else [None]:
        jobs.append({
            "id": number + (index or 0), "array_id": number, "index": index, "name": opt["job-name"],
            "comment": opt["comment"], "state": "PD", "wanted": opt.get("nodelist", ""), "nodes": "",
            "len": int(opt["nodes"]), "cpus": int(opt["cpus-per-task"]), "mem": opt.get("mem", "0"),
            "gres": "gres:" + opt["gres"] if "gres" in opt else "N/A"})
    if fault == "lose":
        jobs[:] = [job for job in jobs if job["array_id"] != number]
    if fault == "deaf":
        save(jobs)
        time.sleep(30)
    print(number)


def squeue(jobs, fault):
    begin(jobs, fault)
    if "-j" in sys.argv:
        wanted = sys.argv[sys.argv.index("-j") + 1]
        print(*[job["name"] for job in jobs if str(job["array_id"]) == wanted], sep="\n")
        return
    for job in jobs:
        if job["state"] in ("PD", "R"):
            array = "N/A" if job["index"] is None else job["index"]
            print(job["id"], array, job["state"], job["nodes"], job["len"], job["cpus"] * job["len"], job["mem"],
                  job["gres"], "UNLIMITED", "2026-11-21T18:56:18", "N/A", "None", job["array_id"], job["name"],
                  job["comment"], sep="|")


def scontrol(jobs):
    if sys.argv[1] == "--version":
        print("slurm 22.05.8-fake")
    elif sys.argv[2] == "node":
        for line in text("nodes").splitlines():
            name, cpus, mem, gres, state, used, gres_used = line.split()
            print(f"NodeName={name} CPUAlloc={used} CPUTot={cpus} ActiveFeatures=fake Gres={gres} GresUsed={gres_used} "
                  f"NodeAddr={name}.test RealMemory={mem} AllocMem=0 State={state} Partitions=all,other Reason=none")
    else:
        found = [job for job in jobs if sys.argv[4] in (str(job["id"]), f"{job['array_id']}_{job['index']}")]
        if not found:
            sys.exit("slurm_load_jobs error: Invalid job id specified")
        print(f"JobId={found[0]['id']} JobName={found[0]['name']} JobState={found[0]['state']} Reason=None "
              f"ExitCode={found[0].get('exit', '0:0')}")


def scancel(jobs):
    name = options(sys.argv[1:]).get("name")
    ids = [arg for arg in sys.argv[1:] if not arg.startswith("-")]
    if name and ids:
        sys.exit("with both, Slurm 22.05 cancels more than was asked for")
    jobs[:] = [job for job in jobs if job["name"] != name and f"{job['array_id']}_{job['index']}" not in ids]


def save(jobs):
    with open(path("jobs.json.new"), "w") as file:
        json.dump(jobs, file)
    os.rename(path("jobs.json.new"), path("jobs.json"))


def main():
    words = text("faults").split()
    fault = words[0] if words else ""
    with open(path("calls"), "a") as file:
        print(me, *sys.argv[1:], file=file)
    if fault == "hang":
        time.sleep(30)
    if fault == "down":
        sys.exit(f"{me}: error: Unable to contact slurm controller (connect failure)")
    with open(path("lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        jobs = json.loads(text("jobs.json", "[]"))
        {"sbatch": lambda: sbatch(jobs, fault, words[1:]), "squeue": lambda: squeue(jobs, fault),
         "scontrol": lambda: scontrol(jobs), "scancel": lambda: scancel(jobs)}[me]()
        save(jobs)


main()
