#!/usr/bin/env python3
"""openb_variants.py - placement policies on mixes of requests other than those of the openb workloads.

    bench/openb_variants.py FASTGPU DATA [POLICY,...]

Draws pods of the published workloads until one sort of them has another part: shares of devices, jobs of several
devices, jobs bound to a kind, jobs without devices.  Prints what part of the cluster each policy gives away when 90 and
100 % have arrived, as a mean of two orders of arrival.  The same every time.
"""
import csv
import json
import random
import subprocess
import sys
import tempfile

FIELDS = ["name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec"]
ORDERS = 2


def milli(pod):
    return int(pod["num_gpu"]) * int(pod["gpu_milli"])


def sort_of(pod):
    if pod["num_gpu"] == "0":
        return "cpu"
    if pod["num_gpu"] != "1":
        return "multi"
    return "share" if int(pod["gpu_milli"]) < 1000 else "one"


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_demand(rng, pods, parts, cpu_part, total_milli):
    """Pods of each sort until they ask for that part of the devices; then those without devices."""
    sorts = {}
    for pod in pods:
        sorts.setdefault(sort_of(pod), []).append(pod)
    drawn = []
    for sort, part in parts.items():
        asked = 0
        while asked < part * total_milli:
            drawn.append(rng.choice(sorts[sort]))
            asked += milli(drawn[-1])
    drawn += rng.choices(sorts["cpu"], k=round(len(drawn) * cpu_part / (1 - cpu_part)))
    return drawn


def bound_to_kinds(rng, pods, percent):
    """So many of the pods with devices are bound to a kind, as some are."""
    bound = [pod for pod in pods if pod["gpu_spec"]]
    free = [pod for pod in pods if not pod["gpu_spec"] and sort_of(pod) != "cpu"]
    count = len(bound) + len(free)
    some = round(count * percent / 100)
    return (rng.choices(bound, k=some) + rng.choices(free, k=count - some)
            + [pod for pod in pods if sort_of(pod) == "cpu"])


def variants(rng, data, total_milli):
    pods = read(f"{data}/openb_pod_list_default.csv")
    spec = read(f"{data}/openb_pod_list_gpuspec10.csv")
    most = 0.98 * total_milli
    usual = {"share": 0.285, "one": 0.643, "multi": 0.072}
    for percent in (20, 60, 80, 100):
        rest = 1 - percent / 100
        parts = {"share": percent / 100, "one": 0.9 * rest, "multi": 0.1 * rest}
        yield f"gpushare{percent}", by_demand(rng, pods, parts, 0.133, most)
    for percent in (20, 25, 33):
        yield f"gpuspec{percent}", bound_to_kinds(rng, spec, percent)
    for percent in (30, 40, 50):
        rest = 1 - percent / 100
        parts = {"multi": percent / 100, "share": 0.3 * rest, "one": 0.7 * rest}
        yield f"multigpu{percent}", by_demand(rng, pods, parts, 0.133, most)
    for mille in (0, 100, 200, 250):
        yield f"cpu{mille:03}", by_demand(rng, pods, usual, mille / 1000, most)


def write_pods(path, pods):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(FIELDS)
        for number, pod in enumerate(pods):
            out.writerow([f"pod-{number:05}"] + [pod[field] for field in FIELDS[1:]])


def write_order(rng, path, pods, nodes, total_milli):
    """All pods shuffled, then any of them until 130 % have arrived; and which of equal nodes comes first."""
    order = rng.sample(range(len(pods)), len(pods))
    asked = sum(map(milli, pods))
    while True:
        more = rng.randrange(len(pods))
        asked += milli(pods[more])
        if asked > 1.3 * total_milli:
            break
        order.append(more)
    ranks = rng.sample(range(nodes), nodes)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{len(order)} {nodes}\n" + "\n".join(map(str, order + ranks)) + "\n")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    program, data = sys.argv[1:3]
    policies = sys.argv[3] if len(sys.argv) == 4 else "packing,clustering,best-fit,fgd,best"
    node_file = f"{data}/openb_node_list_gpu_node.csv"
    nodes = read(node_file)
    total_milli = 1000 * sum(int(node["gpu"]) for node in nodes)
    rng = random.Random(1)
    print(f"{'%, at 90 / 100 arrived':24}" + "".join(f"{name:>15}" for name in policies.split(",")))
    with tempfile.TemporaryDirectory() as folder:
        for name, pods in variants(rng, data, total_milli):
            write_pods(f"{folder}/pods.csv", pods)
            orders = []
            for number in range(ORDERS):
                path = f"{folder}/{number}.seq"
                write_order(rng, path, pods, len(nodes), total_milli)
                orders += ["--sequence", path]
            said = subprocess.run(
                [program, "sim", "openb", "--nodes", node_file, "--pods", f"{folder}/pods.csv", *orders,
                 "--policy", policies, "--json"], check=True, capture_output=True, text=True).stdout
            results = json.loads(said)
            results = results if isinstance(results, list) else results.get("policies", [results])
            cells = [f"{it['allocation']['90']:.2f}/{it['allocation']['100']:.2f}" for it in results]
            print(f"{name:24}" + "".join(f"{cell:>15}" for cell in cells), flush=True)


main()
