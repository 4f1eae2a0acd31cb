#!/bin/bash
# The service in the background: start, start again, stop, stop again; what goes wrong at the start.
. "$(dirname "$0")/../lib.sh"
unset FASTGPU_URL FASTGPU_TOKEN
export XDG_STATE_HOME=$work/state
data=$XDG_STATE_HOME/fastgpu
port=$(free_port)

like "up --detach says where it listens" "$(fg up --detach --listen "127.0.0.1:$port")" "^listening on http://127.0.0.1:$port"
ok "it answers on the default socket" fg ps
ok "and on its port" env FASTGPU_URL="http://127.0.0.1:$port" FASTGPU_TOKEN="$(cat "$data/admin.token")" "$FASTGPU_BIN" ps
is "others may pass through the folder to the socket, and no more" "$(stat -c %a "$data")" 711
is "the token is private" "$(stat -c %a "$data/admin.token")" 600
is "the log is private" "$(stat -c %a "$data/daemon.log")" 600
is "no terminal, no session of ours" "$(ps -o tty= -p "$(cat "$data/daemon.pid")" | tr -d ' ')" '?'
like "a second start is no error" "$(fg up --detach --listen "127.0.0.1:$port")" 'already running: process [0-9]+'
fg up --listen "127.0.0.1:$(free_port)" >"$work/out" 2>&1
is "in the foreground it is one" $? 4
like "that names the process" "$(cat "$work/out")" 'process [0-9]+ serves it'
like "and how to stop it" "$(cat "$work/out")" 'HINT: .*fastgpu down'

like "another folder, same port: says so" "$(fg up --detach --data-dir "$work/other" --listen "127.0.0.1:$port" 2>&1)" "$port"
like "a folder that cannot be" "$(fg up --detach --data-dir /proc/no 2>&1)" '/proc/no.*\[FG_'
like "a bad address" "$(fg up --listen nowhere 2>&1)" '\[FG_EINVAL\]'
like "a bad configuration" "$(fg up --detach --data-dir "$work/other" --config /nonexistent.yaml 2>&1)" 'nonexistent.yaml'

id=$(fg run -d -- sh -c 'sleep 2; exit 5')
eventually 10 test "$(state "$id")" = running
like "down" "$(fg down)" 'stopped'
like "nothing answers then" "$(fg ps 2>&1)" 'FG_EUNREACH'
like "down again is no error" "$(fg down)" 'nothing to stop'
echo 1 >"$data/daemon.pid" # a number that is another's now
like "a stale number misleads nobody" "$(fg down)" 'nothing to stop'
kill -0 1 && pass "and process 1 lives"
ok "start again" fg up --detach --listen off
fg wait "$id" >/dev/null
is "the job went on meanwhile" $? 5
like "a page without TCP" "$(fg open 2>&1)" 'FG_ESTATE'
echo 'api_threads: 1' >"$work/rel.yaml"
ok "relative folder and configuration" bash -c "cd '$work' && '$FASTGPU_BIN' up --detach --data-dir rel --config rel.yaml --listen off && '$FASTGPU_BIN' down --data-dir rel"
ok "down" fg down
done_testing
