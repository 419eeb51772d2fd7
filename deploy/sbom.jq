# The packages in the executable, as a CycloneDX 1.5 bill of materials: of what was restored (project.assets.json), whose assemblies the executable
# names, for the compiler leaves out what nothing uses. $rid: linux-x64 or linux-arm64; $strings: of the executable; $version: of the product.
def component($name; $version): {type: "library", name: $name, version: $version, purl: "pkg:nuget/\($name)@\($version)"};
def linked: any(.runtime // {} | keys[] | split("/") | last | rtrimstr(".dll"); . as $assembly | $strings | contains($assembly));

# .NET itself: compiled in, too, and what most security advisories are about.
"Microsoft.NETCore.App.Runtime.NativeAOT.\($rid)" as $runtime
| [.project.frameworks[].downloadDependencies[] | select(.name == $runtime) | component($runtime; .version | ltrimstr("[") | split(",")[0])]
  + [.targets["net10.0/\($rid)"] | to_entries[] | select(.value.type == "package" and (.value | linked)) | component((.key / "/")[0]; (.key / "/")[1])]
| {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {component: {type: "application", name: "nodereaper", version: $version}},
    components: .,
  }
