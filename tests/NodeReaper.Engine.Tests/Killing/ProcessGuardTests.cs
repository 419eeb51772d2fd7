using System.Diagnostics;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Killing;

public sealed class ProcessGuardTests : KillerTest
{
    [Fact]
    public void Another_agent_is_spared_whatever_it_uses_and_by_all_but_the_self_test()
    {
        var agent = StartAnywhere("--comm", "nodereaper");
        Assert.Equal(Refusal.SystemProcess, new ProcessGuard(Proc).Check(agent.Id, 500 * Mib));
        Assert.Equal(Refusal.SystemProcess, new ProcessGuard(Proc).CheckOneOfMany(agent.Id, 0));
        Assert.Equal(Refusal.None, new ProcessGuard(Proc, sparesAgents: false).Check(agent.Id, 0));
    }

    [Fact]
    public void Those_on_whose_behalf_it_runs_are_spared()
    {
        var (shell, other) = (StartAnywhere(), StartAnywhere());
        var guard = new ProcessGuard(Proc) { Callers = [shell.Id] };
        Assert.Equal(Refusal.Self, guard.Check(shell.Id, 500 * Mib));
        Assert.Equal(Refusal.Self, guard.CheckOneOfMany(shell.Id, 500 * Mib));
        Assert.Equal(Refusal.None, guard.Check(other.Id, 0));
    }

    [Fact]
    public void Once_the_process_that_was_asked_for_has_ended_nobody_by_its_ID_is_killed()
    {
        var (asked, other) = (StartAnywhere(), StartAnywhere());
        var guard = new ProcessGuard(Proc) { Asked = new Pidfd(new FileDescriptor((int)Pidfd.Open(asked.Id).Value)) };
        Assert.Equal(Refusal.None, guard.Check(other.Id, 0));
        Assert.Equal(Errno.None, guard.Asked.Kill());
        Assert.True(guard.Asked.WaitForExit(10_000));

        // As if the ID were the other's by now.
        Assert.Equal(Refusal.Gone, guard.Check(other.Id, 0));
        guard.Asked.Close();
    }

    [Fact]
    public void With_nobody_free_to_hold_a_victim_that_is_told()
    {
        var errors = new KillErrors();
        using var holders = new Holders(Proc, errors);
        var end = Stopwatch.GetTimestamp() + (60 * Stopwatch.Frequency);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(0, holders.Hold([new VictimProcess { ProcessId = StartAnywhere("--stuck-exec").Id }], end));
        }

        VictimProcess[] victim = [new VictimProcess { ProcessId = StartAnywhere().Id }];
        Assert.Equal((0, Errno.EBUSY), (holders.Hold(victim, end), victim[0].HoldError));
    }
}
