using NodeReaper.Agent.Doctor;

namespace NodeReaper.Agent.Tests.Doctor;

public sealed class KernelChecksTests
{
    [Fact]
    public void Only_who_throttles_is_asked_for_the_right_to_mark()
    {
        Assert.DoesNotContain(KernelChecks.Capabilities(throttles: false), check => check.Name == "CAP_SYS_ADMIN");
        Assert.Contains(KernelChecks.Capabilities(throttles: true), check => check.Name == "CAP_SYS_ADMIN");
    }
}
