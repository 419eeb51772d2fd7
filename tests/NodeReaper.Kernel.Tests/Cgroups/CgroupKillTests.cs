using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests.Victims;

namespace NodeReaper.Kernel.Tests.Cgroups;

public class CgroupKillTests
{
    [Fact]
    public void All_processes_of_a_cgroup_are_killed()
    {
        using var cgroup = TestCgroup.Make();
        Assert.False(cgroup.Events.Populated);
        using var victim = Victim.Start("--cgroup", cgroup.Path, "--mib", "2", "--procs", "4", "--threads", "3");
        Assert.True(cgroup.Events.Populated);
        Assert.Equal([victim.Id, .. victim.Children], cgroup.ProcessIds().Order());

        Assert.Equal(Errno.None, cgroup.Directory.Kill());
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
        cgroup.WaitUntilEmpty();
        Assert.Empty(cgroup.ProcessIds());
    }

    [Fact]
    public void Forks_in_flight_are_killed()
    {
        for (var i = 0; i < 5; i++)
        {
            using var cgroup = TestCgroup.Make();
            using var victim = Victim.Start("--cgroup", cgroup.Path, "--fork-bomb", "8");
            Thread.Sleep(20);
            Assert.Equal(Errno.None, cgroup.Directory.Kill());
            victim.WaitAndReap();
            cgroup.WaitUntilEmpty();

            // Had a fork escaped, it would go on forking.
            Thread.Sleep(20);
            Assert.False(cgroup.Events.Populated);
        }
    }

    [Fact]
    public void Processes_below_the_cgroup_are_killed_too()
    {
        using var cgroup = TestCgroup.Make();
        var below = Directory.CreateDirectory(Path.Combine(cgroup.Path, "below")).FullName;
        using var victim = Victim.Start("--cgroup", below);
        Assert.Empty(cgroup.ProcessIds());
        Assert.Equal(Errno.None, cgroup.Directory.Kill());
        victim.WaitAndReap();
        cgroup.WaitUntilEmpty();
    }

    [Fact]
    public void A_frozen_victim_dies_too()
    {
        using var cgroup = TestCgroup.Make();
        using var victim = Victim.Start("--cgroup", cgroup.Path, "--mib", "2", "--threads", "2");
        Assert.Equal(Errno.None, cgroup.Directory.WriteFile("cgroup.freeze\0"u8, "1"u8));
        Eventually.True(() => cgroup.Events.Frozen, "the cgroup is frozen");
        Assert.True(cgroup.Events.Populated);
        Assert.Equal(Errno.None, cgroup.Directory.Kill());
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
        cgroup.WaitUntilEmpty();
    }

    [Fact]
    public void A_held_victim_in_a_killed_cgroup_keeps_its_memory_for_the_release()
    {
        using var cgroup = TestCgroup.Make();
        using var victim = Victim.Start("--cgroup", cgroup.Path, "--mib", "16", "--procs", "2", "--threads", "2");
        var held = new List<(int Id, Pidfd Pidfd)>();
        foreach (var id in cgroup.ProcessIds())
        {
            held.Add((id, new Pidfd(new FileDescriptor((int)Pidfd.Open(id).Value))));
            Assert.Equal(Errno.None, ExitHold.Seize(id));
        }

        Assert.Equal(3, held.Count);
        Assert.Equal(Errno.None, cgroup.Directory.Kill());
        foreach (var (_, pidfd) in held)
        {
            Assert.Equal(Errno.None, pidfd.ReleaseMemory());
        }

        foreach (var (id, pidfd) in held)
        {
            Victim.LetGo(id);
            Assert.True(pidfd.WaitForExit(Eventually.TimeoutMilliseconds));
            pidfd.Close();
        }

        victim.WaitAndReap();
        cgroup.WaitUntilEmpty();
    }

    [Fact]
    public void A_removed_cgroup_is_gone_for_every_call_even_when_one_of_its_name_comes_again()
    {
        using var cgroup = TestCgroup.Make();
        Directory.Delete(cgroup.Path);
        AssertGone();
        Directory.CreateDirectory(cgroup.Path);
        AssertGone();

        void AssertGone()
        {
            var buffer = new byte[64];
            Assert.True(cgroup.Directory.Kill().IsGone);
            Assert.True(cgroup.Directory.ReadFile("cgroup.procs\0"u8, buffer).Error.IsGone);
            Assert.True(cgroup.Directory.ReadValue("cgroup.max.depth\0"u8, out var value).IsGone);
            Assert.Equal(0, value);
            Assert.False(cgroup.Directory.OpenChild("below\0"u8, out var error).IsOpen);
            Assert.True(error.IsGone);
        }
    }

    [Fact]
    public void The_root_cannot_be_killed()
    {
        var root = CgroupDirectory.Open(Requires.Cgroup2Mount(), out var error);
        Assert.Equal(Errno.None, error);
        Assert.False(Directory.Exists(Path.Combine(Requires.Cgroup2Mount(), "cgroup.kill")));
        Assert.Equal(Errno.ENOENT, root.Kill());
        root.Close();
    }
}
