using System.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Kill;

/// <summary>
/// Tells whether a cgroup is one container or less: all that is below it is looked at, since the name of a directory, or a link to it, says
/// nothing of what is in there.
/// </summary>
internal sealed class CgroupSurvey
{
    // As far as the killer itself looks (CgroupProcesses).
    private const int MaxDepth = 64;
    private const int MaxCgroups = 1024;
    private const int EntriesLength = 4096;

    private readonly List<string> _containers = [];
    private string? _tree;
    private int _count = 1;
    private bool _isComplete = true;

    private CgroupSurvey()
    {
    }

    /// <summary>Says why a cgroup must not be killed as one; null when it may be.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="path">Its path, links resolved.</param>
    internal static string? ObjectionTo(CgroupDirectory cgroup, string path)
    {
        var place = KubepodsPlace.Of(path);

        // Every cgroup but the root has cgroup.type.
        if (place.Level != KubepodsLevel.Other || IsMissing(cgroup, "cgroup.type\0"u8))
        {
            return "the cgroup is the root, a kubepods tree, a QoS class or a Pod; name one container's cgroup";
        }

        var survey = new CgroupSurvey();
        survey.LookBelow(cgroup, place, "", 0);
        if (survey._tree is { } tree)
        {
            return $"a cluster's Pods are below it, in {tree}; name the cgroup of one of their containers";
        }

        // One container may hold others, as with Docker in it, and more than we look into: it dies as one, as the agent kills it.
        if (path.Split('/').Any(IsContainer))
        {
            return null;
        }

        return survey._containers is [var first, var second, ..] ? $"more than one container is below it, {first} and {second}; name one container's cgroup"
            : survey._isComplete ? null
            : "more cgroups are below it than are looked into, 1024, no deeper than 64; name one container's cgroup";
    }

    /// <summary>Says what keeps a directory from being killed at all; null for an ordinary cgroup of version 2.</summary>
    /// <param name="cgroup">The directory.</param>
    /// <param name="path">Its path, links resolved.</param>
    internal static string? DefectOf(CgroupDirectory cgroup, string path)
    {
        var listed = cgroup.ReadFile("cgroup.procs\0"u8, new byte[1 << 20]).Error;
        return listed == Errno.EOPNOTSUPP ? $"{path} is a threaded cgroup; name its domain, {DomainOf(path)}"
            : !listed.IsNone && listed != Errno.EOVERFLOW ? $"{path} is no cgroup: it has no readable cgroup.procs ({listed})"
            : !IsMissing(cgroup, "tasks\0"u8) ? $"{path} is of cgroup v1, where nothing can be killed as one; name a process, by --pid"
            : null;
    }

    private static string DomainOf(string path)
    {
        var domain = Path.GetDirectoryName(path);
        while (domain is not null && File.Exists(Path.Combine(domain, "cgroup.type"))
            && File.ReadAllText(Path.Combine(domain, "cgroup.type")) is "threaded\n" or "domain invalid\n")
        {
            domain = Path.GetDirectoryName(domain);
        }

        return domain ?? "/";
    }

    private static bool IsMissing(CgroupDirectory cgroup, ReadOnlySpan<byte> nullTerminatedName)
    {
        var opened = cgroup.Descriptor.OpenReadAt(nullTerminatedName);
        if (opened.Succeeded)
        {
            new FileDescriptor((int)opened.Value).Close();
        }

        return opened.Error == Errno.ENOENT;
    }

    private static bool IsContainer(string name) => !KubepodsName.ContainerId(Encoding.UTF8.GetBytes(name)).IsEmpty;

    private void LookBelow(CgroupDirectory cgroup, KubepodsPlace place, string path, int depth)
    {
        // A descriptor of its own: a walk starts where the descriptor's offset stands.
        var own = cgroup.OpenChild(".\0"u8, out var error);
        if (!own.IsOpen)
        {
            _isComplete &= error.IsGone;
            return;
        }

        var children = new ChildDirectories(own.Descriptor, new byte[EntriesLength]);
        while (_tree is null && children.MoveNext())
        {
            var name = Encoding.UTF8.GetString(children.Name);
            var below = path.Length == 0 ? name : $"{path}/{name}";
            var childPlace = place.Below(children.Name);
            if (childPlace.Level != KubepodsLevel.Other)
            {
                _tree = below;
                break;
            }

            if (depth + 1 == MaxDepth || ++_count > MaxCgroups)
            {
                _isComplete = false;
                break;
            }

            if (IsContainer(name))
            {
                _containers.Add(below);
            }

            var child = own.OpenChild(children.NullTerminatedName, out error);
            _isComplete &= error.IsNone || error.IsGone;
            if (child.IsOpen)
            {
                LookBelow(child, childPlace, below, depth + 1);
                child.Close();
            }
        }

        _isComplete &= children.Error.IsNone || children.Error.IsGone;
        own.Close();
    }
}
