using NodeReaper.Kernel.Processes;

namespace NodeReaper.Benchmarks.Victims;

/// <summary>A spinning process for each CPU, while this lives.</summary>
internal sealed class BusyNode : IDisposable
{
    private readonly List<ChildProcess> _hogs;

    internal BusyNode(string program, int hogs) =>
        _hogs = [.. Enumerable.Range(0, hogs).Select(_ => ChildProcess.Start(program, "--spin", "--die-with-parent"))];

    public void Dispose() => _hogs.ForEach(hog => hog.Dispose());
}
