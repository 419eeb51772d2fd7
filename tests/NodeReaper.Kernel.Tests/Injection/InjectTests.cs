using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests.Victims;
using static NodeReaper.Kernel.Tests.Injection.Injected;

namespace NodeReaper.Kernel.Tests.Injection;

/// <summary>The tool that other tests trust: what it injects arrives, and what it does not touch is the kernel's own.</summary>
public class InjectTests
{
    private const long Mib = 1 << 20;

    public InjectTests()
    {
        Requires.Root();
        Requires.UserNotification();
    }

    public static TheoryData<string, string, string> Failures
    {
        get
        {
            var failures = new TheoryData<string, string, string>();
            foreach (var error in new[]
            {
                "ESRCH", "EINVAL", "EAGAIN", "EINTR", "ENOSYS", "EPERM", "ENOMEM", "EMFILE", "EACCES", "EBUSY",
            })
            {
                failures.Add("process_mrelease", error, "mrelease=0");
            }

            failures.Add("pidfd_open", "EMFILE", "open=1");
            failures.Add("pidfd_send_signal", "EBADF", "signal=0/0");
            failures.Add("ptrace", "EACCES", "seize=1");
            failures.Add("ptrace_interrupt", "EBUSY", "interrupt=1");
            failures.Add("ptrace_detach", "EPERM", "detach=1");
            failures.Add("waitpid", "EAGAIN", "wait=1");
            failures.Add("wait4", "EAGAIN", "wait=1");
            failures.Add("kcmp", "ENOMEM", "kcmp=1");
            return failures;
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_call_fails_as_it_is_told_to_and_no_other(string call, string error, string step)
    {
        string[] all = ["mrelease=0", "open=1", "signal=0/0", "seize=4194304", "interrupt=1", "detach=1", "wait=1", "kcmp=1"];
        var expected = Calls("", all);
        var name = step.Split('=')[0];
        var position = Array.FindIndex(all, each => each.StartsWith(name, StringComparison.Ordinal));
        Assert.NotEqual(expected[position], $"{name} {error}");
        expected[position] = $"{name} {error}";
        if (name == "open")
        {
            expected[2] = "signal EBADF";
        }

        Assert.Equal(expected, Calls($"--fail {call}={error}", all));
    }

    [Fact]
    public void Only_the_calls_that_are_named_by_number_fail_and_all_are_counted()
    {
        var counts = Path.GetTempFileName();
        try
        {
            var lines = Calls(
                $"--fail pidfd_open=EMFILE:2:2 --fail pidfd_open=ENOMEM:5 --count {counts}", "open=1", "repeat=6", "mrelease=2", "wait=1");
            Assert.Equal(
                ["open OK", "open EMFILE", "open EMFILE", "open OK", "open ENOMEM", "open ENOMEM", "mrelease EINVAL", "wait ECHILD"], lines);
            Assert.Equal(
                [
                    "process_mrelease 1 0", "pidfd_send_signal 0 0", "pidfd_open 6 4", "ptrace 0 0", "ptrace_detach 0 0",
                    "ptrace_interrupt 0 0", "wait4 1 0", "kcmp 0 0",
                ],
                File.ReadAllLines(counts));
        }
        finally
        {
            File.Delete(counts);
        }
    }

    [Fact]
    public void Calls_are_counted_over_all_processes() => Assert.Equal(
        ["open OK", "open EMFILE", "open EMFILE", "open OK"],
        Run("--fail pidfd_open=EMFILE:2:2", "/bin/sh", "-c", $"for i in 1 2 3 4; do {Call} open=1; done").Lines);

    [Theory]
    [InlineData("exit=0", 0)]
    [InlineData("exit=7", 7 << 8)]
    [InlineData("die=15", 15)]
    [InlineData("die=9", 9)]
    public void It_ends_as_the_command_does(string step, int status) =>
        Assert.Equal(status, Run("--fail process_mrelease=EINTR", Call, step).Status);

    [Fact]
    public void A_command_that_is_not_there_is_127() => Assert.Equal(127 << 8, Run("", "/nowhere/to/be/found").Status);

    [Theory]
    [InlineData("--fail openat=EPERM")]
    [InlineData("--fail kcmp=ENOENT")]
    [InlineData("--fail kcmp")]
    [InlineData("--fail kcmp=EPERM:0")]
    [InlineData("--fail kcmp=EPERM:1:x")]
    [InlineData("--expedite 3")]
    [InlineData("--unknown")]
    public void What_it_does_not_understand_is_125(string options) => Assert.Equal(125 << 8, Run(options, Call, "exit=0").Status);

    [Fact]
    public void A_signal_is_passed_on() => Assert.Equal(15, Run("", "/bin/sh", "-c", "kill -TERM $PPID; while :; do :; done").Status);

    [Fact]
    public void Without_the_options_the_flags_are_unknown_as_on_every_kernel_so_far() => Assert.Equal(
        ["mrelease EBADF", "mrelease EINVAL", "signal EBADF", "signal EINVAL"],
        Calls("--count /dev/null", "mrelease=0", "mrelease=1", "signal=9/0", "signal=9/4096"));

    [Fact]
    public void With_the_options_the_flags_are_known_and_others_are_not() => Assert.Equal(
        ["mrelease EBADF", "mrelease EBADF", "mrelease EINVAL", "signal EBADF", "signal EBADF", "signal EINVAL", "signal EINVAL"],
        Calls(
            "--reap-kill --expedite 0x1000",
            "mrelease=0",
            "mrelease=1",
            "mrelease=3",
            "signal=9/0",
            "signal=9/4096",
            "signal=15/4096",
            "signal=9/8192"));

    public static TheoryData<string, string, string> KillsInOne => new()
    {
        { "--reap-kill", "mrelease=1", "--mib 64" },
        { "--reap-kill", "mrelease=1", "--mib 64 --threads 3 --leader-exits" },
        { "--expedite 4096", "signal=9/4096", "--mib 64" },
    };

    [Theory]
    [MemberData(nameof(KillsInOne))]
    public void A_kill_in_one_call_is_never_too_late_and_leaves_nobody_stopped(string options, string step, string shape)
    {
        for (var i = 0; i < 20; i++)
        {
            using var victim = Victim.Start(shape.Split(' '));
            Assert.Equal(["open OK", $"{step.Split('=')[0]} OK"], Calls(options, $"open={victim.Id}", step));
            Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
        }
    }

    [Theory]
    [InlineData("--reap-kill", "mrelease=1")]
    [InlineData("--expedite 4096", "signal=9/4096")]
    public void The_memory_is_back_when_the_call_returns(string options, string step)
    {
        using var victim = Victim.Start("--mib", "64");

        // Held by the test, it cannot free anything by itself.
        Assert.Equal(Errno.None, ExitHold.Seize(victim.Id));
        Assert.Equal(["open OK", $"{step.Split('=')[0]} OK"], Calls(options, $"open={victim.Id}", step));
        Assert.InRange(victim.ResidentBytes(victim.Id), 0, Mib);
        Assert.False(victim.Pidfd.HasExited());
        Victim.LetGo(victim.Id);
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
    }

    [Fact]
    public void While_one_that_shares_the_memory_lives_it_is_EINVAL_and_the_victim_is_dead_all_the_same()
    {
        using var victim = Victim.Start("--mib", "16", "--vfork-share");
        var sharer = Assert.Single(victim.Children);
        Assert.Equal(["open OK", "mrelease EINVAL"], Calls("--reap-kill", $"open={victim.Id}", "mrelease=1"));
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
        Assert.True(Directory.Exists($"/proc/{sharer}"));
    }

    [Fact]
    public void One_without_memory_is_ESRCH()
    {
        using var victim = Victim.Start();
        victim.Pidfd.Kill();
        Assert.True(victim.Pidfd.WaitForExit(Eventually.TimeoutMilliseconds));
        Assert.Equal(["open OK", "mrelease ESRCH"], Calls("--reap-kill", $"open={victim.Id}", "mrelease=1"));
        victim.WaitAndReap();
    }

    [Fact]
    public void A_victim_that_cannot_die_yet_keeps_nobody_waiting()
    {
        const string freezer = "/sys/fs/cgroup/freezer";
        if (!File.Exists($"{freezer}/cgroup.procs") || File.Exists($"{freezer}/cgroup.controllers"))
        {
            Assert.Skip("needs the freezer of cgroup v1: a process frozen by it does not die of SIGKILL, as one in uninterruptible sleep");
        }

        var frozen = Directory.CreateDirectory($"{freezer}/nodereaper-inject-{Environment.ProcessId}").FullName;
        using var victim = Victim.Start("--mib", "64");
        try
        {
            File.WriteAllText($"{frozen}/cgroup.procs", $"{victim.Id}");
            File.WriteAllText($"{frozen}/freezer.state", "FROZEN");
            Eventually.True(() => File.ReadAllText($"{frozen}/freezer.state") == "FROZEN\n", "the victim is frozen");
            Assert.Equal(
                ["open OK", "mrelease OK", "mrelease OK"], Calls("--reap-kill", $"open={victim.Id}", "mrelease=1", "mrelease=0"));
            Assert.InRange(victim.ResidentBytes(victim.Id), 0, Mib);
            Assert.False(victim.Pidfd.HasExited());
        }
        finally
        {
            File.WriteAllText($"{frozen}/freezer.state", "THAWED");
            victim.WaitAndReap();
            Eventually.True(() => File.ReadAllText($"{frozen}/cgroup.procs").Length == 0, "the freezer's cgroup is empty");
            Directory.Delete(frozen);
        }
    }

    [Fact]
    public void A_caller_that_dies_within_its_call_is_not_waited_for()
    {
        var (status, lines) = Run(
            "--reap-kill", "/bin/sh", "-c", $"(exec sh -c 'exec {Call} open=$$ mrelease=1') 2> /dev/null; {Call} mrelease=1");
        Assert.Equal(0, status);
        Assert.Equal(["open OK", "mrelease EBADF"], lines);
    }
}
