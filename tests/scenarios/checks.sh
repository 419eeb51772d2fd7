# shellcheck shell=bash
# What the scenarios share: saying what is checked, and the agent under test. To be sourced after kubepods.sh.

: "${NODEREAPER:?}" "${VICTIM:?}"
echo "Linux $(< /proc/sys/kernel/osrelease)"
# A command that ends a scenario says so; where its failure may be, in a subshell or a condition, it does not.
set -E
trap '[ "$BASH_SUBSHELL" -gt 0 ] || echo "FAIL: ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
work=$(mktemp -d /tmp/scenario.XXXXXX)
incidents=$work/incidents.jsonl
records=$work/records
agent=''
replayed_until=0
# Of a time with fractions of a second, which jq does not take.
seconds_of='capture("^(?<s>[^.+Z]+)(?<f>[.][0-9]+)?") | (.s + "Z" | fromdateiso8601) + ("0" + (.f // "") | tonumber)'

# Whoever watches must not stall along with the node, or die: on a real one, its daemons are protected in the same way.
protect_self() {
    local own dir
    echo -1000 > /proc/$$/oom_score_adj
    own=$CGROUP_ROOT$(sed -n 's/^0:://p' /proc/self/cgroup)
    for dir in "$own" "${own%/*}"; do
        [ ! -e "$dir/memory.min" ] || echo 128M > "$dir/memory.min"
    done
}

fail() {
    echo "FAIL: $*"
    [ ! -s "$work/agent.log" ] || sed 's/^/  agent: /' "$work/agent.log"
    [ ! -s "$incidents" ] || { echo "  last incident:"; tail -n 1 "$incidents"; }
    exit 1
}

ok() { echo "ok: $*"; }

# check WHAT CONDITION...: goes on only when the command succeeds.
check() {
    local what=$1
    shift
    "$@" || fail "$what"
    ok "$what"
}

# expect WHAT EXPECTED ACTUAL
expect() {
    [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
    ok "$1: $3"
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "$what: not in time"
        nap 0.05
    done
    ok "$what"
}

# manifest NAMESPACE NAME UID CONTAINER ID [YAML-OF-METADATA [YAML-OF-SPEC [YAML-OF-CONTAINER]]]
manifest() {
    mkdir -p "$work/pods"
    cat > "$work/pods/$2.yaml" <<YAML
apiVersion: v1
kind: Pod
metadata:
  namespace: $1
  name: $2
  uid: $3
${6:-}
spec:
${7:-}
  containers:
    - name: $4
${8:-}
status:
  containerStatuses:
    - name: $4
      containerID: containerd://$5
YAML
}

# start_agent ARG...: runs the agent and waits until it watches.
start_agent() {
    # What an earlier one said is no word of this one.
    : > "$work/agent.log"
    "$NODEREAPER" run --cgroup-root "$CGROUP_ROOT" --incidents "$incidents" --records "$records" "$@" > "$work/agent.log" 2>&1 &
    agent=$!
    wait_for 60 "the agent starts" agent_watches
}

agent_watches() { grep -q 'watching ' "$work/agent.log" || { [ -d "/proc/$agent" ] || fail "the agent ended"; false; }; }

# stop_agent: SIGTERM; it must end within a second (here, of emulated time, three) and with success.
stop_agent() {
    local begun=$EPOCHREALTIME status=0
    kill "$agent"
    wait "$agent" || status=$?
    expect "the agent's exit status" 0 "$status"
    stopped_in=$(((${EPOCHREALTIME/./} - ${begun/./}) / 1000))
    ok "it stopped in $stopped_in ms: $(sed -n 's/.*\(stopped: .*\)/\1/p' "$work/agent.log")"
    agent=''
    replay_records
}

# replay_records: each incident that follows from a decision is in a record, and whatever was decided, the record gives the same decision.
# KEEP_RECORDS=DIR keeps the records there.
replay_records() {
    local record missing
    : > "$work/replayed.jsonl"
    for record in "$records"/*; do
        [ -e "$record" ] || continue
        "$NODEREAPER" replay "$record" > "$work/replay.log" 2>&1 || { cat "$work/replay.log"; fail "replay of ${record##*/}"; }
        ok "replayed: $(tail -n 2 "$work/replay.log" | paste -sd ' ')"
        expect "decisions that are in no record" 0 "$(tail -n 1 "$record" | jq .end.lostDecisions)"
        "$NODEREAPER" replay "$record" -o json | jq -c '.decisions[] | {time, kind}' >> "$work/replayed.jsonl"
        [ -z "${KEEP_RECORDS:-}" ] || cp "$record" "$KEEP_RECORDS"
        rm "$record"
    done
    [ -e "$incidents" ] || return 0
    missing=$(unrecorded "$work/replayed.jsonl" "$replayed_until")
    [ -z "$missing" ] || fail "in no record: $missing"
    replayed_until=$(last_incident)
}

# last_incident: its time in seconds.
last_incident() { jq -n "[inputs.time | $seconds_of] | max // 0" "$incidents"; }

# unrecorded DECISIONS SINCE: the incidents since then, in seconds, that follow from a decision, and have none of their moment.
unrecorded() {
    jq -nr --slurpfile decisions "$1" --argjson since "$2" "
        def at: $seconds_of;
        inputs | select(.time | at > \$since) | select(.kind | IN(\"killed\", \"refused\", \"dryRun\", \"noVictim\", \"capped\", \"kernelOom\"))
        | . as \$incident
        | select(all(\$decisions[];
            (.kind == \"kernelOom\") != (\$incident.kind == \"kernelOom\") or ((.time | at) - (\$incident.time | at) | fabs) > 1))
        | \"\(.kind) of \(.time)\"" "$incidents"
}

incident_count() {
    local lines=()
    [ ! -e "$incidents" ] || mapfile -t lines < "$incidents"
    echo ${#lines[@]}
}

has_incidents() { [ "$(incident_count)" -ge "$1" ]; }

# incident N JQ-WORD...: asks the Nth line of the incident file.
incident() {
    local line=$1
    shift
    sed -n "${line}p" "$incidents" | jq -r "$@"
}

# is_untouched PID...: alive, not stopped, not traced.
is_untouched() {
    local pid key value _
    for pid; do
        while read -r key value _; do
            case $key in
                State:) [[ $value == [RSD] ]] || { echo "process $pid is in state $value"; return 1; } ;;
                TracerPid:) [ "$value" = 0 ] || { echo "process $pid is traced by $value"; return 1; } ;;
            esac
        done 2> /dev/null < "/proc/$pid/status" || { echo "process $pid is gone"; return 1; }
    done
}

# state PID: R, S, D, T, t, Z ..., or gone.
state() {
    local key value _
    while read -r key value _; do
        [ "$key" != State: ] || { echo "$value"; return; }
    done 2> /dev/null < "/proc/$1/status" || :
    echo gone
}

is_blocked() { [ "$(state "$1")" = D ]; }
is_gone() { [ ! -d "/proc/$1" ] || [ "$(state "$1")" = Z ]; }
tracer() { keyed "/proc/$1/status" TracerPid:; }
is_traced() { [ "$(tracer "$1")" != 0 ]; }
is_untraced() { [ "$(tracer "$1")" = 0 ]; }

# some_total RESOURCE: how long some task of the node has waited for memory or io since it was booted, in microseconds.
some_total() {
    local rest
    read -r _ rest < "/proc/pressure/$1"
    echo "${rest##*total=}"
}

# stall RESOURCE SECONDS MS: for so long, and on until the node's tasks have waited for memory or io for so many milliseconds in all: how
# fast they do differs between machines.
stall() {
    local before end=$((SECONDS + $2 + 120)) begun=$SECONDS stalled
    before=$(some_total "$1")
    nap "$2"
    while stalled=$((($(some_total "$1") - before) / 1000)); [ "$stalled" -lt "$3" ]; do
        [ "$SECONDS" -lt "$end" ] || fail "the node's tasks waited only $stalled ms for $1 in $((SECONDS - begun)) s"
        nap 1
    done
    ok "the node's tasks waited $stalled ms for $1 in $((SECONDS - begun)) s, with $(available_mib) MiB available"
}

# settled_mib: what is available once that stays the same. Where a large process has just ended, some tens of MiB are not counted yet
# (they are in lists of each processor).
settled_mib() {
    local before=-1 now try
    for try in {1..30}; do
        now=$(available_mib)
        [ $((now - before)) -gt 2 ] || [ $((before - now)) -gt 2 ] || break
        before=$now
        nap 1
    done
    echo "$now"
}

available_mib() { echo $(($(keyed /proc/meminfo MemAvailable:) / 1024)); }

finish() {
    [ -z "$agent" ] || kill -9 "$agent" 2> /dev/null || true
    rm -rf "$work"
}
trap finish EXIT
