# shellcheck shell=bash
# Saying what is checked, and counting it. To be sourced.

total=0 failed=0 skipped=0

ok() { total=$((total + 1)); echo "ok: $*"; }
fail() { total=$((total + 1)) failed=$((failed + 1)); echo "FAIL: $*"; }
# skip WHAT WHY
skip() { total=$((total + 1)) skipped=$((skipped + 1)); echo "skipped: $1: $2"; }

# check WHAT CONDITION...
check() {
    local what=$1
    shift
    if "$@"; then ok "$what"; else fail "$what"; fi
}

# expect WHAT EXPECTED ACTUAL
expect() {
    if [ "$2" = "$3" ]; then ok "$1: ${3:-none}"; else fail "$1: expected '$2', got '$3'"; fi
}

# As tests/run counts it.
summary() {
    echo
    echo "Total: $total, Errors: 0, Failed: $failed, Skipped: $skipped"
    [ $failed = 0 ]
}
