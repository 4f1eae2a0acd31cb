"""orphans_test.py - no process is left after a cancel, a crash, a time limit, or the end of the service.

Each job is of the nasty kind: it has children, grandchildren in a session of their own, and ignores TERM.
"""
import os
import signal

from fgtest import Service, done, eventually, ok

NASTY = """
trap '' TERM
sleep 1000 &
(trap '' TERM; setsid sh -c 'trap "" TERM; sleep 1001; sleep 1002' &)
nohup sleep 1003 >/dev/null 2>&1 &
echo ready
wait
sleep 1004
"""


def processes(service, number):
    """What runs for that job: a process that has its id in the environment."""
    mark = f"FASTGPU_JOB_ID={number}".encode()
    found = []
    for pid in service.leftovers():
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if mark in file.read().split(b"\0"):
                    found.append(pid)
        except OSError:
            pass
    return found


def start(service, **more):
    number = service.submit({"name": "nasty", "resources": {"cpus": 0.1}, "run": NASTY, "grace": "0.3s",
                             "envs": {"FG_TEST_MARK": service.folder}, **more})
    ok(eventually(20, lambda: len(processes(service, number)) >= 4), "a job with descendants runs",
       processes(service, number), service.job(number))
    return number


def gone(service, number, how, state):
    over = service.wait(number, 30)
    ok(over and over["state"] == state, f"after {how} the job is {state}", over)
    ok(eventually(10, lambda: not processes(service, number)), f"after {how} none of its processes is left",
       {pid: service.leftovers().get(pid) for pid in processes(service, number)})


def main():
    service = Service()
    service.start()

    number = start(service)
    ok(service.call("POST", f"/v1/jobs/{number}/cancel")[0] == 200, "cancel is taken")
    gone(service, number, "a cancel", "cancelled")

    number = start(service, time_limit="1s")
    gone(service, number, "a time limit", "timed_out")

    # The program itself crashes; what it left behind has to go with it.
    number = service.submit({"name": "crash", "resources": {"cpus": 0.1}, "envs": {"FG_TEST_MARK": service.folder},
                             "run": "sleep 1000 & setsid sleep 1001 & kill -SEGV $$"})
    gone(service, number, "a crash", "failed")
    number = service.submit({"name": "ends", "resources": {"cpus": 0.1}, "envs": {"FG_TEST_MARK": service.folder},
                             "run": "sleep 1000 & setsid sleep 1001 & exit 0"})
    gone(service, number, "a good end", "succeeded")

    # The service is killed, the job goes on, and can still be cancelled by the next one.
    number = start(service)
    before = set(processes(service, number))
    service.stop(signal.SIGKILL)
    ok(before <= set(processes(service, number)), "a job outlives kill -9 of the service", before)
    service.start()
    ok(eventually(10, lambda: service.job(number)["state"] == "running"), "it is adopted", service.job(number))
    service.call("POST", f"/v1/jobs/{number}/cancel")
    gone(service, number, "kill -9 of the service and a cancel", "cancelled")

    # Its time limit holds while no service is there to watch it.
    number = start(service, time_limit="2s")
    service.stop(signal.SIGKILL)
    ok(eventually(15, lambda: not processes(service, number)), "a time limit is kept while the service is down",
       processes(service, number))
    service.start()
    gone(service, number, "a time limit with the service down", "timed_out")

    ok(not service.zombies(), "no zombie below the service", service.zombies())
    ok(service.stop() == 0, "the service ends with 0 on TERM")
    ok(eventually(10, lambda: not service.leftovers()), "nothing at all is left", service.leftovers())
    done()


main()
