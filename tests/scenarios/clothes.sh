# shellcheck shell=bash
# The agent in its container's clothes: what a kubelet and a container runtime make of the chart's DaemonSet. To be sourced after checks.sh.

: "${CHART:=$(dirname "$0")/../../artifacts/chart/chart}" "${IMAGE_ROOT:=$(dirname "$0")/../../artifacts/image/root}"
chart_folder=$(dirname "$0")/../../charts/nodereaper
IMAGE_ROOT=$(realpath "$IMAGE_ROOT")
agent_pod=0aaaaaaa-0000-4000-8000-00000000000a
api=$work/api
container=''

# render VALUE...: the chart's objects, each VALUE as path=value, to $work/manifest.
render() {
    local value words=()
    for value; do words+=(-set "$value"); done
    "$CHART" render "$chart_folder" "${words[@]}" > "$work/manifest"
}

# mount_policy: what the ConfigMap has, as the kubelet lays it out, and changes it: all at once, by one rename.
mount_policy() {
    local data=..data_$((++versions))
    mkdir -p "$work/policy/$data"
    sed -n '/^  policy.yaml: |$/,/^---$/{/^    /s/^    //p}' "$work/manifest" > "$work/policy/$data/policy.yaml"
    ln -sfn "$data" "$work/policy/..new"
    mv -T "$work/policy/..new" "$work/policy/..data"
    ln -sfn ..data/policy.yaml "$work/policy/policy.yaml"
}
versions=0

# bundle NAME VALUE...: the OCI bundle of the DaemonSet's container, in $work/NAME.
bundle() {
    local name=$1 value words=()
    shift
    mkdir -p "$work/$name" "$work/state" "$work/socket" "$work/kubelet/pods"
    for value; do words+=(-set "$value"); done
    "$CHART" oci "$chart_folder" "${words[@]}" -root "$IMAGE_ROOT" ${SECCOMP:+-seccomp "$SECCOMP"} \
        -cgroup "/${agent_cgroup#"$CGROUP_ROOT"/}" \
        -volume "policy=$work/policy" -volume "state=$work/state" -volume "socket=$work/socket" -volume "pods=$work/kubelet/pods" \
        -field spec.nodeName=node-1 -field status.hostIP=127.0.0.1 \
        -env KUBERNETES_SERVICE_HOST=127.0.0.1 -env "KUBERNETES_SERVICE_PORT=$(cat "$api/port" 2> /dev/null || echo 1)" \
        -mount "/var/run/secrets/kubernetes.io/serviceaccount=$api" > "$work/$name/config.json"
}
agent_cgroup=$(container_cgroup Burstable $agent_pod "$(container_id nodereaper)")

# in_clothes RUNTIME NAME: runs the bundle's agent and waits until it watches.
in_clothes() {
    runtime=$1 container=$2
    : > "$work/agent.log"
    "$runtime" run --bundle "$work/$container" "$container" < /dev/null > "$work/agent.log" 2>&1 &
    agent=$!
    wait_for 60 "$runtime runs the agent" agent_watches
}

# exec_agent ARG...: as kubectl exec does.
exec_agent() { "$runtime" exec "$container" /usr/bin/nodereaper "$@"; }

# is_green FILE: what doctor said there has no warning.
is_green() { grep -q '^doctor: this node can be protected' "$1" && ! grep -E '^(FAIL|warn)' "$1"; }

# undress: as the kubelet ends a container.
undress() {
    local status=0
    "$runtime" kill "$container" TERM
    wait "$agent" || status=$?
    expect "the agent's exit status" 0 "$status"
    agent='' container=''
}

# At the end, whatever happened: the agent goes with its cgroup.
finish_clothes() { [ -z "$container" ] || "$runtime" delete --force "$container" > /dev/null 2>&1 || true; }
