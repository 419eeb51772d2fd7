# The packages in the executable, of its lock file, as a CycloneDX 1.5 bill of materials. $arch: amd64 or arm64.
.dependencies as $frameworks
| [$frameworks["net10.0"], $frameworks["net10.0/linux-\(if $arch == "amd64" then "x64" else $arch end)"]]
| map(to_entries[]) | map(select(.value.type != "Project")) | unique_by(.key)
| {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {component: {type: "application", name: "nodereaper", version: "0.1.0"}},
    components: map({type: "library", name: .key, version: .value.resolved, purl: "pkg:nuget/\(.key)@\(.value.resolved)"}),
  }
