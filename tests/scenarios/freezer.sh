# shellcheck shell=bash
# A file system that can be frozen: who writes to it then sleeps uninterruptibly (D). To be sourced after checks.sh.

# shellcheck disable=SC2154 # work is of checks.sh
frozen=$work/frozen

# make_freezer: an ext4 on a RAM disk, or where there is none on a loop device, mounted at $frozen.
make_freezer() {
    local device=/dev/ram0
    mkdir -p "$frozen"
    if ! modprobe -q brd rd_nr=1 rd_size=32768 2> /dev/null || [ ! -b $device ]; then
        modprobe -q loop || true
        truncate -s 32M "$work/disk"
        device=$(losetup -f --show "$work/disk")
    fi
    mke2fs -q -t ext4 "$device" 32m
    modprobe -q ext4 || true
    mount -t ext4 "$device" "$frozen"
    ok "a file system to freeze, on $device"
}

freeze() { fsfreeze -f "$frozen"; }
thaw() { fsfreeze -u "$frozen" 2> /dev/null || true; }

trap 'thaw; umount -l "$frozen" 2> /dev/null || true; finish' EXIT
