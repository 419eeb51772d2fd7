# shellcheck shell=bash
# What setup and run must agree on; both source this.
set -eEuo pipefail
me=tests/vm/${0##*/}
say() { echo "$me: $*" >&2; }
die() { say "$*"; exit 125; }
trap '[ $? = 125 ] || say "line $LINENO failed"' ERR
PATH=$PATH:/usr/sbin:/sbin  # root's PATH may lack them after a plain su

# Each kernel is a directory here; its file "version" is written last.
kernels=${NODEREAPER_VM_CACHE:-~/.cache/nodereaper-vm}/kernels

# Sets series to the cache's name for kernel $1. Debian sid moves on from 7.2 to 7.3
# and so forth, so its kernel is called 7.
name_series() {
    case $1 in
        6.1 | 6.12) series=$1 ;;
        7 | 7.*) series=7 ;;
        *) die "there is no kernel $1: the choice is 6.1, 6.12 and 7" ;;
    esac
}

# Who asks for 7.2 ($1) must not get another 7 ($2).
check_version() {
    [[ $1 != 7.* || $1 = 7.x || $2 = "$1"[.+~-]* ]] || die "there is no kernel $1, but $2: ask for 7"
}
