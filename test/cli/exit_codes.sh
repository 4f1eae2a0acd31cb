#!/bin/bash
# Every exit code of docs/exit-codes.md that a user can meet, and the form of errors.
. "$(dirname "$0")/../lib.sh"

# exits CLAIM CODE COMMAND...
exits() {
    local claim=$1 want=$2
    shift 2
    fg "$@" >"$work/out" 2>"$work/err"
    is "$claim" $? "$want" || sed 's/^/#   /' "$work/err"
}

# Nothing runs yet.
unset FASTGPU_URL FASTGPU_TOKEN
exits "unreachable is 16" 16 ps
like "says where it looked" "$(cat "$work/err")" 'nothing answers at unix:.*fastgpu.sock \[FG_EUNREACH\]'
like "and how to start" "$(cat "$work/err")" '^HINT: .*(make run|fastgpu up)'
like "fastgpu alone says how to start" "$(fg)" 'fastgpu up'

exits "no such command is 2" 2 pss
like "with the nearest" "$(cat "$work/err")" 'Did you mean `fastgpu ps`'
exits "no such option is 2" 2 ps --al
like "with the nearest" "$(cat "$work/err")" 'Did you mean --all'
exits "a missing word is 2" 2 show
exits "a word too many is 2" 2 status x
exits "no such shell is 2" 2 completion tcsh
exits "an id that is none is 2" 2 show twelve
exits "a family alone is 2" 2 node
exits "a bad address is 2" 2 ps --url ftp://x
exits "help is 0" 0 help
exits "help of one is 0" 0 submit --help
exits "version is 0" 0 --version

start_daemon
exits "not known is 3" 3 show 999
like "names the thing" "$(cat "$work/err")" '^fastgpu: show: .*999.* \[FG_ENOENT\]$'
exits "no such file is 3" 3 submit "$work/none.yaml"
printf 'name: x\nresources:\n  cpus: -1\nrun: x\n' >"$work/bad.yaml"
exits "a bad file is 2" 2 submit "$work/bad.yaml"
like "names file and line" "$(cat "$work/err")" 'bad.yaml:3: resources.cpus: .* \[FG_EINVAL\]'
FASTGPU_TOKEN=fgpu_wrongwrongwrongwrongwrongwrongwrongwrong123 exits "unknown token is 9" 9 ps
is "and is not repeated" "$(grep -c wrongwrong "$work/err")" 0
viewer=$(fg token create --user eve --role viewer 2>/dev/null)
FASTGPU_TOKEN=$viewer exits "not allowed is 10" 10 run -- true
FASTGPU_TOKEN=$viewer exits "but reading is" 0 ps
exits "cancel of what is over changes nothing" 0 cancel "$(id=$(fg run -d -- true); fg wait "$id" >/dev/null; echo "$id")"
like "and says so" "$(cat "$work/out")" 'was over: succeeded'
fg project set old >/dev/null && fg project archive old >/dev/null
exits "a state that forbids it is 5" 5 run -p old -- true

exits "run: the job's own code" 7 run -- sh -c 'exit 7'
exits "run: killed by a signal" 143 run -- sh -c 'kill -TERM $$'
exits "run: time over is 124" 124 run --time-limit 1s --set grace=1s -- sleep 60
exits "run: cannot start is 125" 125 run -- /nonexistent/program
id=$(fg run -d -- sleep 60)
fg cancel "$id" >/dev/null
exits "wait: cancelled is 130" 130 wait "$id"
one=$(fg run -d -- sh -c 'exit 3') two=$(fg run -d -- sh -c 'exit 4') zero=$(fg run -d -- true)
exits "wait: the first that failed" 3 wait "$zero" "$one" "$two"
exits "wait: in the order given" 4 wait "$two" "$one"
exits "wait --timeout is 14" 14 wait --timeout 1s "$(fg run -d -- sleep 30)"
fg ps --json >/dev/full 2>"$work/err"
is "output that cannot be written is 11" $? 11
stop_daemon
done_testing
