#!/bin/bash
# Completion scripts in their shells, and the manual in man: no complaint, and the right words.
. "$(dirname "$0")/../lib.sh"
start_daemon
ln -s "$FASTGPU_BIN" "$work/fastgpu"
PATH=$work:$PATH
fg completion bash >"$work/c.bash"
fg completion zsh >"$work/_fastgpu"
fg completion fish >"$work/c.fish"
id=$(fg run -d -- true)

ok "bash reads it" bash -n "$work/c.bash"
try() {
    bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fastgpu; echo "${COMPREPLY[*]}"' "$work/c.bash" "$@"
}
is "commands" "$(try fastgpu sub)" submit
is "families" "$(try fastgpu node dr)" drain
is "options" "$(try fastgpu submit --time)" --time-limit
is "values" "$(try fastgpu ps --state run)" running
like "ids of jobs" "$(try fastgpu logs '')" "(^| )$id( |$)"
is "names of nodes" "$(try fastgpu node drain '')" "$(fg node list -q)"
like "common options" "$(try fastgpu ps --)" '--url'
if command -v zsh >/dev/null; then ok "zsh reads it" zsh -n "$work/_fastgpu"; else pass "zsh: not on this machine # SKIP"; fi
if command -v fish >/dev/null; then
    ok "fish reads it" fish -n "$work/c.fish"
    like "fish knows the commands" "$(fish --no-config -c "source $work/c.fish; complete -C 'fastgpu node '" 2>/dev/null)" drain
else
    pass "fish: not on this machine # SKIP"
fi
fg help --man >"$work/fastgpu.1"
if command -v man >/dev/null; then
    is "the manual has no mistakes" "$(LC_ALL=C.UTF-8 man --warnings -l "$work/fastgpu.1" 2>&1 >/dev/null)" ""
    is "nor has that of the job file" "$(LC_ALL=C.UTF-8 man --warnings -l "${SOURCE_DIR:-.}/docs/man/fastgpu-job.5" 2>&1 >/dev/null)" ""
else
    pass "man: not on this machine # SKIP"
fi
stop_daemon
done_testing
