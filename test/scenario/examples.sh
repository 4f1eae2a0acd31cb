#!/bin/bash
# Every file in examples/ does what it says, so that what people start from works.
. "$(dirname "$0")/../lib.sh"
examples=$SOURCE_DIR/examples
command -v cc >/dev/null || skip_all "no C compiler: the examples compile themselves"
start_daemon

id=$(submit "$examples/train.yaml")
ok "train.yaml trains" fg wait "$id"
log=$(fg logs "$id")
like "its log is a loss curve" "$log" '^epoch 100/100 loss 0\.0[0-9]+ accuracy (0\.9|1\.0)'
like "it learned: the loss fell" "$(grep -m1 '^epoch 1/' <<<"$log")" 'loss 1\.'
artifacts=$(fg show "$id" --json | json artifacts)
like "model.bin is kept" "$artifacts" 'model\.bin'
like "loss.csv is kept" "$artifacts" 'loss\.csv'

# Stopped in the middle by its time limit, the second attempt goes on from the checkpoint.
sed -e 's/^time_limit:.*/time_limit: 2s/' -e 's/^run:.*/run: .\/spirals 100000/' -e 's/^retries:.*/retries: 0/' \
    -e "s|^workdir: train.*|workdir: $examples/train|" "$examples/train.yaml" >"$work/cut.yaml"
id=$(submit "$work/cut.yaml")
fg wait "$id" >/dev/null
is "a training over its time limit ends with 124" $? 124
like "it wrote a checkpoint when asked to stop" "$(fg logs "$id")" 'asked to stop: checkpoint after epoch [1-9]'

id=$(submit "$examples/gang.yaml")
ok "gang.yaml: four ranks find each other and agree" fg wait "$id"
for rank in 0 1 2 3; do
    like "rank $rank has the common result" "$(fg logs "$id" --task $rank)" "rank $rank: y = 3\.00 x -2\.00"
done

first=$(submit "$examples/array.yaml")
failed=0
for id in $(seq "$first" $((first + 9))); do
    fg wait "$id" >/dev/null || failed=$((failed + 1))
done
is "array.yaml: ten jobs, none failed" "$failed" 0
like "each has its own rate" "$(fg logs $((first + 1)))" '^rate 0\.05: w = 3\.0000'

ok "pipeline.yaml: five jobs in order" fg submit "$examples/pipeline.yaml" --wait

id=$(submit "$examples/slurm.sh")
ok "slurm.sh: a script for sbatch runs" fg wait "$id"
like "with its job's id" "$(fg logs "$id")" "hello from job $id on"
is "under the name that it gave" "$(fg show "$id" --json | json name)" from-slurm

id=$(submit "$examples/fraction.yaml")
if [ -e /dev/nvidia0 ]; then
    ok "fraction.yaml runs on half a GPU" fg wait "$id"
else
    like "fraction.yaml without a GPU: why says what is missing" "$(fg why "$id")" '(accelerator|device)'
    ok "and it can be cancelled" fg cancel "$id"
fi
for file in "$examples"/*.yaml "$examples"/*.sh; do
    like "examples/README.md names $(basename "$file")" "$(cat "$examples/README.md")" "$(basename "$file")"
done
done_testing
