using NodeReaper.Agent.Doctor;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Tests.Doctor;

public sealed class ConfinementChecksTests
{
    private static readonly Confinement s_filtered = new(HasSeccompFilter: true, Label: null, PtraceScope: 0);
    private static readonly Confinement s_free = new(HasSeccompFilter: false, Label: null, PtraceScope: 0);

    [Fact]
    public void The_calls_that_a_filter_refuses_are_named()
    {
        var check = ConfinementChecks.Seccomp(
            s_filtered, [("pidfd_open", () => Errno.None), ("process_mrelease", () => Errno.EPERM), ("pidfd_send_signal", () => Errno.EBADF)]);
        Assert.Equal(DoctorStatus.Warning, check.Status);
        Assert.Equal("the filter refuses process_mrelease (EPERM)", check.Detail);
    }

    [Fact]
    public void A_filter_that_lets_them_pass_is_fine() =>
        Assert.Equal(DoctorStatus.Ok, ConfinementChecks.Seccomp(s_filtered, [("process_mrelease", () => Errno.EBADF)]).Status);

    [Fact]
    public void Without_a_filter_nothing_is_tried() =>
        Assert.Equal("no filter", ConfinementChecks.Seccomp(s_free, [("process_mrelease", () => throw new InvalidOperationException())]).Detail);

    [Fact]
    public void The_real_calls_touch_nobody_and_pass_here() =>
        Assert.All(ConfinementChecks.All(s_filtered), check => Assert.Equal(DoctorStatus.Ok, check.Status));

    [Fact]
    public void An_LSM_and_Yama_are_named()
    {
        var checks = ConfinementChecks.All(new Confinement(false, "docker-default (enforce)", 3)).ToArray();
        Assert.Equal(["seccomp", "AppArmor", "Yama"], checks.Select(check => check.Name));
        Assert.Equal([DoctorStatus.Ok, DoctorStatus.Warning, DoctorStatus.Warning], checks.Select(check => check.Status));
    }

    [Theory]
    [InlineData(0, 0, 0, "ok")]
    [InlineData(5, 0, 0, "ok")]
    [InlineData(5, 1, 1, "warning")]
    [InlineData(5, 0, 5, "warning")]
    [InlineData(5, 5, 5, "failed")]
    public void Only_who_reaches_nobody_cannot_protect(int asked, int noSignal, int noTrace, string status) =>
        Assert.Equal(status, ReachCheck.Judge(asked, noSignal, noTrace, s_free).Status.ToString().ToLowerInvariant());
}
