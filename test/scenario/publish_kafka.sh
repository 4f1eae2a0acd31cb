#!/bin/bash
# Events to Kafka (a fake of it: librdkafka's mock cluster) whose broker goes, and comes back, while jobs end and the service is killed:
# every event is there, those of a job in order, and what was stopped in peace is not sent again.
. "$(dirname "$0")/../lib.sh"
coproc kafka { "$(dirname "$FASTGPU_BIN")/fake_kafka" gpus; }
read -r address <&"${kafka[0]}"
broker() {
    local answer
    echo "$*" >&"${kafka[1]}"
    read -r -t 60 answer <&"${kafka[0]}" && [ "$answer" = done ]
}
cat >"$work/fastgpu.yaml" <<YAML
publish:
  - {name: bus, kind: kafka, where: "$address", topic: gpus, events: [job.*],
     options: {message.timeout.ms: "500", reconnect.backoff.ms: "20", reconnect.backoff.max.ms: "100"}}
YAML
member() { fg publish list --json | json "0.$1"; }
is_now() { [ "$(member state)" = "$1" ]; }
jobs() {
    local ids=()
    for _ in $(seq "$1"); do ids+=("$(fg run -q -d -c 0.1 -- true)"); done
    fg wait "${ids[@]}"
}
# all and ordered: of the events of the service, in what the fake wrote; and how many are there twice.
compared() {
    fg events --json --limit 1000 >"$work/events"
    broker write "$work/heard" || echo 'the fake does not answer'
    python3 - "$work" <<'PY'
import json, sys
work = sys.argv[1]
wanted = {e["seq"] for e in json.load(open(work + "/events")) if e["kind"].startswith("job.")}
heard = [(key, int(json.loads(text)["id"])) for key, text in (line.split(" ", 1) for line in open(work + "/heard"))]
firsts = list(dict.fromkeys(heard))
ordered = all(firsts[i][1] < later[1] for i in range(len(firsts)) for later in firsts[i + 1:] if later[0] == firsts[i][0])
missing, more = wanted - {seq for _, seq in heard}, {seq for _, seq in heard} - wanted
print("all" if not missing and not more else f"missing {missing}, not wanted {more}", "ordered" if ordered else firsts,
      len(heard) - len(firsts))
PY
}

start_daemon --config "$work/fastgpu.yaml"
jobs 5
ok "events are confirmed" eventually 30 is_now ok
like "once each" "$(compared)" '^all ordered 0$'
ok "the broker goes" broker down
jobs 5
ok "which is told" eventually 30 is_now failing
like "and why" "$(member last_error)" 'Connect'
stop_daemon KILL
start_daemon --config "$work/fastgpu.yaml"
jobs 5
ok "the broker comes back" broker up
ok "what waited goes out" eventually 60 is_now ok
stop_daemon KILL
start_daemon --config "$work/fastgpu.yaml"
jobs 5
ok "after a kill the rest goes out" eventually 60 is_now ok
like "nothing is lost, and those of a job are in order" "$(compared)" '^all ordered [0-9]+$'
stop_daemon
lines=$(wc -l <"$work/heard")
start_daemon --config "$work/fastgpu.yaml"
ok "after a stop" eventually 30 is_now ok
compared >"$work/compared"
is "nothing is sent again" "$(wc -l <"$work/heard")" "$lines"
exec {kafka[1]}>&-
done_testing
