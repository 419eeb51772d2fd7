using NodeReaper.Kernel.Processes;

namespace NodeReaper.Benchmarks.Decision;

/// <summary>A kubepods tree of BestEffort Pods with one container each, and one process in each container.</summary>
internal abstract class ContainerTree(string program) : IDisposable
{
    private const int StartTimeoutMilliseconds = 30_000;
    private readonly List<ChildProcess> _crowd = [];

    /// <summary>What the table calls it.</summary>
    internal abstract string Name { get; }

    /// <summary>What the agent takes for the cgroup root.</summary>
    internal abstract string Root { get; }

    /// <summary>How long a kill is verified.</summary>
    internal abstract TimeSpan Deadline { get; }

    /// <summary>Adds so many containers that stay.</summary>
    internal void AddCrowd(int count, int mib)
    {
        for (var number = 0; number < count; number++)
        {
            _crowd.Add(Add(number, mib));
        }
    }

    /// <summary>Adds a container.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="mib">The memory of its process, in MiB.</param>
    /// <returns>Its process.</returns>
    internal abstract ChildProcess Add(int number, int mib);

    /// <summary>Removes a container whose process is dead.</summary>
    /// <param name="number">Its number.</param>
    internal abstract void Remove(int number);

    public virtual void Dispose() => _crowd.ForEach(process => process.Dispose());

    protected string BestEffort => Path.Combine(Root, "kubepods.slice", "kubepods-besteffort.slice");

    protected string PodOf(int number) => Path.Combine(BestEffort, $"kubepods-besteffort-pod{number:x8}_1111_4222_8333_444444444444.slice");

    protected string ContainerOf(int number) => Path.Combine(PodOf(number), $"cri-containerd-{number:x64}.scope");

    protected ChildProcess Start(params string[] arguments)
    {
        var process = ChildProcess.Start(program, arguments);
        return process.WaitForLine("ready\n"u8, StartTimeoutMilliseconds) ? process : throw new IOException("a container did not start");
    }
}
