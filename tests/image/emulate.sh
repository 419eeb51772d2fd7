# shellcheck shell=bash
# emulate: this machine starts arm64 executables by qemu-user, until unemulate. With the flag F, so that qemu is found from within a root that lacks it,
# and the agent can start itself again, as doctor does. To be sourced.

binfmt=/proc/sys/fs/binfmt_misc
emulate() {
    need_packages /usr/bin/qemu-aarch64-static:qemu-user-static
    [ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt
    # 64-bit little-endian ELF, executable or shared object, for machine 183.
    printf '%s' ':nodereaper-arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00' \
        ':\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F' > $binfmt/register
}
unemulate() { [ ! -e $binfmt/nodereaper-arm64 ] || echo -1 > $binfmt/nodereaper-arm64; }
