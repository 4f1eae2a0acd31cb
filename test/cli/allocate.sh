#!/bin/bash
# The worked examples of docs/allocate.md: the program prints what stands there.
. "$(dirname "$0")/../lib.sh"

cd "$SOURCE_DIR" || exit 1
doc=docs/allocate.md
# The lines under `    $ COMMAND` up to the next that is not indented.
documented() { awk -v want="    \$ $1" '$0 == want { on = 1; next } on && /^[^ ]/ { exit } on' "$doc" | sed 's/^    //' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }

count=0
while read -r command; do
    count=$((count + 1))
    # shellcheck disable=SC2086
    is "$command" "$(fg ${command#fastgpu })" "$(documented "$command")"
done < <(sed -n 's/^    \$ //p' "$doc")
is "commands in $doc" "$count" 7
for file in examples/allocate/*.yaml; do
    like "$doc has $file" "$(cat "$doc")" "$file"
    like "valid JSON: $file" "$(fg allocate -f "$file" --json | python3 -c 'import json, sys; print(sorted(json.load(sys.stdin)))')" priority
done
like "a bad file: file and line" "$(printf 'devices:\n  a: {count: -1}\n' | fg allocate -f - 2>&1)" '-:2: devices.a.count: .*FG_EINVAL'
fg allocate -f - --objective balance >/dev/null 2>&1 <<<'{devices: {a: {capacity: 1}}, work: {w: {demand: 2}}}'
is "more than there is: exit status 6" $? 6
done_testing
