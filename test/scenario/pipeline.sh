#!/bin/bash
# One file with several jobs: they run in the order that `after` says, all of them are submitted or none, and who
# waits for a job that failed is told so.
. "$(dirname "$0")/../lib.sh"
start_daemon
cd "$work" || exit 1

state() { fg show "$1" --json | json state; }
reason() { fg show "$1" --json | json reason; }
id_of() { python3 -c 'import json,sys; print(json.load(sys.stdin)["jobs"][sys.argv[1]])' "$2" <<<"$1"; }
job_count() { fg ps --all --json 2>/dev/null | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))'; }

cat >dag.yaml <<END
jobs:
  - {name: merge, run: "echo merge >>$work/order", after: [left, right]}
  - {name: left, run: "sleep 0.3; echo side >>$work/order", after: [prepare]}
  - {name: right, run: "sleep 0.3; echo side >>$work/order", after: [{job: prepare, when: any}]}
  - {name: prepare, run: "sleep 0.3; echo prepare >>$work/order"}
END
made=$(fg submit dag.yaml --json)
like "ids and names of a file of several jobs" "$made" '"ids":\["1","2","3","4"\],"jobs":\{"prepare":"1","left":"2","right":"3","merge":"4"\}'
ok "the last one ends well" fg wait 4
is "they ran in order" "$(tr '\n' ' ' <order)" "prepare side side merge "
like "what is kept says ids, not places" "$(fg show 4 --json)" '"after": *\["2", *"3"\]'
is "for eyes" "$(fg submit dag.yaml)" "jobs 5 prepare, 6 left, 7 right, 8 merge: dag.yaml"
is "--quiet: the ids alone" "$(fg submit -q dag.yaml --label k=v | tr '\n' ' ')" "9 10 11 12 "
is "an option holds for each job" "$(fg show 12 --json | json labels)" '{"k": "v"}'

cat >fails.yaml <<'END'
jobs:
  - {name: broken, run: exit 3}
  - {name: next, run: "true", after: broken}
  - {name: last, run: "true", after: next}
  - {name: always, run: "true", after: [{job: last, when: any}]}
END
made=$(fg submit fails.yaml --json)
fg submit fails.yaml --wait >/dev/null
is "--wait ends as the first that failed" $? 3
is "a job after a failed one is cancelled" "$(fg wait "$(id_of "$made" next)" >/dev/null; state "$(id_of "$made" next)")" cancelled
like "and says why" "$(reason "$(id_of "$made" next)")" "$(id_of "$made" broken).*failed"
is "and so is the one after it" "$(fg wait "$(id_of "$made" last)" >/dev/null; state "$(id_of "$made" last)")" cancelled
ok "what waits for any end runs" fg wait "$(id_of "$made" always)"

cat >sweep.yaml <<END
jobs:
  - {name: sweep, run: "sleep 0.2; echo \$FASTGPU_ARRAY_INDEX >>$work/sweep", array: 0-3}
  - {name: sum, run: "wc -l <$work/sweep", after: sweep}
END
sum=$(id_of "$(fg submit sweep.yaml --json)" sum)
ok "after an array" fg wait "$sum"
is "is after all its elements" "$(fg logs "$sum")" 4

before=$(fg submit -q fails.yaml | tail -n 1)
refused() { # CLAIM WANT: what bad.yaml is told
    like "$1" "$(fg submit bad.yaml 2>&1)" "$2"
}
sed '4s/prepare/merge/' dag.yaml >bad.yaml
refused "a cycle is refused with file, line and names" 'bad\.yaml:4: jobs\[2\]\.after: a cycle, each waits for the next: merge -> right -> merge'
sed 's/prepare\]/nobody]/' dag.yaml >bad.yaml
refused "a name that is not there" 'bad\.yaml:3: jobs\[1\]\.after\[0\]: no job of that name'
sed 's/after: \[left, right\]/after: [left, 999999]/' dag.yaml >bad.yaml
refused "the last one bad: a job that is not there" 'job 999999: no such job'
sed 's/name: prepare,/name: prepare, array: 0-99,/' dag.yaml >bad.yaml
refused "too large an array to wait for" '100 jobs, each element of an array counted, expected 64'
like "--name" "$(fg submit dag.yaml --name x 2>&1)" 'each needs its own'
like "--follow is of one job, and a hint says what else" "$(fg submit dag.yaml --follow 2>&1 | tr '\n' ' ')" 'several jobs.*HINT: --wait'
like "fastgpu run takes one job" "$(fg run dag.yaml 2>&1)" 'dag\.yaml:[0-9]: jobs: several'
is "and of all these nothing was submitted" "$(fg submit -q fails.yaml | head -n 1)" $((before + 1))
done_testing
