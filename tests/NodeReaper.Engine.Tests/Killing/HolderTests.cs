using System.Diagnostics;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests;
using NodeReaper.Kernel.Tests.Victims;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>A holder whose killer does not come back: nobody stays at the door of its exit.</summary>
public sealed class HolderTests : IDisposable
{
    private readonly FileDescriptor _procRoot = FileDescriptor.OpenDirectory("/proc", out _);
    private readonly KillErrors _errors = new();
    private readonly Holder _holder;

    public HolderTests()
    {
        Requires.Root();
        _holder = new Holder(new ProcessFiles(_procRoot), _errors, 0);
    }

    public void Dispose()
    {
        _holder.Dispose();
        _procRoot.Close();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Past_the_end_it_lets_go_by_itself(bool isKilled)
    {
        using var victim = Victim.Start("--mib", "4");
        Hold(victim, TimeSpan.FromMilliseconds(300));
        if (isKilled)
        {
            _ = victim.Pidfd.Kill();
            Assert.False(victim.Pidfd.WaitForExit(50));
        }

        Eventually.True(() => _holder.Count == 0, "nobody is held");
        if (isKilled)
        {
            Assert.Equal(9, victim.WaitAndReap());
        }
        else
        {
            ProcessState.AssertUntouched(victim.Id);
        }
    }

    [Fact]
    public void One_whose_thread_got_another_ID_by_execve_is_not_forgotten()
    {
        using var victim = Victim.Start("--threads", "2", "--leader-exits", "--exec-on-term");
        Eventually.True(() => victim.State(victim.Id) == 'Z', "the first thread ends");
        var thread = victim.Threads[1];
        Hold(victim, TimeSpan.FromHours(1));
        _ = victim.Pidfd.Terminate();
        Eventually.True(() => victim.State(thread) == 'X', "it has another ID");
        Assert.True(_holder.LetGo(0, isDying: true));
        _holder.Wake();
        Thread.Sleep(50);
        _ = victim.Pidfd.Kill();
        Assert.Equal(9, victim.WaitAndReap());
        Eventually.True(() => _holder.Count == 0, "nobody is held");
    }

    private void Hold(Victim victim, TimeSpan duration)
    {
        var process = new VictimProcess { ProcessId = victim.Id };
        _holder.Begin([process], Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency));
        Assert.True(_holder.WaitUntilSeized(Eventually.TimeoutMilliseconds));
        Assert.NotEqual(0, _holder.ThreadOf(0, out _));
        Assert.Equal(1, _holder.Count);
    }
}
