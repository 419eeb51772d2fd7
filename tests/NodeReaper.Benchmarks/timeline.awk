# Of what `perf script -F tid,comm,time,event,trace` prints: the system calls of the last kill that held its victim, from its first pidfd_open to the
# end of its last release, as a Markdown table. Times are in microseconds since the first of them.
BEGIN {
    names["0"] = "read"; names["1"] = "write"; names["3"] = "close"; names["7"] = "poll"; names["17"] = "pread64"; names["61"] = "wait4"
    names["101"] = "ptrace"; names["217"] = "getdents64"; names["230"] = "clock_nanosleep"; names["257"] = "openat"; names["267"] = "readlinkat"
    names["434"] = "pidfd_open"; names["448"] = "process_mrelease"
}

# comm tid time: event: NR number ...
{
    if ($1 !~ /^(kill-|holder-|reaper-)/ || !match($0, /[0-9]+\.[0-9]+: +raw_syscalls:sys_(enter|exit): NR [0-9]+/)) next
    split(substr($0, RSTART, RLENGTH), at, ":")
    thread = $1; tid = $2
    call = $0; sub(/.*: NR /, "", call); number = call; sub(/[^0-9].*/, "", number)
    time = at[1] * 1e6
    if ($0 ~ /sys_enter/) {
        # A new kill begins: what was noted of the one before is of no interest, if that held nobody.
        if (number == 434 && thread ~ /^kill-/) { lines = 0; begun = time; holds = releases = 0 }
        if (number == 101 && thread ~ /^holder-/ && call ~ /^101 \(4206/) holds = 1
        entered[tid] = time
        open_number[tid] = number
        next
    }
    if (!begun || !(tid in entered) || entered[tid] < begun || open_number[tid] != number) next
    lines++
    row[lines] = sprintf("| %d | %s | %s | %d |", entered[tid] - begun, thread, (number in names) ? names[number] : "call " number, time - entered[tid])
    # Two, or it is the hold with one thread.
    if (number == 448 && thread ~ /^reaper-/ && holds && ++releases >= 2) { last_count = lines; for (i = 1; i <= lines; i++) last[i] = row[i] }
}

END {
    print "| begins at (µs) | thread | system call | takes (µs) |"
    print "|---|---|---|---|"
    for (i = 1; i <= last_count; i++) print last[i] | "sort -s -n -t '|' -k 2"
    close("sort -s -n -t '|' -k 2")
    if (!last_count) exit 1
}
