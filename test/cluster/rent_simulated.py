#!/usr/bin/env python3
"""A SIMULATED supplier: it "rents" out machines that machine.sh makes on this one, and each runs the user data it is given.

usage: rent_simulated.py --cluster FOLDER [--boot SECONDS] [--never-boots] [--fault ...], as a plug-in (docs/suppliers.md)
       rent_simulated.py --cluster FOLDER --end     in its state folder: power off whatever is there

The books are those of the example supplier: an order is written down before its machines are made, and they are made once.
"""
import argparse
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "examples", "suppliers"))
import fake_supplier  # noqa: E402

FIRST_NUMBER = 100  # of addresses; below are the nodes that the cluster began with
MACHINE = os.path.join(HERE, "machine.sh")


class Rent(fake_supplier.Shop):
    """Orders whose machines really are there, in a way."""

    def __init__(self, folder, options):
        super().__init__(folder, options)
        self.folder = os.path.realpath(folder)
        self.offer.update(instance="simulated-%dx%s" % (options.devices, options.kind), accelerator=options.kind,
                          accelerators=options.devices, cpu_milli=0, mem_mib=0, region=options.region,
                          contract="spot" if options.spot else "on_demand")

    def of(self, name):
        return os.path.join(self.folder, "machines", name)

    def provision(self, request):
        self.check(request)
        if request["key"] and not self.find(request):
            self.prepare(request)
        answer = super().provision(request)
        order = self.find(request)
        for name in order["ids"] if order and not order["gone"] else ():
            self.make(name, request["key"])
        return answer

    def prepare(self, request):
        """What the machines are to run is kept before they are ordered: who is asked again has it no more."""
        path = os.path.join(self.folder, request["key"] + ".data")
        with open(path + ".new", "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(request.get("user_data") or "#!/bin/sh\n")
        os.replace(path + ".new", path)

    def make(self, name, key):
        folder, number = self.of(name), FIRST_NUMBER + int(name.rsplit("-", 1)[1])
        if os.path.exists(folder):
            return
        environment = dict(os.environ, MACHINE_DEVICES=str(self.options.devices))
        environment.update(self.environment())
        os.makedirs(folder)
        data = os.path.join(self.folder, key + ".data")
        if self.options.never_boots:
            data = "/dev/null"
        with open(os.path.join(folder, "start.out"), "w") as out:
            # A session of its own: a plug-in's processes end with its call.
            subprocess.Popen(["bash", "-c", 'sleep "$1"; exec "${@:2}"', "boot", str(self.options.boot), MACHINE, folder,
                              "start", name, str(number), self.options.cluster, data],
                             stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                             env=environment)

    def environment(self):
        """Of a machine: its devices are none, its programs those of this tree."""
        with open(self.options.environment) as file:
            return dict(line.rstrip("\n").split("=", 1) for line in file)

    def tell(self, order):
        answer = super().tell(order)
        for instance in answer.get("instances", ()):
            if instance["address"]:
                instance["address"] = self.address(instance["id"])
            if self.options.leaves and os.path.exists(self.options.leaves):
                with open(self.options.leaves) as file:
                    leaves = dict(line.split() for line in file)
                if instance["id"] in leaves:
                    instance["leaves_at"] = leaves[instance["id"]]
        return answer

    def address(self, name):
        with open(os.path.join(self.options.cluster, "settings")) as file:
            port = int(dict(line.strip().split("=", 1) for line in file)["port"])
        return "10.%d.%d.%d" % (port // 256, port % 256, FIRST_NUMBER + int(name.rsplit("-", 1)[1]))

    def report(self, name, burn_in_s):
        """Looked at on the machine itself, when it has come up."""
        for _ in range(100):
            if os.path.exists(os.path.join(self.of(name), "pid")):
                break
            time.sleep(0.1)
        words = [MACHINE, self.of(name), "run", "fastgpu", "node", "inspect", "--json"]
        if burn_in_s:
            words += ["--burn-in", str(burn_in_s)]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, timeout=50,
                              env=dict(os.environ, **self.environment()))
        return json.loads(done.stdout)

    def inspect(self, request):
        try:
            return super().inspect(request)
        except (json.JSONDecodeError, subprocess.TimeoutExpired):
            raise ValueError("the machine is not up yet") from None

    def release(self, request):
        order = self.find(request)
        for name in order["ids"] if order else ():
            subprocess.run([MACHINE, self.of(name), "stop"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
        return super().release(request)


def end(folder):
    machines = os.path.join(folder, "machines")
    for name in os.listdir(machines) if os.path.isdir(machines) else ():
        subprocess.run([MACHINE, os.path.join(machines, name), "stop"], check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    fake_supplier.add_options(parser)
    parser.add_argument("--cluster", required=True, help="folder of slurm.sh --hosts")
    parser.add_argument("--environment", help="a file: NAME=VALUE, a line each, of every machine")
    parser.add_argument("--devices", type=int, default=2)
    parser.add_argument("--kind", default="h100")
    parser.add_argument("--region", default="simulated")
    parser.add_argument("--boot", type=float, default=0, help="seconds that a machine takes to start")
    parser.add_argument("--never-boots", action="store_true", help="it starts, and runs nothing")
    parser.add_argument("--spot", action="store_true")
    parser.add_argument("--leaves", help="a file: ID MOMENT, a line each: notice that it is taken back")
    parser.add_argument("--end", action="store_true")
    options = parser.parse_args()
    folder = os.environ.get("FASTGPU_STATE_DIR", ".")
    if options.end:
        end(folder)
        return 0
    if options.fault_file and os.path.exists(options.fault_file):
        with open(options.fault_file) as file:
            options.fault = (options.fault or []) + file.read().split()
    try:
        request = json.loads(sys.stdin.readline())
    except ValueError:
        request = None
    print(json.dumps(Rent(folder, options).answer(request), separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
