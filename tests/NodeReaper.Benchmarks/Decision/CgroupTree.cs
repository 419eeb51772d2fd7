using NodeReaper.Benchmarks.Victims;
using NodeReaper.Kernel.Processes;

namespace NodeReaper.Benchmarks.Decision;

/// <summary>A tree of real cgroups; needs the memory controller of cgroup v2.</summary>
internal sealed class CgroupTree : ContainerTree
{
    private readonly CgroupPlace _place;

    internal CgroupTree(string program, CgroupPlace place)
        : base(program)
    {
        _place = place;
        Make(Path.Combine(Root, "kubepods.slice"));
        Make(BestEffort);
    }

    internal override string Name => "real cgroups";

    internal override string Root => _place.Path;

    internal override TimeSpan Deadline => TimeSpan.FromSeconds(1);

    internal override ChildProcess Add(int number, int mib)
    {
        Make(PodOf(number));
        _ = Directory.CreateDirectory(ContainerOf(number));
        return Start("--cgroup", ContainerOf(number), "--small-pages", "--mib", $"{mib}");
    }

    internal override void Remove(int number)
    {
        CgroupPlace.Remove(ContainerOf(number));
        CgroupPlace.Remove(PodOf(number));
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var pod in Directory.GetDirectories(BestEffort))
        {
            Array.ForEach(Directory.GetDirectories(pod), CgroupPlace.Remove);
            CgroupPlace.Remove(pod);
        }

        CgroupPlace.Remove(BestEffort);
        CgroupPlace.Remove(Path.Combine(Root, "kubepods.slice"));
    }

    private static void Make(string path)
    {
        _ = Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "cgroup.subtree_control"), "+memory");
    }
}
