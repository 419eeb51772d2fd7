# shellcheck shell=bash
# Pods that a scenario is about: those that nobody may harm, and hogs. To be sourced after checks.sh.
# shellcheck disable=SC2154 # work and started are of checks.sh and kubepods.sh

# Whom nobody may harm: the innocent ones' processes, and all sandboxes.
others=()

# add_pod QOS NAMESPACE NAME SPEC [CONTAINER-SPEC]: a Pod that is known to the agent, without a container yet.
add_pod() {
    manifest "$2" "$3" "uid-$3" app "$(container_id "$3")" '' "$4" "${5:-}"
    make_pod "$1" "uid-$3"
    others+=("$started")
    eval "qos_of_${3//-/_}=$1"
}

# run_in NAME [ARG...]: its container with a victim of these arguments, or a command; leaves its process in $started.
run_in() {
    local name=$1 qos=qos_of_${1//-/_}
    shift
    [[ $1 != --* ]] || set -- "$VICTIM" "$@"
    # What an earlier one said is no word of this one.
    : > "$work/$name.log"
    CONTAINER_LOG=$work/$name.log start_container "${!qos}" "uid-$name" "$(container_id "$name")" "$(oom_score_adj "${!qos}" 0)" "$@"
}

# forget PID: it is no longer one that nobody may harm.
forget() {
    local pid left=()
    for pid in "${others[@]}"; do [ "$pid" = "$1" ] || left+=("$pid"); done
    others=("${left[@]}")
}

# is_ready NAME: the victim in it has all of its memory.
is_ready() { grep -q ready "$work/$1.log"; }

# innocent QOS NAME MIB [REQUEST]: a Pod of a higher priority than a hog, or of the priority that PRIORITY says, with so much memory.
innocent() {
    add_pod "$1" shop "$2" "  priority: ${PRIORITY:-100}" "${4:+"      resources: {requests: {memory: $4}}"}"
    run_in "$2" --mib "$3"
    others+=("$started")
    wait_for 60 "$2 runs" is_ready "$2"
}

# cgroup_of NAME: its container's cgroup.
cgroup_of() {
    local qos=qos_of_${1//-/_}
    container_cgroup "${!qos}" "uid-$1" "$(container_id "$1")"
}

# decisions: the incidents without those that only tell of the end of an earlier one (drained), or whose stalls they were for which nobody
# dies (attributed). Starts no program.
decisions() {
    local lines=() line count=0
    [ ! -e "$incidents" ] || mapfile -t lines < "$incidents"
    for line in "${lines[@]}"; do [[ $line == *'"kind":"drained"'* || $line == *'"kind":"attributed"'* ]] || count=$((count + 1)); done
    echo $count
}

has_decisions() { [ "$(decisions)" -ge "$1" ]; }

# decision N JQ-WORD...: asks the Nth of them.
decision() {
    local number=$1
    shift
    jq -c 'select(.kind | IN("drained", "attributed") | not)' "$incidents" | sed -n "${number}p" | jq -r "$@"
}

# is_drained N: the end of the Nth is told.
is_drained() { grep -q "\"drain\":{\"incident\":$(decision "$1" .sequence)," "$incidents"; }

# is_freed N: what the Nth decision killed gave its memory back. Where that took longer than the deadline, as it does when this
# machine has little time for the virtual one, the agent has told of that as well.
is_freed() {
    case $(decision "$1" .kill.outcome) in
        freed) ;;
        incomplete) wait_for 120 "its end is told" is_drained "$1" ;;
        *) fail "it was not killed: $(decision "$1" .kill.outcome)" ;;
    esac
}

# killed N NAME: the Nth decision was the kill of NAME, and its memory came back.
killed() {
    wait_for "${patience:-60}" "decision $1" has_decisions "$1"
    ok "  $(decision "$1" .summary)"
    expect "who died" "killed $2" "$(decision "$1" '[.kind, .victim.pod] | join(" ")')"
    is_freed "$1"
}

swap_free_mib() { echo $(($(keyed /proc/meminfo SwapFree:) / 1024)); }

# innocents_live DECISIONS: that many were told, and nobody else was harmed.
innocents_live() {
    expect "decisions" "$1" "$(decisions)"
    expect "kernel OOM kills" 0 "$(keyed /proc/vmstat oom_kill)"
    check "everybody else is alive, not stopped, not traced" is_untouched "${others[@]}"
}
