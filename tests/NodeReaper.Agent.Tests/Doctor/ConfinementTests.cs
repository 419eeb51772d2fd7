using NodeReaper.Agent.Doctor;

namespace NodeReaper.Agent.Tests.Doctor;

public sealed class ConfinementTests : IDisposable
{
    private readonly TemporaryFolder _proc = new();

    public void Dispose() => _proc.Dispose();

    [Theory]
    [InlineData("unconfined\n", false, false)]
    [InlineData("docker-default (enforce)\n", true, false)]
    [InlineData("cri-containerd.apparmor.d (complain)", true, false)]
    [InlineData("system_u:system_r:container_t:s0:c1,c2\0", true, true)]
    [InlineData("system_u:system_r:spc_t:s0\0", false, true)]
    [InlineData("system_u:system_r:control_t:s0-s0:c0.c1023", false, true)]
    [InlineData("crun (unconfined)\n", false, false)]
    [InlineData("kernel", false, false)]
    [InlineData("", false, false)]
    public void A_label_says_whether_it_is_confined(string label, bool confined, bool selinux)
    {
        Write("self/attr/current", label);
        var confinement = Confinement.Read(_proc.Path);
        Assert.Equal((confined, selinux), (confinement.IsConfined, confinement.IsSelinux));
    }

    [Fact]
    public void The_label_of_AppArmor_comes_first_where_LSMs_are_stacked()
    {
        Write("self/attr/current", "something of another LSM");
        Write("self/attr/apparmor/current", "docker-default (enforce)\n");
        Assert.Equal("docker-default (enforce)", Confinement.Read(_proc.Path).Label);
    }

    [Theory]
    [InlineData("Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n", true)]
    [InlineData("Name:\tx\nSeccomp:\t0\nSeccomp_filters:\t0\n", false)]
    [InlineData("Name:\tx\n", false)]
    public void The_status_says_whether_a_filter_judges(string status, bool filtered)
    {
        Write("self/status", status);
        Assert.Equal(filtered, Confinement.Read(_proc.Path).HasSeccompFilter);
    }

    [Theory]
    [InlineData("3\n", true)]
    [InlineData("2\n", false)]
    [InlineData("torn", false)]
    public void Yama_may_let_nobody_trace(string scope, bool forbids)
    {
        Write("sys/kernel/yama/ptrace_scope", scope);
        Assert.Equal(forbids, Confinement.Read(_proc.Path).ForbidsTracing);
    }

    [Fact]
    public void SELinux_without_a_policy_is_no_label()
    {
        Write("self/attr/current", "kernel\0");
        Assert.Null(Confinement.Read(_proc.Path).Label);
    }

    [Fact]
    public void Nothing_to_read_is_no_confinement() => Assert.Equal(new Confinement(false, null, 0), Confinement.Read(_proc.Path));

    [Theory]
    [InlineData(false, null, "add something")]
    [InlineData(true, null, "a seccomp filter judges its calls: set seccompProfile.type to Unconfined")]
    [InlineData(false, "docker-default (enforce)", "AppArmor confines it by docker-default (enforce): set appArmorProfile.type to Unconfined")]
    [InlineData(false, "system_u:system_r:container_t:s0", "SELinux runs it as system_u:system_r:container_t:s0: set seLinuxOptions.type to spc_t")]
    public void A_refusal_has_its_culprit(bool filtered, string? label, string culprits) =>
        Assert.Equal(culprits, new Confinement(filtered, label, 0).AdviceOr("add something"));

    private void Write(string name, string text)
    {
        var path = _proc.PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
