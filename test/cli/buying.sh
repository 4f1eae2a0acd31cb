#!/bin/bash
# Whom to buy from, and how: from files, and from what the service knows.
. "$(dirname "$0")/../lib.sh"
cd "$SOURCE_DIR" || exit 1
offers=examples/plan/offers-h100.csv
history=examples/plan/supplier-history.csv

# Without a service.
rank() { fg supplier rank --offers $offers --history $history --accelerator H100 "$@"; }
like "the table" "$(rank --contract on_demand)" '^ +1  alpha '
like "little history is said" "$(rank --contract on_demand)" 'gamma .* none '
like "why, and what would turn it" "$(rank --contract on_demand --explain)" 'gamma would be first'
like "by price alone" "$(rank --contract on_demand --weight price=1)" '^ +1  gamma '
is "as JSON: weights sum to 1" "$(rank --json --weight price=0.5 | python3 -c 'import json, sys; a = json.load(sys.stdin); print(round(sum(a["weights"].values()), 9), round(a["weights"]["price"], 9))')" "1.0 0.5"
like "no such criterion" "$(rank --weight prise=1 2>&1)" 'weight of `prise`: no such criterion'
like "no such kind" "$(rank --accelerator T4 2>&1)" 'no offer of t4; there are h100'
printf 'supplier,orders\na,many\n' >"$work/bad.csv"
like "a bad history: file and line" "$(fg supplier rank --offers $offers --history "$work/bad.csv" 2>&1)" 'bad.csv: line 2: orders: `many`'

even() { fg plan break-even --offers $offers --accelerator H100 "$@"; }
like "the answer in a sentence" "$(even --hours-per-day 8)" '^8.0 hours a day for 36 months: spot of alpha, \$11988'
like "where one crosses another" "$(even)" 'on_demand +-> reserved 3y +from 65.5 % of the hours'
is "as JSON" "$(even --json --months 12 | python3 -c 'import json, sys; a = json.load(sys.stdin); print(a["best"], len(a["ways"]), len(a["pairs"]), len(a["ways"][0]["cost_uusd_by_month"]))')" "spot 5 10 13"
like "in whole machines" "$(even --devices 9 --months 1)" '9 devices in whole instances'
like "without a file: the list of the program" "$(fg plan break-even -a H100)" 'on_demand of '
like "twice the same" "$(even --hours-per-day 8 --utilisation 20 2>&1)" 'say the same'
like "no hours" "$(even --hours-per-day 25 2>&1)" 'expected a number from 0 to 24'

# The token of the service goes to the service only.
like "slurmrestd is not named by --url" "$(fg supplier add x slurm --url http://127.0.0.1:9 2>&1)" 'behind the word slurm'
like "a JWT without slurmrestd" "$(fg supplier add x slurm --token-file /etc/hostname 2>&1)" 'whose URL is missing'

# What the guides show is what the program prints.
documented() { awk -v want="    \$ $1" '$0 == want { on = 1; next } on && /^[^ ]/ { exit } on' docs/suppliers.md docs/planning.md | sed 's/^    //' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }
count=0
while read -r command; do
    count=$((count + 1))
    is "$command" "$(eval "fg ${command#fastgpu }" | sed 's/ *$//')" "$(documented "$command")"
done < <(sed -n 's/^    \$ \(fastgpu \(supplier rank\|plan break-even\|price\) .*\)/\1/p' docs/suppliers.md docs/planning.md)
is "examples in the guides" "$count" 4

# With one.
start_daemon
like "the catalogue of the service is ranked" "$(fg supplier rank -a H100 --contract on_demand)" '^ +1 '
like "and explained" "$(fg supplier rank -a H100 --explain)" 'would be first'
is "the same as JSON" "$(fg supplier rank -a H100 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["suppliers"][0]["rank"])')" 1
done_testing
