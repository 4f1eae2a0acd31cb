#!/bin/bash
# The first session: up, submit, wait, logs, a crash of the service in the middle, and again.
. "$(dirname "$0")/../lib.sh"
start_daemon

cat >"$work/hello.yaml" <<'END'
name: hello
run: |
  echo "hello from $FASTGPU_JOB_ID"
  echo "to stderr" >&2
  exit 7
END
id=$(submit "$work/hello.yaml")
like "submit prints an id" "$id" '^[1-9][0-9]*$'
fg wait "$id" >/dev/null
is "wait ends with the job's exit code" $? 7
is "the job is failed" "$(state "$id")" failed
like "its output is kept" "$(fg logs "$id")" "hello from $id"
ok "ps --json is an array" python3 -c 'import json,sys; assert json.load(sys.stdin)[0]["id"]' < <(fg ps --all --json)

# Killed in the middle: the job goes on, is found again, and its end is not lost.
cat >"$work/long.yaml" <<END
name: long
run: |
  for step in 1 2 3 4 5 6 7 8 9 10; do echo "step \$step"; sleep 0.2; done
  echo done >>$work/done
END
id=$(submit "$work/long.yaml")
eventually 10 grep -q . <(fg logs "$id")
eventually 10 test "$(state "$id")" = running
stop_daemon KILL
sleep 0.3
start_daemon
is "after kill -9 the job is known" "$(fg show "$id" --json | json name)" long
fg wait "$id" >/dev/null
is "and comes to its end" $? 0
is "which happened once" "$(cat "$work/done")" done
is "no line of its output was lost" "$(fg logs "$id" | grep -c '^step ')" 10

# Stopped for a while: what ends meanwhile is collected.
cat >"$work/short.yaml" <<'END'
name: short
run: sleep 0.5; exit 3
END
id=$(submit "$work/short.yaml")
eventually 10 test "$(state "$id")" = running
stop_daemon TERM
is "TERM ends the service with 0" "$daemon_status" 0
sleep 1
start_daemon
fg wait "$id" >/dev/null
is "a job that ended while the service was down has its exit code" $? 3

id=$(submit "$work/long.yaml")
ok "cancel" fg cancel "$id"
fg wait "$id" >/dev/null
is "a cancelled job's wait ends with 130" $? 130
stop_daemon TERM
ok "no process is left" eventually 5 test -z "$(leftovers)"
done_testing
