# shellcheck shell=bash disable=SC2034 # for who sources this
# How the contenders are started. All of them as root and with all capabilities, with memory.min 64M and oom_score_adj -900,
# which is what the packaged unit of systemd-oomd has; systemd-oomd by that unit.

declare -A command=(
    # Its own defaults are 10 % (SIGTERM) and 5 % (SIGKILL) of memory. nice -20 as in its unit.
    [earlyoom]='nice -n -20 earlyoom -m 10,5 -r 0'
    # A look each second, which is as often as it can; its default is five. What it does then: oomd.json.
    [oomd]='oomd --interval 1 --config /run/bench/oomd.json'
    # The default policy.
    [nodereaper]='/opt/bench/nodereaper run --config /opt/bench/policy.yaml --pods /run/bench/pods --incidents /run/bench/incidents.jsonl'
    # The recipe for swap that nobody is to wait for.
    [nodereaper-reserve]='/opt/bench/nodereaper run --config /opt/bench/swap-in-reserve.yaml --pods /run/bench/pods --incidents /run/bench/incidents.jsonl'
)
