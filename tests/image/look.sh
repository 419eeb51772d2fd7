# shellcheck shell=bash
# What an image says of itself, and whether it is true: of $arch, whose file system is $root. To be sourced by run.
# shellcheck disable=SC2154 # arch, root, native, version are of run

config() { jq -r ".$1" "artifacts/image/$arch/config.json"; }
label() { config "config.Labels[\"org.opencontainers.image.$1\"] // \"\""; }

expect "architecture" "$arch" "$(config architecture)"
expect "label title" NodeReaper "$(label title)"
check "label description: $(label description)" [ -n "$(label description)" ]
expect "label version, as in Directory.Build.props" "$version" "$(label version)"
expect "the same in the chart" "$version" "$(sed -n 's/^appVersion: //p' charts/nodereaper/Chart.yaml | tr -d '"')"
expect "label revision" "$REVISION" "$(label revision)"
expect "label source" "$SOURCE" "$(label source)"
if compgen -G 'LICENSE*' > /dev/null; then
    check "label licenses: $(label licenses)" [ -n "$(label licenses)" ]
else
    skip "label licenses" "the repository has no licence to name"
fi
expect "entry point" '["/usr/bin/nodereaper"]' "$(config config.Entrypoint | jq -c .)"
expect "command" null "$(config config.Cmd)"
expect "user" 0:0 "$(config config.User)"
check "the base has a user that is not root: $(grep -v ^root: "$root/etc/passwd")" grep -qv ^root: "$root/etc/passwd"

# files ROOT: what is in it, with type and mode.
files() { (cd "$1" && find . -mindepth 1 -printf '%P %y %m\n' | sort); }
layer=$(comm -13 <(files "artifacts/image/base-$arch") <(files "$root"))
expect "what the agent's layer adds, with modes" "usr/bin/nodereaper f 755
usr/share/sbom d 755
usr/share/sbom/nodereaper.cdx.json f 644" "$layer"
not_the_same='^(usr/share/sbom|host|etc/nodereaper|var/)'
expect "shells and package managers" "" "$(find "$root" \( -name '*sh' -o -name busybox -o -name apt\* -o -name dpkg\* -o -name perl\* \) -path '*bin/*' -printf '%P ')"
expect "files of another owner than root, setuid, setgid or writable by others" "" \
    "$(find "$root" \( -not -uid 0 -o -perm /6000 -o \( -perm /002 -not -type l -not -path "$root/tmp" \) \) -printf '%P ')"
ok "size: $(du -sh "$root" | cut -f1), the executable $(du -h "$root/usr/bin/nodereaper" | cut -f1)"

executable=$root/usr/bin/nodereaper
case $arch in
    amd64) machine='Advanced Micro Devices X86-64' rid=linux-x64 ;;
    arm64) machine=AArch64 rid=linux-arm64 ;;
esac
elf() { LC_ALL=C readelf -W "$@"; }
expect "machine" "$machine" "$(elf -h "$executable" | sed -n 's/ *Machine: *//p')"

library() { find -L "$root/usr/lib" -maxdepth 2 -name "$1" -type f -print -quit; }
# OpenSSL is opened by its name when the agent first talks TLS, and not among what is needed from the start.
for needed in $(elf -d "$executable" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p') libssl.so.3 libcrypto.so.3; do
    expect "$needed is in the image, for" "$machine" "$(elf -h "$(library "$needed")" 2> /dev/null | sed -n 's/ *Machine: *//p')"
done

bom=$root/usr/share/sbom/nodereaper.cdx.json lock=src/NodeReaper.Agent/packages.lock.json
expect "SBOM: format" "CycloneDX 1.5" "$(jq -r '"\(.bomFormat) \(.specVersion)"' "$bom")"
expect "SBOM: of" "nodereaper $version" "$(jq -r '.metadata.component | "\(.name) \(.version)"' "$bom")"
expect "SBOM: .NET, with the version of the compiler in the lock file" \
    "pkg:nuget/Microsoft.NETCore.App.Runtime.NativeAOT.$rid@$(jq -r '.dependencies["net10.0"]["Microsoft.DotNet.ILCompiler"].resolved' "$lock")" \
    "$(jq -r '.components[].purl | select(contains("NativeAOT"))' "$bom")"
locked=$(jq -r --arg rid "net10.0/$rid" '.dependencies | (.["net10.0"] + .[$rid]) | to_entries[] | select(.value.type != "Project") | "\(.key) \(.value.resolved)"' "$lock" | sort)
listed=$(jq -r '.components[] | select(.name | contains("NativeAOT") | not) | "\(.name) \(.version)"' "$bom" | sort)
expect "SBOM: packages or versions that packages.lock.json does not have" "" "$(comm -13 <(echo "$locked") <(echo "$listed"))"
# The assemblies that the executable names, by the compiler's own record of what it kept; one package has an assembly of another name.
names=$(strings "$executable")
is_linked() { [[ $names == *"${1/#prometheus-net/Prometheus.NetStandard}"* ]]; }
absent='' forgotten=''
while read -r name _; do is_linked "$name" || absent+="$name "; done <<< "$listed"
while read -r name _; do ! is_linked "$name" || forgotten+="$name "; done <<< "$(comm -23 <(echo "$locked") <(echo "$listed"))"
expect "SBOM: of its $(wc -l <<< "$listed") packages, not in the executable" "" "$absent"
expect "SBOM: of the $(wc -l <<< "$locked") locked ones, in the executable and not listed" "" "$forgotten"
