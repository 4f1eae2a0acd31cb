#!/usr/bin/env python3
"""A FAKE supplier as a plug-in of FastGPU: it sells machines that do not exist.

It is an example of how to write one (the protocol is in docs/suppliers.md), and it can be told to misbehave, which is
what our tests do.  One process a call: a line of JSON comes on standard input, a line of JSON goes to standard output.

What it must never forget is in one file, FASTGPU_STATE_DIR/fake.json: written beside, synced, renamed, under a lock.
The order is written down BEFORE it is made, under its key: who is killed in between finds it there when he is asked again.
"""
import argparse
import contextlib
import datetime
import fcntl
import json
import os
import sys
import time

FAULTS = ("hang", "garbage", "die", "huge", "twice", "lie", "dear", "refuse", "wrong-gpu", "few", "sick", "no-report",
          "refuse-later", "reclaim", "leak", "forget", "buy-twice")


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Refused(Exception):
    """No, and that is final."""


class Shop:
    """What there is, what was sold.  `options` are those of the command line below."""

    def __init__(self, folder, options):
        self.path = os.path.join(folder, "fake.json")
        self.options = options
        self.faults = set(options.fault or ())
        self.offer = {"instance": "fake-8xh100", "accelerator": "h100", "accelerators": 8, "accelerator_mem_mib": 81920,
                      "cpu_milli": 96000, "mem_mib": 1048576, "region": "nowhere", "contract": "on_demand",
                      "price_uusd_per_hour": options.price_uusd, "lead_time_us": int(options.delay * 1e6)}

    @contextlib.contextmanager
    def books(self, write=True):
        """The state, under a lock; what was changed is durable afterwards."""
        with open(self.path + ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                with open(self.path) as file:
                    state = json.load(file)
            except FileNotFoundError:
                state = {"orders": {}, "machines": 0}
            yield state
            if write:
                with open(self.path + ".new", "w") as file:
                    json.dump(state, file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(self.path + ".new", self.path)
                folder = os.open(os.path.dirname(self.path) or ".", os.O_RDONLY)
                os.fsync(folder)
                os.close(folder)

    def free(self, state):
        held = sum(len(order["ids"]) for order in state["orders"].values() if not order["gone"])
        return self.options.capacity - held

    def price(self):
        return self.options.price_uusd * (2 if "dear" in self.faults else 1)

    # ---- the operations ----

    def offers(self, _request):
        with self.books(write=False) as state:
            capacity = self.free(state)
        return {"offers": [dict(self.offer, capacity=capacity)] if capacity > 0 else []}

    def check(self, request):
        offer, count = request.get("offer"), request.get("count")
        if not isinstance(offer, dict) or not isinstance(count, int) or count < 1:
            raise ValueError("expected an offer and a count of 1 or more")
        if offer.get("instance") != self.offer["instance"]:
            raise Refused("we have only " + self.offer["instance"])
        if "refuse" in self.faults:
            raise Refused("sold out (told to refuse)")

    def quote(self, request):
        self.check(request)
        with self.books(write=False) as state:
            if self.free(state) < request["count"]:
                raise Refused("%d left, %d asked for" % (self.free(state), request["count"]))
        return {"price_uusd_per_hour": self.price(), "promised": moment(time.time() + self.options.delay),
                "valid_until": moment(time.time() + 600)}

    def provision(self, request):
        self.check(request)
        key, now = self.key(request), time.time()
        with self.books() as state:
            order = state["orders"].get(key)
            if order is None or "buy-twice" in self.faults:
                if self.free(state) < request["count"]:
                    raise Refused("%d left, %d asked for" % (self.free(state), request["count"]))
                ids = ["fake-%d" % (state["machines"] + i) for i in range(request["count"])]
                state["machines"] += request["count"]
                order = {"ids": ids, "ready": now + self.options.delay, "gone": None, "reference": "F-" + ids[0]}
                if "forget" not in self.faults:
                    state["orders"][key] = order
        return self.tell(order)

    def find(self, request):
        key = self.key(request)
        with self.books(write=False) as state:
            return state["orders"].get(key)

    def status(self, request):
        order = self.find(request)
        return self.tell(order) if order else {"state": "unknown"}

    def inspect(self, request):
        order = self.find(request)
        if not order:
            return {"state": "unknown"}
        answer = self.tell(order)
        for instance in answer.get("instances", ()):
            if "no-report" in self.faults:
                instance["reason"] = "nobody answers there (told so)"
            else:
                instance["report"] = self.report(instance["id"], request.get("burn_in_s", 0))
        return answer

    def release(self, request):
        key = self.key(request)
        with self.books() as state:
            order = state["orders"].get(key)
            if order and order["gone"] is None:
                if "leak" not in self.faults:
                    order["gone"] = max(time.time(), order["ready"])
        return self.tell(order) if order else {"state": "unknown"}

    # ---- what they say ----

    @staticmethod
    def key(request):
        key = request.get("key")
        if not isinstance(key, str) or not key or len(key) > 39 or not key.replace("-", "").isalnum():
            raise ValueError("expected a key of letters, digits and -")
        return key

    def tell(self, order):
        now = time.time()
        gone = order["gone"]
        if gone is None and "reclaim" in self.faults and now > order["ready"] + 1:
            gone = order["ready"] + 1
        if gone is not None:
            return {"state": "gone", "reference": order["reference"], "ready": moment(order["ready"]),
                    "gone": moment(gone)}
        ready = now >= order["ready"]
        if ready and "refuse-later" in self.faults:
            return {"state": "refused", "reason": "sold to somebody else (told so)"}
        ids = order["ids"][:-1] if "lie" in self.faults else order["ids"]
        answer = {"state": "ready" if ready else "pending", "reference": order["reference"],
                  "price_uusd_per_hour": self.price(), "promised": moment(order["ready"]),
                  "instances": [{"id": name, "address": self.options.address if ready else "",
                                 "state": "ready" if ready else "pending"} for name in ids]}
        if ready:
            answer["ready"] = moment(order["ready"])
        return answer

    def report(self, name, burn_in_s):
        """What `fastgpu node inspect --json` would print there.  A real plug-in runs it on the machine, by ssh."""
        result = "passed" if burn_in_s else "not_run"
        count = self.offer["accelerators"] - ("few" in self.faults)
        devices = [{"kind": "a100" if "wrong-gpu" in self.faults else "h100", "product": "FAKE H100 80GB",
                    "id": "FAKE-%s-%d" % (name, i), "mem_mib": 81559, "ecc_on": 1,
                    "ecc_uncorrected": 3 if "sick" in self.faults else 0, "burn_in": result} for i in range(count)]
        return {"format": "fastgpu-inspect 1", "host": name, "driver": "fake", "cpu_milli": self.offer["cpu_milli"],
                "mem_mib": self.offer["mem_mib"], "burn_in": result, "burn_in_us": burn_in_s * 1000000, "devices": devices}

    def answer(self, request):
        """Any request, also one that is none."""
        operations = {"offers": self.offers, "quote": self.quote, "provision": self.provision, "status": self.status,
                      "inspect": self.inspect, "release": self.release}
        try:
            if not isinstance(request, dict) or request.get("op") not in operations:
                raise ValueError("expected an object with op: " + ", ".join(operations))
            return dict({"ok": True}, **operations[request["op"]](request))
        except Refused as why:
            return {"ok": False, "refused": str(why)}
        except (ValueError, TypeError) as why:
            return {"ok": False, "error": str(why)}


def add_options(parser):
    parser.add_argument("--delay", type=float, default=0, help="seconds from the order to the delivery")
    parser.add_argument("--capacity", type=int, default=4, help="machines that there are")
    parser.add_argument("--price-uusd", type=int, default=20000000, help="of a machine for an hour, in micro-USD")
    parser.add_argument("--address", default="fake.invalid", help="of every machine")
    parser.add_argument("--fault", action="append", choices=FAULTS, help="misbehave; may be given several times")
    parser.add_argument("--fault-op", help="the operation that hangs, dies, or answers too much or garbage; else all")
    parser.add_argument("--fault-file", help="faults, one a line, while this file is there")


def misbehave(shop, request):
    """Faults of the program itself.  Those of the shop are in the shop."""
    op = request.get("op") if isinstance(request, dict) else None
    if shop.options.fault_op not in (None, op):
        return
    if "die" in shop.faults:
        sys.exit("told to die")
    if "hang" in shop.faults:
        time.sleep(3600)
    if "garbage" in shop.faults:
        print("Welcome to the fake supplier!")
        sys.exit(0)
    if "huge" in shop.faults:
        with contextlib.suppress(BrokenPipeError):
            while True:
                sys.stdout.write("x" * 65536)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    options = parser.parse_args()
    shop = Shop(os.environ.get("FASTGPU_STATE_DIR", "."), options)
    if options.fault_file and os.path.exists(options.fault_file):
        with open(options.fault_file) as file:
            shop.faults.update(line.strip() for line in file)
    try:
        request = json.loads(sys.stdin.readline())
    except (ValueError, RecursionError):
        request = None
    answer = shop.answer(request)
    misbehave(shop, request)
    for _ in range(2 if "twice" in shop.faults else 1):
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
