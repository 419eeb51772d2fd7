using NodeReaper.Agent.Kill;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Tests.Kill;

/// <summary>What a kill by hand refuses before anybody is touched; tests/scenarios/kill-cli has what it kills.</summary>
public sealed class ManualKillTests : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(1);

    private readonly TemporaryFolder _root = new();
    private readonly ManualKill _kill = new(new ReapPolicy().Kill, new ProtectedPods(new ReapPolicy(), PodSnapshot.Empty));

    public void Dispose()
    {
        _kill.Dispose();
        _root.Dispose();
    }

    [Fact]
    public void A_link_to_more_than_a_container_is_seen_through()
    {
        Make("kubepods.slice");
        File.CreateSymbolicLink(_root.PathOf("harmless"), _root.PathOf("kubepods.slice"));
        AssertRefused("the cgroup is the root, a kubepods tree", KillCgroup("harmless"));
    }

    [Fact]
    public void A_link_to_a_container_of_a_static_Pod_is_seen_through()
    {
        Make("kubepods/burstable/pod0123456789abcdef0123456789abcdef/aaaaaaaaaaaa");
        File.CreateSymbolicLink(_root.PathOf("harmless"), _root.PathOf("kubepods/burstable/pod0123456789abcdef0123456789abcdef/aaaaaaaaaaaa"));
        AssertRefused("its Pod 0123456789abcdef0123456789abcdef is a static one", KillCgroup("harmless"));
    }

    [Fact]
    public void Who_started_the_program_is_refused_by_name_of_its_cgroup_and_of_its_process()
    {
        var root = FileDescriptor.OpenDirectory("/proc", out _);
        var parent = (int)new ProcessFiles(root).Parent(Environment.ProcessId).Value;
        root.Close();
        if (parent <= 1)
        {
            Assert.Skip("needs a parent that is not PID 1");
        }

        Make("mine", parent);
        AssertRefused($"process {parent} ", KillCgroup("mine"));
        var report = _kill.KillProcess(parent, _root.Path, KillStrategy.Signal, s_deadline);
        AssertRefused($"process {parent} ", report);
        Assert.EndsWith(" started this program: it is the shell, or what the shell runs in", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void This_program_itself_is_refused() => AssertRefused(
        $"process {Environment.ProcessId} ", _kill.KillProcess(Environment.ProcessId, _root.Path, KillStrategy.Signal, s_deadline));

    [Fact]
    public void A_thread_is_no_process()
    {
        var threadId = Directory.GetDirectories("/proc/self/task").Select(path => int.Parse(Path.GetFileName(path), null)).First(id => id != Environment.ProcessId);
        var report = _kill.KillProcess(threadId, _root.Path, KillStrategy.Signal, s_deadline);
        Assert.Equal(("failed", $"{threadId} is a thread, or none that is left; name its process"), (report.Outcome, report.Reason));
    }

    [Fact]
    public void Who_is_gone_has_failed_to_be_killed()
    {
        var report = _kill.KillProcess(int.MaxValue, _root.Path, KillStrategy.Signal, s_deadline);
        Assert.Equal(("failed", $"process {int.MaxValue} is gone already"), (report.Outcome, report.Reason));
    }

    private KillReport KillCgroup(string name) => _kill.KillCgroup(_root.PathOf(name), KillStrategy.Signal, s_deadline);

    private static void AssertRefused(string reason, KillReport report)
    {
        Assert.Equal("refused", report.Outcome);
        Assert.StartsWith(reason, report.Reason, StringComparison.Ordinal);
    }

    private void Make(string name, params int[] processIds)
    {
        var path = Directory.CreateDirectory(_root.PathOf(name)).FullName;
        File.WriteAllText(Path.Combine(path, "cgroup.procs"), string.Concat(processIds.Select(id => $"{id}\n")));
        File.WriteAllText(Path.Combine(path, "cgroup.type"), "domain\n");
    }
}
