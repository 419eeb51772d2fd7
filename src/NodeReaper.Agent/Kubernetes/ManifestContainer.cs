namespace NodeReaper.Agent.Kubernetes;

/// <summary>When a container of a Pod runs.</summary>
internal enum ContainerKind
{
    /// <summary>All the time.</summary>
    App,

    /// <summary>All the time, from before the app containers: an init container with <c>restartPolicy: Always</c>.</summary>
    Sidecar,

    /// <summary>Once, before the app containers.</summary>
    Init,
}

/// <summary>A container in a Pod's spec.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">When it runs.</param>
/// <param name="Needs">What it asks for, with the defaults of the API server.</param>
internal sealed record ManifestContainer(string Name, ContainerKind Kind, ResourceNeeds Needs)
{
    /// <summary>What terminationMessagePolicy says for <see cref="FallsBackToLog"/>.</summary>
    internal const string LogPolicy = "FallbackToLogsOnError";

    /// <summary>True when the end of its log is its termination message where it wrote none itself.</summary>
    internal bool FallsBackToLog { get; init; }

    /// <summary>Reads all containers of a Pod's spec, the init containers last, each kind in its order.</summary>
    internal static List<ManifestContainer> ReadAll(ManifestObject spec)
    {
        var containers = new List<ManifestContainer>();
        foreach (var container in spec.Objects("containers"))
        {
            Add(container, ContainerKind.App);
        }

        foreach (var container in spec.Objects("initContainers"))
        {
            Add(container, container.Text("restartPolicy") == "Always" ? ContainerKind.Sidecar : ContainerKind.Init);
        }

        return containers;

        void Add(ManifestObject container, ContainerKind kind)
        {
            if (container.Text("name") is { } name)
            {
                containers.Add(new ManifestContainer(name, kind, ResourceNeeds.Read(container).WithDefaults())
                {
                    FallsBackToLog = container.Text("terminationMessagePolicy") == LogPolicy,
                });
            }
            else
            {
                spec.Refuse(container.Line, $"{container.PathOf("name")} is missing");
            }
        }
    }
}
