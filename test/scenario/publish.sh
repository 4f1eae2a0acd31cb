#!/bin/bash
# Events to a webhook that is away first and then slow of understanding, and to a syslog socket: nothing is lost, signatures hold, a kill -9 between.
. "$(dirname "$0")/../lib.sh"
port=$(free_port)
printf 'whsec_%s\n' "$(printf 'a key of thirty-two bytes, or so' | base64)" >"$work/secret"
cat >"$work/fastgpu.yaml" <<YAML
webhook_hosts: ["127.0.0.1:$port"]
publish:
  - {name: hook, kind: webhook, where: "http://127.0.0.1:$port/in/path-secret?x=1", secret_file: $work/secret, events: [job.*, publish.*]}
  - {name: log, kind: syslog, where: $work/log.sock, events: [job.finished], source: site-a}
YAML

# Hears both; answers 503 to every third batch after it has noted it, as a server does that dies before its answer.
cat >"$work/hear.py" <<'PY'
import base64, hashlib, hmac, http.server, json, os, socket, sys, threading
port, work = int(sys.argv[1]), sys.argv[2]
key = base64.b64decode(open(work + "/secret").read().strip().removeprefix("whsec_"))
batches = 0

class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        global batches
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name, when = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        mac = hmac.new(key, f"{name}.{when}.".encode() + body, hashlib.sha256).digest()
        good = self.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode() \
            and self.headers["Content-Type"].startswith("application/cloudevents-batch+json")
        with open(work + "/heard", "a") as out:
            for event in json.loads(body) if good else []:
                print(event["source"], event["id"], event["type"], event.get("job", "-"), event.get("project", "-"), file=out)
        batches += 1
        self.send_response(400 if not good else 503 if batches % 3 == 2 else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass

def hear_log():
    here = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    here.bind(work + "/log.sock")
    with open(work + "/logged", "ab", buffering=0) as out:
        while True:
            out.write(here.recv(65536) + b"\n")

threading.Thread(target=hear_log, daemon=True).start()
http.server.ThreadingHTTPServer(("127.0.0.1", port), Hook).serve_forever()
PY

member() { fg publish list --json | json "0.$1"; }
failing() { [ "$(member state)" = failing ]; }
settled() { [ "$(member state)" = ok ] && [ "$(fg publish list --json | json 1.state)" = ok ]; }
start_daemon --config "$work/fastgpu.yaml"
first=$(fg run -q -d -c 0.1 -- true)
ok "who cannot be reached is failing" eventually 20 failing
like "and why is said, without the path" "$(fg publish list)" "hook +webhook +http://127.0.0.1:$port +failing .*connect"
stop_daemon KILL
: >"$work/heard"
python3 "$work/hear.py" "$port" "$work" </dev/null >"$work/hear.log" 2>&1 &
hear_pid=$!
start_daemon --config "$work/fastgpu.yaml"
fg wait "$first"
second=$(fg run -q -d -c 0.1 -- false)
fg wait "$second" 2>/dev/null
ok "what waited goes out once it is there" eventually 30 settled
ok "a test is taken" eventually 10 fg publish test hook
like "one that is not there is not" "$(fg publish test nobody 2>&1)" 'sink nobody: the configuration has none'

fg events --json --limit 1000 >"$work/events"
python3 - "$work" <<'PY' >"$work/compared"
import json, sys
work = sys.argv[1]
wanted = [(str(e["seq"]), e["kind"]) for e in json.load(open(work + "/events")) if e["kind"].startswith("job.")]
heard = [tuple(line.split()[1:3]) for line in open(work + "/heard")]
numbers = [h for h in heard if not h[0].startswith("test-")]
print("all" if set(wanted) <= set(numbers) else f"missing {set(wanted) - set(numbers)}")
print("only" if set(numbers) <= set(wanted) else f"more {set(numbers) - set(wanted)}")
firsts = list(dict.fromkeys(numbers))
print("ordered" if firsts == sorted(firsts, key=lambda h: int(h[0])) else f"out of order {firsts}")
PY
is "every event of jobs was heard, no other, in order" "$(tr '\n' ' ' <"$work/compared")" "all only ordered "
like "with source, job and project" "$(grep job.finished "$work/heard" | head -n 1)" "^fastgpu [0-9]+ job.finished $first default\$"
like "syslog heard of the ends in RFC 5424" "$(cat "$work/logged")" \
    "^<28>1 20[0-9T:.-]+Z [^ ]+ site-a [0-9]+ job.finished \[fastgpu@32473 seq=\"[0-9]+\" job=\"$second\" project=\"default\"\] job.finished job=$second .*failed"
stop_daemon
like "neither path nor secret is in the log" "$(grep -c -e path-secret -e "$(cat "$work/secret")" "$work/daemon.log")" '^0$'
lines=$(wc -l <"$work/heard")
start_daemon --config "$work/fastgpu.yaml"
ok "after a stop" eventually 10 settled
is "nothing is sent twice" "$(wc -l <"$work/heard")" "$lines"
kill "$hear_pid"
wait "$hear_pid" 2>/dev/null
done_testing
