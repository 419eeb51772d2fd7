# shellcheck shell=bash
# Makes Pods on a node as a kubelet (systemd driver) and containerd make them: cgroups, a sandbox, oom_score_adj.
# To be sourced. CGROUP_ROOT is where the tree is made; VICTIM is the program of tests/victims.

: "${CGROUP_ROOT:=/sys/fs/cgroup}"

# pod_cgroup QOS UID: where the Pod's cgroup is.
pod_cgroup() {
    local uid=${2//-/_} class=${1,,}
    case $class in
        guaranteed) echo "$CGROUP_ROOT/kubepods.slice/kubepods-pod$uid.slice" ;;
        *) echo "$CGROUP_ROOT/kubepods.slice/kubepods-$class.slice/kubepods-$class-pod$uid.slice" ;;
    esac
}

# container_id NAME: a container ID as containerd makes them, always the same for a name.
container_id() { printf %s "$1" | sha256sum | cut -c1-64; }

# make_tree: the kubepods tree, with the controllers passed on.
make_tree() {
    local dir
    for dir in "$CGROUP_ROOT" "$CGROUP_ROOT/kubepods.slice" "$CGROUP_ROOT"/kubepods.slice/kubepods-{burstable,besteffort}.slice; do
        mkdir -p "$dir"
        echo '+memory +cpu +pids' > "$dir/cgroup.subtree_control"
    done
}

# make_pod QOS UID: the Pod's cgroup, with a sandbox in it.
make_pod() {
    local dir
    dir=$(pod_cgroup "$1" "$2")
    mkdir -p "$dir"
    echo '+memory +cpu +pids' > "$dir/cgroup.subtree_control"
    start_container "$1" "$2" "$(container_id "sandbox of $2")" -998 "$VICTIM" --comm pause
}

# container_cgroup QOS UID ID: where a container's cgroup is.
container_cgroup() { echo "$(pod_cgroup "$1" "$2")/cri-containerd-$3.scope"; }

# limit_memory QOS UID ID BYTES: memory.max as a kubelet sets it, on a container that is not started yet and, where it is the only one, on its Pod.
limit_memory() {
    local dir
    dir=$(container_cgroup "$1" "$2" "$3")
    mkdir -p "$dir"
    echo "$4" > "$dir/memory.max"
    echo "$4" > "${dir%/*}/memory.max"
}

# start_container QOS UID ID OOM_SCORE_ADJ COMMAND...: starts a container and leaves its process in $started.
start_container() {
    local dir adjustment=$4
    dir=$(container_cgroup "$1" "$2" "$3")
    shift 4
    mkdir -p "$dir"
    # As runc leaves it: a kernel OOM kill takes the whole container.
    [ "$adjustment" = -998 ] || echo 1 > "$dir/memory.oom.group"
    (
        echo 0 > "$dir/cgroup.procs"
        echo "$adjustment" > /proc/self/oom_score_adj
        exec "$@"
    ) < /dev/null > "${CONTAINER_LOG:-/dev/null}" 2>&1 &
    started=$!
    disown "$started"
}

# keyed FILE KEY: a number of a file of keys and numbers; 0 when the file is gone. Starts no program: a node without
# memory takes seconds for that.
keyed() {
    local key number _
    while read -r key number _; do
        [ "$key" != "$2" ] || { echo "$number"; return; }
    done 2> /dev/null < "$1"
    echo 0
}

# event CGROUP FILE KEY: a number of a cgroup's keyed file, such as memory.events' oom_kill.
event() { [ -e "$1/$2" ] && keyed "$1/$2" "$3" || echo 0; }

# nap SECONDS: sleeps without starting a program.
exec {never}<> <(:)
nap() { read -rt "$1" -u "$never" || :; }

# oom_score_adj QOS REQUEST_BYTES: what the kubelet gives a container (pkg/kubelet/qos/policy.go).
oom_score_adj() {
    local total adjustment
    case ${1,,} in
        guaranteed) echo -997 ;;
        besteffort) echo 1000 ;;
        *)
            total=$(($(keyed /proc/meminfo MemTotal:) * 1024))
            adjustment=$((1000 - 1000 * $2 / total))
            echo $((adjustment < 3 ? 3 : adjustment > 999 ? 999 : adjustment))
            ;;
    esac
}

# remove_tree: kills what is left below CGROUP_ROOT/kubepods.slice and takes the cgroups away.
remove_tree() {
    local dir
    [ -d "$CGROUP_ROOT/kubepods.slice" ] || return 0
    echo 1 > "$CGROUP_ROOT/kubepods.slice/cgroup.kill"
    while [ "$(event "$CGROUP_ROOT/kubepods.slice" cgroup.events populated)" = 1 ]; do nap 0.05; done
    find "$CGROUP_ROOT/kubepods.slice" -mindepth 1 -depth -type d | while read -r dir; do rmdir "$dir"; done
}
