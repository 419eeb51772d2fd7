using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Tests.Fakes;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>What is lifted, and given back. A file keeps the rest of what was longer than what is written.</summary>
public sealed class CpuLimitsTests : IDisposable
{
    private readonly FakeCgroups _cgroups = new();
    private readonly KillErrors _errors = new();
    private readonly KillTarget _target = new();

    public void Dispose()
    {
        foreach (var cgroup in _target.Cgroups)
        {
            cgroup.Close();
        }

        _cgroups.Dispose();
    }

    [Fact]
    public void The_limits_of_containers_and_of_their_Pod_are_lifted_and_given_back()
    {
        Add("pod", "50000 100000\n", "300\n");
        Add("pod/a", "20000 100000\n", "400\n");
        Add("pod/b", "30000 100000\n", "500\n");
        Aim(KillScope.Pod, isBelowPod: true, "pod/a", "pod/b");
        var limits = new CpuLimits(_errors);
        limits.Lift(_target);
        limits.Lift(_target);
        foreach (var path in new[] { "pod", "pod/a", "pod/b" })
        {
            Assert.StartsWith("max", Read(path, "cpu.max"), StringComparison.Ordinal);
            Assert.Equal("10000", Read(path, "cpu.weight"));
            _cgroups.Write(path, "cpu.weight", "");
        }

        limits.Restore();
        Assert.Equal(("50000 100000\n", "300\n"), (Read("pod", "cpu.max"), Read("pod", "cpu.weight")));
        Assert.Equal(("20000 100000\n", "400\n"), (Read("pod/a", "cpu.max"), Read("pod/a", "cpu.weight")));
        Assert.Equal(("30000 100000\n", "500\n"), (Read("pod/b", "cpu.max"), Read("pod/b", "cpu.weight")));
        Assert.False(limits.IsLifted);
        Assert.Empty(_errors.All());
    }

    [Fact]
    public void One_that_is_idle_is_idle_again()
    {
        Add("a", "max 100000\n", "0\n");
        _cgroups.Write("a", "cpu.idle", "1\n");
        Aim(KillScope.Container, isBelowPod: false, "a");
        var limits = new CpuLimits(_errors);
        limits.Lift(_target);
        Assert.Equal("0\n", Read("a", "cpu.idle"));
        _cgroups.Write("a", "cpu.weight", "untouched");
        limits.Restore();
        Assert.Equal(("1\n", "untouched"), (Read("a", "cpu.idle"), Read("a", "cpu.weight")));
    }

    [Fact]
    public void A_cgroup_that_is_gone_meanwhile_and_one_without_the_controller_are_no_errors()
    {
        Add("a", "max 100000\n", "100\n");
        _ = _cgroups.AddEmpty("b");
        Aim(KillScope.Pod, isBelowPod: false, "a", "b");
        var limits = new CpuLimits(_errors);
        limits.Lift(_target);
        _cgroups.Remove("a");
        limits.Restore();
        Assert.Empty(_errors.All());
    }

    private void Add(string path, string max, string weight)
    {
        _ = _cgroups.AddEmpty(path);
        _cgroups.Write(path, "cpu.max", max);
        _cgroups.Write(path, "cpu.weight", weight);
    }

    private void Aim(KillScope scope, bool isBelowPod, params string[] paths)
    {
        _target.Fill(scope);
        _target.IsBelowPod = isBelowPod;
        Assert.All(paths, path => Assert.True(_target.Add(_cgroups.Open(path))));
    }

    private string Read(string path, string file) => File.ReadAllText(Path.Combine(_cgroups.Root, path, file));
}
