using NodeReaper.Kernel.Processes;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>SIGKILL, then process_mrelease at once, process by process: the order of lmkd and earlyoom.</summary>
internal sealed class SignalAndReleaseEach : SignalEach
{
    public override string Name => "SIGKILL + release each";

    protected override void Follow(Pidfd process, ref ReleaseTally tally) => tally = tally.With(process.ReleaseMemory());
}
