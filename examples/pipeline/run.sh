#!/bin/sh
# A pipeline: prepare, then two that need it side by side, then one that needs both.
# A job whose predecessor fails is never started, and says so.
set -eu
cd "$(dirname "$0")"
fastgpu=${FASTGPU_BIN:-fastgpu}

id_of() { sed -n 's/.*"id": *"\([0-9]*\)".*/\1/p'; }
stage() { # NAME COMMAND AFTER...
    name=$1 command=$2
    shift 2
    printf 'name: %s\nrun: %s\nafter: [%s]\nlabels: {example: pipeline}\n' \
        "$name" "$command" "$(echo "$@" | tr ' ' ',')" >"$tmp/$name.yaml"
    "$fastgpu" submit "$tmp/$name.yaml" --json | id_of
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

prepare=$("$fastgpu" submit prepare.yaml --json | id_of)
left=$(stage train-left 'echo left of the numbers' "$prepare")
right=$(stage train-right 'echo right of the numbers' "$prepare")
merge=$(stage merge 'echo both are done' "$left" "$right")
echo "prepare $prepare -> left $left, right $right -> merge $merge"
"$fastgpu" wait "$merge"
