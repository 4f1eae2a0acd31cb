"""secrets_test.py - canaries: an environment value and a token never show in logs, errors, arguments or answers."""
import json
import os
import subprocess

from fgtest import Service, done, eventually, ok

CANARY = "canary-7f3a9b-value"


def command_lines():
    lines = b""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    if int(entry) != os.getpid():
                        lines += file.read() + b"\n"
            except OSError:
                pass
    return lines


def main():
    service = Service()
    service.start()
    spec = {"name": "secret", "envs": {"API_KEY": CANARY}, "resources": {"cpus": 0.1},
            "run": 'test "$API_KEY" = canary-$HALF-value && sleep 3', }
    spec["envs"]["HALF"] = "7f3a9b"
    number = service.submit(spec)
    ok(eventually(20, lambda: service.job(number)["state"] == "running"), "the job runs", service.job(number))
    ok(CANARY.encode() not in command_lines(), "no process has the value among its arguments")
    ok(service.token.encode() not in command_lines(), "no process has the token among its arguments")

    answers = ""
    for path in (f"/v1/jobs/{number}", f"/v1/jobs/{number}/why", "/v1/jobs", "/v1/events", "/v1/status", "/metrics",
                 "/v1/tokens", "/v1/whoami", "/v1/nodes"):
        status, body = service.call("GET", path)
        ok(status == 200, f"GET {path}", status, body)
        answers += body.decode(errors="replace") if isinstance(body, bytes) else json.dumps(body)
    ok(CANARY not in answers, "no answer has the value")
    ok(service.token not in answers, "no answer has the token")

    broken = dict(spec, resources={"cpus": "no number"})
    status, body = service.call("POST", "/v1/jobs", broken)
    ok(status == 400 and CANARY not in json.dumps(body), "an error about the job does not tell the value", status, body)
    broken = dict(spec, envs={"API KEY=": CANARY})
    status, body = service.call("POST", "/v1/jobs", broken)
    ok(status == 400 and CANARY not in json.dumps(body), "nor does one about the variable itself", status, body)
    broken = dict(spec, envs={"API_KEY": [CANARY]})
    status, body = service.call("POST", "/v1/jobs", broken)
    ok(status == 400 and CANARY not in json.dumps(body), "nor one about a value of the wrong type", status, body)
    wrong = "fgpu_" + "A" * 43
    status, body = service.call("GET", "/v1/jobs", Authorization=f"Bearer {wrong}")
    ok(status == 401 and wrong not in json.dumps(body), "a wrong token is refused and not told back", status, body)

    over = service.wait(number, 30)
    ok(over and over["state"] == "succeeded", "the job itself had the value", over)
    service.stop()
    with open(service.log, errors="replace") as file:
        log = file.read()
    ok(CANARY not in log, "the service's log does not have the value")
    ok(service.token not in log and wrong not in log, "the service's log has no token")
    found = subprocess.run(["grep", "-rlaF", service.token, service.data], capture_output=True, text=True).stdout.split()
    ok([os.path.basename(f) for f in found] == ["admin.token"], "the token lies in admin.token only: stored as a hash",
       found)
    ok(os.stat(os.path.join(service.data, "admin.token")).st_mode & 0o777 == 0o600, "which only its owner can read")
    ok(os.stat(service.data).st_mode & 0o077 in (0, 0o011), "and so is the data folder", oct(os.stat(service.data).st_mode))
    done()


main()
