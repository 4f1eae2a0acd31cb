"""idle_connections_test.py - 10,000 connections that say nothing (or half a request) do not stop the service."""
import resource
import socket
import time

from fgtest import Service, done, note, ok

WANTED = 10000
ADDRESSES = 4  # source addresses of loopback, so that the ports of one do not run out


def raise_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, WANTED + 2000), hard))
    return min(hard, WANTED + 2000) - 200


def open_idle(service, wanted):
    idle = []
    for number in range(wanted):
        try:
            one = socket.socket()
            one.bind((f"127.0.0.{1 + number % ADDRESSES}", 0))
            one.settimeout(10)
            one.connect(("127.0.0.1", service.port))
            if number % 3 == 1:
                one.sendall(b"GET /v1/jobs HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            elif number % 3 == 2:
                one.sendall(b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            idle.append(one)
        except OSError as error:
            note(f"connection {number}: {error}")
            break
    return idle


def rss_mib(service):
    with open(f"/proc/{service.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024


def main():
    wanted = min(WANTED, raise_files())
    service = Service()
    service.start()
    before = rss_mib(service)
    idle = open_idle(service, wanted)
    ok(len(idle) == wanted, f"{wanted} idle connections are held", len(idle), service.tail())
    note(f"resident {before:.0f} MiB before, {rss_mib(service):.0f} MiB with {len(idle)} connections")

    began = time.monotonic()
    status, _ = service.call("GET", "/healthz", timeout=10)
    ok(status == 200 and time.monotonic() - began < 2, "the service answers meanwhile", status, time.monotonic() - began)
    number = service.submit({"name": "meanwhile", "run": "echo here"})
    over = service.wait(number, 30)
    ok(over and over["state"] == "succeeded", "a job runs meanwhile", over)
    ok(rss_mib(service) < 400, "memory stays below 400 MiB", rss_mib(service))

    for one in idle:
        one.close()
    time.sleep(0.5)
    status, _ = service.call("GET", "/v1/status")
    ok(status == 200, "the service answers after they have gone", status)
    with open(f"/proc/{service.process.pid}/limits") as file:
        note(next(line for line in file if line.startswith("Max open files")).strip())
    ok(service.stop() == 0, "it ends with 0 on TERM")
    done()


main()
