#!/bin/bash
# The service goes away while somebody follows a job: the follower waits, and loses no line.
. "$(dirname "$0")/../lib.sh"
start_daemon
fg run -- sh -c 'for i in $(seq 1 30); do echo "line $i"; sleep 0.2; done; exit 6' >"$work/out" 2>"$work/err" &
follower=$!
id=$(fg run -d -- sleep 6)
eventually 20 grep -q 'line 3' "$work/out"
(fg wait "$id" >/dev/null; echo $? >"$work/waited") &
waiter=$!
sleep 0.5
stop_daemon KILL
sleep 1
start_daemon
wait "$follower"
is "the follower ends as the job did" $? 6
is "every line came, once and in order" "$(cat "$work/out")" "$(seq -f 'line %g' 1 30)"
like "and it said what happened" "$(cat "$work/err")" 'the service went away; the job goes on'
wait "$waiter"
is "who waits goes on waiting" "$(cat "$work/waited")" 0
stop_daemon
done_testing
