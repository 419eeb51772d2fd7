# shellcheck shell=bash
# Commands of the agent in containers that are the chart's but for one thing. To be sourced after clothes.sh.
# shellcheck disable=SC2154 # work is of checks.sh

# In jq: what the kernel and most container runtimes allow. Where a service manager has set it to infinity, CAP_IPC_LOCK has nothing to do.
usual='.process.rlimits = [{type: "RLIMIT_MEMLOCK", soft: 8388608, hard: 8388608}]'

# once JQ ARG...: a container with what jq makes of the bundle (agent, or $BUNDLE), which runs the agent's command once; its output is in $work/once.log.
once() {
    local change=$1
    shift
    mkdir -p "$work/once"
    jq "$change | .process.args = [\"/usr/bin/nodereaper\"] + \$ARGS.positional" "$work/${BUNDLE:-agent}/config.json" --args -- "$@" > "$work/once/config.json"
    crun run --bundle "$work/once" "once-$((++onces))" < /dev/null > "$work/once.log" 2>&1 || true
}
onces=0

doctor() { once "$1" doctor; }
says() { grep -qE "$1" "$work/once.log" || { cat "$work/once.log"; return 1; }; }
warns_of() { ! grep -E '^(FAIL|warn)' "$work/once.log" | grep -vE "$1" && says "^(FAIL|warn)  ($1)"; }

# tenant [COMMAND...]: a tenant, started by the command. It is not root: as root, one may signal and trace who is root as well.
tenant() {
    local id
    id=$(container_id "tenant $((tenants++))")
    cgroup=$(container_cgroup Burstable uid-tenant "$id")
    tenant_command=("$@")
    : > "$work/tenant.log"
    CONTAINER_LOG=$work/tenant.log start_container Burstable uid-tenant "$id" 1000 \
        "$@" setpriv --reuid 1000 --regid 1000 --clear-groups "$VICTIM" --mib 8
    wait_for 30 "a tenant" grep -q ready "$work/tenant.log"
}
tenants=0

# kill_with JQ ARG...: nodereaper kill of the tenant; its answer is in $work/kill.json. Where the holder had no turn in time (EBUSY), of a new tenant.
kill_with() {
    local change=$1 try
    shift
    for try in 1 2 3; do
        once "$change" kill --cgroup "/host${cgroup}" --output json "$@"
        sed -n '/^{/,$p' "$work/once.log" > "$work/kill.json"
        [ "$(jq -r '.processes[0].hold' "$work/kill.json" 2> /dev/null)" = EBUSY ] || return 0
        tenant "${tenant_command[@]}"
    done
}
killed() { jq -r 'if .outcome == "freed" then [.outcome, .strategy, (.processes[0].held | tostring)] | join(" ") else . end' "$work/kill.json" || cat "$work/once.log"; }
