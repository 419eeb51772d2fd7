# shellcheck shell=bash
# That a change of the source costs no package and no network: the compiler reports an error that was put there, and all before it is from the cache.
# To be sourced by run.
# shellcheck disable=SC2154 # native is of run

context=$(mktemp -d artifacts/image/.context.XXXXXX)
tar -c --exclude=bin --exclude=obj Dockerfile .dockerignore .editorconfig global.json Directory.*.props src deploy/sbom.jq | tar -x -C "$context"
echo '#error changed by tests/image/run' >> "$context/src/NodeReaper.Agent/Program.cs"
CONTEXT=$context unshare --net tests/image/build "$native" > artifacts/image/cached.log 2>&1 || true
from_cache() { [[ $(grep -A 1 -F "$1" artifacts/image/cached.log) == *'Using cache'* ]]; }
check "the packages are from the cache" from_cache 'RUN dotnet restore'
check "the tools are from the cache" from_cache 'RUN case'
check "the changed source is compiled, with no network" grep -q 'CS1029: #error: .changed by' artifacts/image/cached.log
