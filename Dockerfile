# The agent's image, for amd64 and arm64:
#
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg DOTNET_REGISTRY=... --tag nodereaper:0.1.0 .
#
# DOTNET_REGISTRY is where .NET's images are: the registry that https://learn.microsoft.com/dotnet/core/docker/container-images names, or your
# mirror of it. There is no default: who has a mirror must not fetch from elsewhere by mistake.
ARG DOTNET_REGISTRY
# The SDK brings the compiler of the version that packages.lock.json has; with another one, the locked restore fails and says so.
ARG SDK=10.0.401-noble
# Not pinned, so that a rebuild has Ubuntu's security updates. For the same bytes again: 10.0-noble-chiseled@sha256:...
ARG RUNTIME_DEPS=10.0-noble-chiseled

# Always on the builder's own processor: the other's executable is cross-linked, which takes seconds, and not emulated.
FROM --platform=$BUILDPLATFORM ${DOTNET_REGISTRY}/dotnet/sdk:${SDK} AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
# What names the packages comes first: they are fetched again only when that has changed, once for both processors.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Directory.Build.props src/
COPY src/NodeReaper.Kernel/NodeReaper.Kernel.csproj src/NodeReaper.Kernel/packages.lock.json src/NodeReaper.Kernel/
COPY src/NodeReaper.Engine/NodeReaper.Engine.csproj src/NodeReaper.Engine/packages.lock.json src/NodeReaper.Engine/
COPY src/NodeReaper.Agent/NodeReaper.Agent.csproj src/NodeReaper.Agent/packages.lock.json src/NodeReaper.Agent/
RUN dotnet restore src/NodeReaper.Agent --locked-mode
ARG BUILDARCH
ARG TARGETARCH
RUN case $TARGETARCH in \
        amd64) rid=linux-x64 triple=x86-64-linux-gnu ;; \
        arm64) rid=linux-arm64 triple=aarch64-linux-gnu ;; \
        *) echo "there is no NodeReaper for $TARGETARCH: build for amd64 or arm64" >&2; exit 1 ;; \
    esac; \
    tools="binutils clang jq zlib1g-dev"; objcopy=objcopy; \
    if [ "$TARGETARCH" != "$BUILDARCH" ]; then \
        tools="$tools gcc-$triple libc6-dev-$TARGETARCH-cross"; objcopy=$(echo $triple | sed s/86-64/86_64/)-objcopy; \
    fi; \
    apt-get update && apt-get install -y --no-install-recommends $tools && rm -rf /var/lib/apt/lists/* && \
    echo $rid > /rid && echo $objcopy > /objcopy
COPY .editorconfig ./
COPY src src
# The commit that this is built of: `nodereaper --version` and a label tell it.
ARG REVISION
RUN dotnet publish src/NodeReaper.Agent --no-restore --configuration Release --output /published --runtime "$(cat /rid)" \
        -p:CppCompilerAndLinker=clang -p:ObjCopyName="$(cat /objcopy)" -p:SourceRevisionId="$REVISION" && \
    install -D /published/nodereaper /image/usr/bin/nodereaper
# The executable is one file and names none of its packages in a way that a scanner would find.
ARG VERSION=0.1.0
COPY deploy/sbom.jq ./
RUN mkdir -p /image/usr/share/sbom && strings /image/usr/bin/nodereaper > /strings && \
    jq --from-file sbom.jq --arg rid "$(cat /rid)" --arg version "$VERSION" --rawfile strings /strings \
        src/NodeReaper.Agent/obj/project.assets.json > /image/usr/share/sbom/nodereaper.cdx.json

# The default for Docker; older buildah and podman would take the platform of the stage above.
FROM --platform=$TARGETPLATFORM ${DOTNET_REGISTRY}/dotnet/runtime-deps:${RUNTIME_DEPS}
ARG REVISION
ARG SOURCE
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="NodeReaper" \
      org.opencontainers.image.description="Kills and reaps the right container before a node runs out of memory" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.source="$SOURCE"
COPY --from=build /image /
# Root, where the base has a user of its own: only root may write to the cgroups of others. The chart leaves root five capabilities of all.
USER 0:0
ENTRYPOINT ["/usr/bin/nodereaper"]
