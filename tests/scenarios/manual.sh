# shellcheck shell=bash
# Victims in cgroups of their own, killed by hand. To be sourced after checks.sh.
# shellcheck disable=SC2154,SC2034 # work is of checks.sh; pid is for who sources this

number=0
# What nodereaper is started by.
as=()
# victim ARG...: starts one in a cgroup of its own, leaves the cgroup in $cgroup and its process in $pid.
# NAMED=: what the cgroup is called; NESTED=: one below it is where the victim is.
victim() {
    number=$((number + 1))
    cgroup=$CGROUP_ROOT/test.slice/${NAMED:-v$number}
    mkdir -p "$cgroup${NESTED:-}"
    "$VICTIM" --cgroup "$cgroup${NESTED:-}" "$@" > "$work/v$number.log" 2>&1 &
    pid=$!
    disown "$pid"
    wait_for 60 "victim $number ($*) starts" grep -q ready "$work/v$number.log"
}

# reap STATUS ARG...: runs kill, which must end with the status; its JSON is in $work/kill.json.
reap() {
    local expected=$1 status=0
    shift
    "${as[@]}" "$NODEREAPER" kill "$@" --cgroup-root "$CGROUP_ROOT" --output json > "$work/kill.json" 2> "$work/kill.err" || status=$?
    [ "$status" = "$expected" ] || fail "kill $*: exit status $status, expected $expected: $(cat "$work/kill.json" "$work/kill.err")"
}

json() { jq -r "$1" "$work/kill.json"; }

# freed WHAT MIB: all of it came back, and nobody came too late.
freed() {
    [ "$(json '.outcome == "freed" and .freedMicroseconds != null and .deadMicroseconds != null')" = true ] || fail "$1: $(cat "$work/kill.json")"
    [ "$(json ".bytesFreed >= $2 * 1048576 * 0.95 and .bytesLeft.anon < 1048576")" = true ] || fail "$1: bytes: $(cat "$work/kill.json")"
    [ "$(keyed "$cgroup/memory.stat" anon)" -lt 1048576 ] || fail "$1: memory.stat says $(keyed "$cgroup/memory.stat" anon)"
    # A page or two may be of its log, on a tmpfs.
    [ "$(keyed "$cgroup/memory.stat" shmem)" -lt 65536 ] || fail "$1: memory.stat says shmem $(keyed "$cgroup/memory.stat" shmem)"
    ok "$1: $(json '"\(.bytesFreed / 1048576 | floor) MiB by \(.strategy), \(.processCount) process(es), \([.processes[] | select(.held)] | length) held, release \([.processes[].release] | unique | join(",")), freed \(.freedMicroseconds) us"')"
}

held() { [ "$(json '[.processes[] | .held and .release != "ESRCH"] | all')" = true ] || fail "$1: not all held, or ESRCH: $(cat "$work/kill.json")"; }

mkdir -p "$CGROUP_ROOT/test.slice"
echo '+memory' > "$CGROUP_ROOT/test.slice/cgroup.subtree_control"
