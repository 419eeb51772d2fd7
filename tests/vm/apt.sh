# shellcheck shell=bash
# Packages of other Debian suites, without a change to this machine. To be sourced after common.sh.

update_lists() { say "apt-get update"; apt-get -qq update; }

# Prints where this machine gets Debian from, so that no host is named here.
find_mirror() {
    # shellcheck disable=SC2016 # apt's variables
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Identifier: Packages' |
        awk -F'|' '$1 == "Debian" && $2 == "Debian" && !n++ { print $3 }'
}

# From here on, apt knows the suite $1 only and keeps everything in the current
# directory: the machine's own lists, and so its upgrades, stay as they are.
use_private_apt() {
    local dir=$PWD/apt mirror
    mirror=$(find_mirror)
    # Fresh machines come without package lists.
    [ -n "$mirror" ] || { update_lists; mirror=$(find_mirror); }
    [ -n "$mirror" ] || die "apt has no Debian mirror here: see /etc/apt/sources.list"
    mkdir -p "$dir"/{lists,cache/archives}/partial "$dir/state"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" > "$dir/sources.list"
    cat > "$dir/apt.conf" <<CONF
Dir::Etc { sourcelist "$dir/sources.list"; sourceparts "/dev/null"; preferencesparts "/dev/null"; };
Dir::State "$dir/state"; Dir::State::lists "$dir/lists"; Dir::State::status "/dev/null";
Dir::Cache "$dir/cache"; APT::Sandbox::User "root"; Acquire::Languages "none";
Acquire::Retries "3"; Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
CONF
    export APT_CONFIG=$dir/apt.conf
    apt-get -qq update
}
