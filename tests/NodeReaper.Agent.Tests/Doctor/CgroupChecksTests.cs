using NodeReaper.Agent.Doctor;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Tests.Doctor;

public sealed class CgroupChecksTests
{
    private static readonly Confinement s_free = new(HasSeccompFilter: false, Label: null, PtraceScope: 0);

    [Theory]
    [InlineData(true, "failed", "hostPaths.cgroup")]
    [InlineData(false, "warning", "start the kubelet")]
    public void A_Pod_that_sees_no_Pods_looks_at_the_wrong_place(bool isInPod, string status, string fix)
    {
        var check = CgroupChecks.NoKubepods("/sys/fs/cgroup", isInPod);
        Assert.Equal(status, check.Status.ToString().ToLowerInvariant());
        Assert.Contains(fix, check.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_refuses_the_write_is_named()
    {
        var confined = s_free with { Label = "docker-default (enforce)" };
        Assert.Contains("appArmorProfile", CgroupChecks.WritableAdvice(Errno.EACCES, confined), StringComparison.Ordinal);
        Assert.Contains("root", CgroupChecks.WritableAdvice(Errno.EACCES, s_free), StringComparison.Ordinal);
        Assert.Contains("read-write", CgroupChecks.WritableAdvice(Errno.EROFS, confined), StringComparison.Ordinal);
        Assert.Contains("5.14", CgroupChecks.WritableAdvice(Errno.ENOENT, confined), StringComparison.Ordinal);
    }
}
