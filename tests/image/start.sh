# shellcheck shell=bash
# The agent of the image for $arch at work, in the image's own file system. To be sourced by run.
# shellcheck disable=SC2154 # arch, native, version, cgroups, REVISION, VICTIM are of run

says() { jq -e "$1" > /dev/null <<< "$2"; }
matches() { [[ $2 =~ ^$1$ ]]; }
enter() { timeout 120 tests/image/enter "$arch" "$@"; }

expect "--version" "$version+$REVISION" "$(enter --version)"

# The node that it looks at is this machine, which need not be fit to be one: of its own are the strategies alone.
doctor=$(enter doctor 2>&1) || true
printf '%s\n' "$doctor" > "artifacts/image/doctor-$arch.log"
sed -n '/ strategy /s/^/    /p' "artifacts/image/doctor-$arch.log"
strategy() { sed -n "s/^\([a-z]*\)  *strategy $1  *.*/\1/p" <<< "$doctor"; }
check "doctor comes to an end" grep -q '^doctor: this node ' <<< "$doctor"
expect "doctor: signal, tried on a child" ok "$(strategy signal)"
if [ "$arch" = "$native" ]; then
    expect "doctor: release" ok "$(strategy release)"
    expect "doctor: hold" ok "$(strategy hold)"
else
    # The calls that the agent is made of, but for the signal, are not among those that qemu-user 7.2 passes on.
    check "doctor says that it may not hold" grep -q '^warn  strategy hold .*ptrace(PTRACE_SEIZE) said ENOSYS' <<< "$doctor"
    check "doctor says that it cannot release" grep -q '^warn  strategy release .*process_mrelease said ENOSYS' <<< "$doctor"
fi

# kills EXPECTED ARG...: a victim of 64 MiB in a cgroup of its own dies by it, and not of its time out. EXPECTED is a pattern. Always a native one: to kernel and agent it is
# the same process, and an emulated one would have the memory of its emulator.
kills() {
    local expected=$1 cgroup=$cgroups/nodereaper-image-$BASHPID victim json got status=0
    shift
    local what="kill${*:+ $*}"
    mkdir "$cgroup"
    : > artifacts/image/victim.log
    timeout 60 "$VICTIM" --cgroup "$cgroup" --mib 64 > artifacts/image/victim.log 2>&1 &
    victim=$!
    until grep -q ready artifacts/image/victim.log || ! kill -0 $victim; do sleep 0.05; done
    json=$(enter kill --cgroup "/sys/fs/cgroup/${cgroup##*/}" --output json "$@") || true
    wait "$victim" 2> /dev/null || status=$?
    rmdir "$cgroup"
    expect "$what: the victim's exit status, of SIGKILL" 137 "$status"
    got=$(jq -r '.processes[0] as $p | [.outcome, .strategy, $p.held, $p.hold // "-", $p.release // "-"] | map(tostring) | join(" ")' <<< "$json")
    check "$what: outcome, strategy, held, releases: $got" matches "$expected" "$got"
    check "$what: all of it back: $(jq -r '"\(.bytesFreed / 1048576 | floor) MiB after \(.freedMicroseconds) us, proof: \(.proof)"' <<< "$json")" \
        says '.bytesFreed > 60 * 1048576 and .bytesLeft.anon < 1048576' "$json"
}

if [ "$arch" = "$native" ]; then
    kills "freed hold true OK OK"
    # Without the hold the victim may be gone first, which is what the hold is for. Doctor has shown above that releases work here.
    kills "freed release false - (OK|ESRCH)" --strategy release
else
    kills "freed signal false - -"
    kills "freed hold false ENOSYS ENOSYS" --strategy hold
    skip "hold and release on arm64" "qemu-user passes on neither ptrace nor process_mrelease; shown is that the executable starts, decides, signals and proves"
fi
