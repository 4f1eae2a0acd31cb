#!/bin/bash
# Ctrl-C while a job is followed: with a terminal it asks, without one it cancels.
. "$(dirname "$0")/../lib.sh"
start_daemon

# Without a terminal: INT cancels, and the exit status says so.
"$FASTGPU_BIN" run -- sh -c 'echo started; sleep 60' >"$work/out" 2>"$work/err" &
pid=$!
eventually 10 grep -q started "$work/out"
# Background children of a script ignore INT; TERM is treated alike.
kill -TERM "$pid"
wait "$pid"
is "no terminal: the job is cancelled" $? 130
like "and says so" "$(cat "$work/err")" 'cancelling job'
is "its state" "$(fg ps --json | json 0.state)" cancelled

# On a terminal: a program that types.  Prints what `run` exits with; $work/screen is what it saw.
on_terminal() {
    python3 - "$work/screen" "$@" <<'PY'
import os, pty, select, signal, sys, time
screen_path, keys, command = sys.argv[1], [k for k in sys.argv[2].split(",") if k], sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(command[0], command)
screen, end, step = b"", time.time() + 40, 0
while time.time() < end:
    ready, _, _ = select.select([fd], [], [], 0.1)
    if ready:
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b""
        if not data:
            break
        screen += data
    if step < len(keys):
        wait_for = b"started" if step == 0 else b"detaches]"
        if wait_for in screen:
            if step > 0:
                time.sleep(0.2)
            os.write(fd, {"^C": b"\x03", "y": b"y\n", "n": b"n\n"}[keys[step]])
            step += 1
open(screen_path, "wb").write(screen)
if time.time() >= end:
    os.kill(pid, signal.SIGKILL)
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status))
PY
}

is "terminal: Ctrl-C, y cancels" "$(on_terminal '^C,y' "$FASTGPU_BIN" run -- sh -c 'echo started; sleep 30')" 130
like "it asked" "$(cat "$work/screen")" 'cancel job [0-9]+\? \[y/N, Ctrl-C again detaches\]'
id=$(fg ps -q | head -n 1)
is "the job is cancelled" "$(fg ps --json | json 0.state)" cancelled

is "terminal: Ctrl-C, n goes on" "$(on_terminal '^C,n' "$FASTGPU_BIN" run -- sh -c 'echo started; sleep 3; exit 9')" 9

is "terminal: Ctrl-C twice leaves" "$(on_terminal '^C,^C' "$FASTGPU_BIN" run -- sh -c 'echo started; sleep 3; exit 8')" 130
like "it says that the job goes on" "$(cat "$work/screen")" 'goes on without you'
id=$(fg ps -q | sort -n | tail -n 1)
fg wait "$id" >/dev/null
is "which it does" $? 8

# What a terminal sees of progress.
on_terminal '' "$FASTGPU_BIN" run -- sh -c 'echo started; for i in 1 2; do echo epoch $i/2; sleep 0.5; done' >/dev/null 2>&1
like "a progress bar" "$(cat "$work/screen")" '(#|█)+.*\] +50%'

# top on a terminal: q ends it, and the screen is given back.
python3 - "$work/screen" "$FASTGPU_BIN" top <<'PY'
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[2], sys.argv[2:])
screen, end, typed = b"", time.time() + 20, False
while time.time() < end:
    if select.select([fd], [], [], 0.1)[0]:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        screen += data
    if b"DEVICES" in screen and not typed:
        os.write(fd, b"q")
        typed = True
open(sys.argv[1], "wb").write(screen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
is "top ends with q" $? 0
is "and gives the screen back" "$(grep -c $'\033\[?1049l' "$work/screen")" 1
stop_daemon
done_testing
