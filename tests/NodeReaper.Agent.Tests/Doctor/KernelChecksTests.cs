using NodeReaper.Agent.Doctor;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Tests.Doctor;

public sealed class KernelChecksTests
{
    [Fact]
    public void Only_who_throttles_is_asked_for_the_right_to_mark()
    {
        Assert.DoesNotContain(KernelChecks.Capabilities(throttles: false), check => check.Name == "CAP_SYS_ADMIN");
        Assert.Contains(KernelChecks.Capabilities(throttles: true), check => check.Name == "CAP_SYS_ADMIN");
    }

    [Fact]
    public void The_alarm_that_is_tried_is_the_policys()
    {
        using var proc = new TemporaryFolder();
        Directory.CreateDirectory(proc.PathOf("pressure"));
        File.WriteAllText(proc.PathOf("pressure/memory"), "");
        var policy = new PressurePolicy { Stall = TimeSpan.FromMilliseconds(300), StallWindow = TimeSpan.FromSeconds(2) };
        Assert.Equal(DoctorStatus.Ok, KernelChecks.Pressure(proc.Path, policy, new Confinement(false, null, 0)).Status);
        Assert.Equal("some 300000 2000000\0", File.ReadAllText(proc.PathOf("pressure/memory")));
    }
}
