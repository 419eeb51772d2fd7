# The agent's image, for amd64 and arm64:
#
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg DOTNET_REGISTRY=... --tag nodereaper:0.1.0 .
#
# DOTNET_REGISTRY is where .NET's images are: the registry that .NET's documentation names, or your mirror of it.
ARG DOTNET_REGISTRY

# Always on the builder's own processor: the other's executable is cross-linked, which takes seconds, and not emulated.
FROM --platform=$BUILDPLATFORM ${DOTNET_REGISTRY}/dotnet/sdk:10.0-noble AS build
ARG BUILDARCH TARGETARCH
RUN case $TARGETARCH in \
        amd64) rid=linux-x64 triple=x86-64-linux-gnu ;; \
        arm64) rid=linux-arm64 triple=aarch64-linux-gnu ;; \
        *) echo "there is no NodeReaper for $TARGETARCH: build for amd64 or arm64" >&2; exit 1 ;; \
    esac; \
    tools="clang jq zlib1g-dev"; objcopy=objcopy; \
    if [ "$TARGETARCH" != "$BUILDARCH" ]; then \
        tools="$tools gcc-$triple libc6-dev-$TARGETARCH-cross"; objcopy=$(echo $triple | sed s/86-64/86_64/)-objcopy; \
    fi; \
    apt-get update && apt-get install -y --no-install-recommends $tools && rm -rf /var/lib/apt/lists/* && \
    echo "--runtime $rid -p:CppCompilerAndLinker=clang -p:ObjCopyName=$objcopy" > /publish-options
WORKDIR /source
# What names the packages comes first: they are fetched again only when that has changed.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Directory.Build.props src/
COPY src/NodeReaper.Kernel/NodeReaper.Kernel.csproj src/NodeReaper.Kernel/packages.lock.json src/NodeReaper.Kernel/
COPY src/NodeReaper.Engine/NodeReaper.Engine.csproj src/NodeReaper.Engine/packages.lock.json src/NodeReaper.Engine/
COPY src/NodeReaper.Agent/NodeReaper.Agent.csproj src/NodeReaper.Agent/packages.lock.json src/NodeReaper.Agent/
RUN dotnet restore src/NodeReaper.Agent --locked-mode
COPY .editorconfig ./
COPY src src
RUN dotnet publish src/NodeReaper.Agent --no-restore --configuration Release --output /image/usr/bin $(cat /publish-options)
# The executable is one file and names none of its packages, so that a scanner would find nothing.
COPY deploy/sbom.jq ./
RUN mkdir -p /image/usr/share/sbom && \
    jq --from-file sbom.jq --arg arch $TARGETARCH src/NodeReaper.Agent/packages.lock.json > /image/usr/share/sbom/nodereaper.cdx.json

FROM ${DOTNET_REGISTRY}/dotnet/runtime-deps:10.0-noble-chiseled
LABEL org.opencontainers.image.title="NodeReaper" \
      org.opencontainers.image.description="Kills and reaps the right container before a node runs out of memory" \
      org.opencontainers.image.version="0.1.0"
COPY --from=build /image /
# Of the node, and by the chart with six capabilities: what a user other than root could not write are the cgroups.
USER 0:0
ENTRYPOINT ["/usr/bin/nodereaper"]
