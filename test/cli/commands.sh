#!/bin/bash
# Every command once, against a live service: what it prints and that --json is JSON.
. "$(dirname "$0")/../lib.sh"
start_daemon
cd "$work" || exit 1

# is_json CLAIM COMMAND...: prints one valid JSON document.
is_json() {
    local claim=$1
    shift
    if fg "$@" 2>"$work/err" | python3 -m json.tool >/dev/null 2>&1; then pass "$claim"; else
        fail "$claim" || true
        sed 's/^/#   /' "$work/err"
    fi
}

cat >job.yaml <<'END_JOB'
name: hello
resources: {cpus: 0.1}
envs: {WORD: bonjour}
labels: {team: vision}
outputs: ["out/*"]
run: |
  mkdir out
  echo "$WORD" | tee out/word.txt
  echo "to stderr" >&2
  echo "epoch 1/1"
END_JOB

is "submit --json prints the id" "$(fg submit job.yaml --json | json id)" 1
like "submit says what became of the file" "$(fg submit job.yaml)" '^job 2: job.yaml$'
is "submit -q prints the id alone" "$(fg submit -q job.yaml)" 3
is "submit reads standard input" "$(fg submit -q - <job.yaml)" 4
like "several files, one array" "$(fg submit job.yaml job.yaml --json | python3 -c 'import json,sys; print([j["id"] for j in json.load(sys.stdin)])')" "5.*6"
is "an option takes the place of a member" "$(fg show "$(fg submit -q job.yaml --name other)" --json | json name)" other
is "submit --follow shows the output" "$(fg submit job.yaml --follow -q 2>/dev/null | grep -c bonjour)" 1
ok "submit --wait" fg submit job.yaml --wait
is "an array is many jobs" "$(fg submit job.yaml --array 0-2 --json | json count)" 3
fg wait 1 2 3 4 >/dev/null
is "wait ends with 0" $? 0
is_json "wait --json" wait 1 --json

is "a key makes a job once" "$(fg submit -q job.yaml --idempotency-key k)" "$(fg submit -q job.yaml --idempotency-key k)"

is "run shows the output, and only that on standard output" "$(fg run -- echo "a  b" 2>/dev/null)" "a  b"
like "run says what came of it" "$(fg run -- true 2>&1 >/dev/null)" 'job [0-9]+ succeeded'
is "run keeps the two streams apart" "$(fg run -- sh -c 'echo out; echo err >&2' 2>/dev/null)" out
is "run works in the folder you are in" "$(fg run -q -- pwd)" "$(readlink -f "$work")"
is "run passes only what it may of the environment" "$(SECRET=x LC_ALL=C.UTF-8 fg run -q -- env | grep -cE '^(SECRET|LC_ALL)=')" 1
is "run --env" "$(SECRET=x fg run -q --env SECRET -- printenv SECRET)" x
is "run takes a job file" "$(fg run -q job.yaml 2>/dev/null | head -n 1)" bonjour
is "options may stand behind it" "$(fg run job.yaml -q --env WORD=hola 2>/dev/null | head -n 1)" hola
like "run -d prints the id" "$(fg run -d -- true)" '^[0-9]+$'

is_json "ps --json" ps --json
like "ps" "$(fg ps)" 'STATE'
is "ps --state" "$(fg ps --state failed --json)" "[]"
is "ps --name" "$(fg ps --name other --json | json 0.name)" other
is "ps --label" "$(fg ps --label team=nobody --json)" "[]"
is "ps --limit" "$(fg ps --limit 2 -q | wc -l)" 2
is "ps --all has them all" "$(fg ps --all -q | sort -n | head -n 1)" 1
is "a page at a time, none is lost or twice" "$(fg ps --all -q | sort -u | wc -l)" "$(fg ps --all -q | wc -l)"

is "logs" "$(fg logs 1 2>/dev/null)" "$(printf 'bonjour\nepoch 1/1')"
is "logs: standard error goes there" "$(fg logs 1 2>&1 >/dev/null)" "to stderr"
is "logs --stdout" "$(fg logs 1 --stdout 2>&1)" "$(printf 'bonjour\nepoch 1/1')"
is "logs --tail" "$(fg logs 1 --stdout --tail 4)" "1/1"
is "logs -f of a job that is over" "$(fg logs -f 1 2>/dev/null)" "$(printf 'bonjour\nepoch 1/1')"
is_json "show --json" show 1 --json
like "show hides the values of variables" "$(fg show 1)" 'WORD=\*\*\*'
is "no value of a variable is shown" "$(fg show 1 | grep -c 'WORD=bonjour')" 0

like "artifacts" "$(fg artifacts 1)" 'out/word.txt'
is_json "artifacts --json" artifacts 1 --json
is "an artifact on standard output" "$(fg artifacts 1 --get out/word.txt -o -)" bonjour
ok "an artifact as a file" fg artifacts 1 --get out/word.txt
is "has its name and content" "$(cat word.txt)" bonjour
fg artifacts 1 --get out/none -o none.txt 2>/dev/null
is "one that is not there" $? 3
is "leaves nothing behind" "$(ls | grep -c '^none')" 0

id=$(fg submit -q job.yaml --gpus h9000:2)
like "why says what is missing" "$(fg why "$id")" 'h9000'
is_json "why --json" why "$id" --json
like "cancel" "$(fg cancel "$id")" "job $id cancelled"
is "and it is" "$(state "$id")" cancelled
first=$(fg submit job.yaml --gpus h9000:1 --array 0-2 --json | json id)
ok "cancel --array" fg cancel --array "$first"
is "cancels every element" "$(state $((first + 2)))" cancelled
is_json "cancel --json" cancel "$(fg submit -q job.yaml --gpus h9000:1)" --json

is_json "node list --json" node list --json
node=$(fg node list -q | head -n 1)
like "node list" "$(fg node list)" "$node.* up "
is_json "node show --json" node show "$node" --json
ok "node drain" fg node drain "$node" --reason "new fans"
like "is seen" "$(fg node list)" "new fans"
ok "node resume" fg node resume "$node"
is "is seen too" "$(fg node show "$node" --json | json state)" up

ok "project set" fg project set vision --quota-gpus 4 --quota-memory 64 --quota-kind h100=2 --weight 200
is "keeps the number" "$(fg project show vision --json | json quota.gpu_milli)" 4000
is "in its unit" "$(fg project show vision --json | json quota.mem_mib)" 65536
ok "project set with none" fg project set vision --quota-gpus none
is "takes a limit away" "$(fg project show vision --json | json quota.gpu_milli)" null
is "and leaves the others" "$(fg project show vision --json | json quota.mem_mib)" 65536
is_json "project list --json" project list --json
ok "project archive" fg project archive vision
like "an archived project takes no job" "$(fg submit job.yaml -p vision 2>&1)" 'FG_ESTATE|archived'
ok "project archive --undo" fg project archive vision --undo
like "one that never was cannot be archived" "$(fg project archive nobody 2>&1)" FG_ENOENT

token=$(fg token create --user ada --role viewer --project vision --expires 1h 2>/dev/null)
like "token create prints the secret alone" "$token" '^fgpu_[A-Za-z0-9_-]{43}$'
is_json "token list --json" token list --json
is "token list has no secret" "$(fg token list --json | grep -c "${token:12}")" 0
like "a token may be used" "$(FASTGPU_TOKEN=$token fg status)" 'ada, viewer of project vision'
printf '%s\n' "$token" >token.file
like "from a file as well" "$(unset FASTGPU_TOKEN; FASTGPU_TOKEN_FILE=token.file fg status)" 'ada'
tid=$(fg token list --json | python3 -c 'import json,sys; print([t["id"] for t in json.load(sys.stdin) if t["user"] == "ada"][0])')
ok "token revoke" fg token revoke "$tid"
FASTGPU_TOKEN=$token fg ps >/dev/null 2>&1
is "and it is worthless" $? 9

is_json "events --json" events --json
like "events" "$(fg events --limit 5 --after 0)" 'job.submitted'
is "the last ones" "$(fg events --limit 3 --json | python3 -c 'import json,sys; e=json.load(sys.stdin); print(len(e))')" 3
like "events --follow" "$(timeout 3 "$FASTGPU_BIN" events -f --json --after 0 | head -n 1)" '"seq": ?1,'
is_json "status --json" status --json
like "status says who you are" "$(fg status)" 'admin'
like "top --once" "$(fg top --once)" 'DEVICES'
like "open" "$(fg open)" "^$FASTGPU_URL/#token=fgpu_"
is "open --no-token" "$(fg open --no-token)" "$FASTGPU_URL/"
is_json "version --json" version --json
like "the socket needs no token" "$(unset FASTGPU_URL FASTGPU_TOKEN; FASTGPU_SOCKET=$data/fastgpu.sock fg status)" 'admin'
stop_daemon
done_testing
