using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Tests.Fakes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests.Victims;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Candidates;

/// <summary>Fake cgroups with real processes in them.</summary>
public sealed class CandidateCollectorTests : IDisposable
{
    private const string Id = "9c1f0e4b5d3a2c6f7e8d9b0a1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d";
    private const string Uid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    private const string PodPath = $"kubepods/burstable/pod{Uid}";
    private const string Path = $"{PodPath}/{Id}";

    private readonly FakeCgroups _cgroups = new();
    private readonly FileDescriptor _proc = FileDescriptor.OpenDirectory("/proc", out _);
    private readonly CandidateCollector _collector;
    private readonly CandidateSnapshot _snapshot = new(16);
    private readonly List<Victim> _victims = [];
    private KubepodsTree? _tree;

    public CandidateCollectorTests() => _collector = new CandidateCollector(new ContainerRoles(new ProcessGuard(new ProcessFiles(_proc))));

    public void Dispose()
    {
        _tree?.Dispose();
        _victims.ForEach(victim => victim.Dispose());
        _proc.Close();
        _cgroups.Dispose();
    }

    [Fact]
    public void An_app_container_is_a_candidate_with_all_that_is_known_of_it()
    {
        _cgroups.Add(Path, 100 * Mib, 20 * Mib, Start());
        var container = Container(id: Id, requestBytes: 30 * Mib, killPriority: new KillPriority(7, false));
        var pod = Pod(Uid, qosClass: QosClass.Guaranteed, priority: 5, containers: [Container("sidecar", id: new string('a', 64)), container]);
        var candidate = CollectOne(pod);
        Assert.Equal(Exclusion.None, candidate.Exclusion);
        Assert.Same(pod, candidate.Pod);
        Assert.Same(container, candidate.Container);
        Assert.Equal(QosClass.Guaranteed, candidate.QosClass);
        Assert.Equal(5, candidate.PodPriority);
        Assert.Equal(7, candidate.KillPriority);
        Assert.Equal(30 * Mib, candidate.RequestBytes);
        Assert.Equal(new MemoryUse(111 * Mib, 100 * Mib, 3 * Mib, 7 * Mib, Mib, Mib, 20 * Mib, 0), candidate.Memory);

        // Anonymous memory, swap and page tables; neither page cache nor shared memory.
        Assert.Equal(121 * Mib, candidate.FreeableBytes);
        Assert.Equal(91 * Mib, candidate.OverRequestBytes);
        Assert.Equal(ContainerRole.App, candidate.Cgroup.Role);
    }

    [Fact]
    public void Without_a_known_Pod_the_path_tells_the_class_and_the_rest_is_0()
    {
        var processId = Start();
        string[] classes = ["besteffort/", "burstable/", ""];
        foreach (var qosClass in classes)
        {
            _cgroups.Add($"kubepods/{qosClass}pod{Uid}x{qosClass.Length}/{Id}", processIds: processId);
        }

        var candidates = Collect(PodSnapshot.Empty);
        Assert.Equal(
            [QosClass.BestEffort, QosClass.Burstable, QosClass.Guaranteed],
            candidates.Select(candidate => candidate.QosClass).Order());
        Assert.All(candidates, candidate =>
        {
            Assert.Equal(Exclusion.None, candidate.Exclusion);
            Assert.Null(candidate.Pod);
            Assert.Equal((0, 0, 0L), (candidate.PodPriority, candidate.KillPriority, candidate.RequestBytes));
        });
    }

    public static TheoryData<string, PodFacts, Exclusion> Pods => new()
    {
        { "a protected namespace", Pod(Uid, "kube-system"), Exclusion.Protected },
        { "a protected PriorityClass", Pod(Uid, priorityClassName: "important"), Exclusion.Protected },
        { "a protected priority", Pod(Uid, priority: 2_000_000_000), Exclusion.Protected },
        { "never, granted", Pod(Uid, "trusted", killPriority: KillPriority.Never, containers: Container(killPriority: KillPriority.Never)), Exclusion.Protected },
        { "never, not granted", Pod(Uid, "default", killPriority: KillPriority.Never, containers: Container(killPriority: KillPriority.Never)), Exclusion.None },
        { "an ordinary Pod", Pod(Uid), Exclusion.None },
        { "another Pod that is protected", Pod("another", "kube-system"), Exclusion.None },
    };

    [Theory]
    [MemberData(nameof(Pods))]
    public void A_protected_Pod_is_excluded(string what, PodFacts pod, Exclusion exclusion)
    {
        var policy = new ReapPolicy
        {
            Protect = new ProtectPolicy { PriorityClasses = ["important"] },
            Wishes = new WishPolicy { Namespaces = ["trusted"] },
        };
        _cgroups.Add(Path, processIds: Start());
        Assert.True(exclusion == CollectOne(pod, policy).Exclusion, what);
    }

    public static TheoryData<string, long, Exclusion> Names => new()
    {
        { "pause", 1 * Mib, Exclusion.Sandbox },

        // No pause process is as large as that: someone borrowed the name to hide.
        { "pause", 200 * Mib, Exclusion.None },
        { "paused", 100 * Mib, Exclusion.None },
        { "containerd-shim", 200 * Mib, Exclusion.System },
        { "containerd-shim-runc-v2", 200 * Mib, Exclusion.System },
        { "kubelet", 200 * Mib, Exclusion.System },
        { "containerd", 200 * Mib, Exclusion.System },
        { "conmon", 200 * Mib, Exclusion.System },
        { "systemd", 200 * Mib, Exclusion.System },
        { "runc:[2:INIT]", 20 * Mib, Exclusion.Starting },

        // A name that anybody can give itself makes nobody immune.
        { "runc:[2:INIT]", 200 * Mib, Exclusion.None },
        { "victim", 200 * Mib, Exclusion.None },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void What_runs_in_it_excludes_a_container(string name, long anonBytes, Exclusion exclusion)
    {
        _cgroups.Add(Path, anonBytes - Mib, 0, Start(), Start("--comm", name));
        Assert.Equal(exclusion, CollectOne().Exclusion);
    }

    [Fact]
    public void The_agents_own_Pod_is_excluded()
    {
        _cgroups.Add(Path, processIds: [Start(), Environment.ProcessId]);
        Assert.Equal(Exclusion.OwnPod, CollectOne().Exclusion);
    }

    [Fact]
    public void A_container_with_PID_1_in_it_is_excluded()
    {
        _cgroups.Add(Path, processIds: [1, Start()]);
        Assert.Equal(Exclusion.System, CollectOne().Exclusion);
    }

    [Theory]
    [InlineData(true, Exclusion.Protected)]
    [InlineData(false, Exclusion.None)]
    public void A_static_Pod_that_nobody_has_told_of_is_known_by_the_name_of_its_cgroup(bool areProtected, Exclusion exclusion)
    {
        _cgroups.Add($"kubepods/burstable/pod2f5c1d1f8a9b4c0e6d7f3a2b1c0d9e8f/{Id}", processIds: Start());
        Assert.Equal(exclusion, CollectOne(policy: new ReapPolicy { Protect = new ProtectPolicy { StaticPods = areProtected } }).Exclusion);
    }

    [Fact]
    public void The_safety_exclusions_win_over_protection()
    {
        _cgroups.Add(Path, processIds: Environment.ProcessId);
        Assert.Equal(Exclusion.OwnPod, CollectOne(Pod(Uid, "kube-system")).Exclusion);
    }

    [Theory]
    [InlineData(2, Exclusion.NothingToFree)]
    [InlineData(3, Exclusion.None)]
    public void A_container_that_gives_nothing_back_is_excluded(int anonMib, Exclusion exclusion)
    {
        // With 1 MiB of page tables; the policy's least is 4 MiB.
        _cgroups.Add(Path, anonMib * Mib, processIds: Start());
        Assert.Equal(exclusion, CollectOne().Exclusion);
    }

    [Fact]
    public void A_container_in_which_nothing_runs_is_excluded_until_something_does()
    {
        _cgroups.Add(Path);
        Assert.Equal(Exclusion.NothingToFree, CollectOne().Exclusion);
        _cgroups.Write(Path, "cgroup.procs", $"{Start()}\n");
        Assert.Equal(Exclusion.None, CollectOne().Exclusion);
    }

    [Fact]
    public void A_container_that_was_being_set_up_is_looked_at_again()
    {
        _cgroups.Add(Path, 8 * Mib, 0, Start("--comm", "runc:[2:INIT]"));
        Assert.Equal(Exclusion.Starting, CollectOne().Exclusion);
        _cgroups.Write(Path, "cgroup.procs", $"{Start()}\n");
        Assert.Equal(Exclusion.None, CollectOne().Exclusion);
    }

    [Fact]
    public void A_quarantined_container_is_excluded()
    {
        _cgroups.Add(Path, processIds: Start());
        Assert.Equal(Exclusion.None, CollectOne().Exclusion);
        _tree!.Containers[0].Quarantine();
        Assert.Equal(Exclusion.Quarantined, CollectOne().Exclusion);
    }

    public static TheoryData<string, string, string?> Broken => new()
    {
        // File; content, or null for a file that is missing.
        { "memory.current is missing", "memory.current", null },
        { "memory.current is empty", "memory.current", "" },
        { "memory.current is no number", "memory.current", "many\n" },
        { "memory.stat is missing", "memory.stat", null },
        { "memory.stat is empty", "memory.stat", "" },
        { "memory.stat is torn", "memory.stat", "anon 104857600\nfile 0\nshm" },
        { "memory.stat lacks a key", "memory.stat", "anon 104857600\n" },
        { "memory.stat has a negative number", "memory.stat", "anon -5\n" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_container_whose_files_cannot_be_read_is_excluded(string what, string file, string? content)
    {
        _cgroups.Add(Path, processIds: Start());
        if (content is null)
        {
            File.Delete(System.IO.Path.Combine(_cgroups.Root, Path, file));
        }
        else
        {
            _cgroups.Write(Path, file, content);
        }

        var candidate = CollectOne();
        Assert.True(candidate.Exclusion == Exclusion.Unreadable, what);
        Assert.Equal(default, candidate.Memory);
    }

    [Fact]
    public void A_container_that_vanished_after_the_walk_is_excluded()
    {
        _cgroups.Add(Path, processIds: Start());
        _tree = new KubepodsTree(_cgroups.Root);
        _tree.Discover();
        _tree.Refresh();
        _cgroups.Remove(Path);
        _collector.Collect(_tree, PodSnapshot.Empty, new ReapPolicy(), _snapshot);

        // The kernel says ENODEV for the open files of a removed cgroup; those of this file system can still be read.
        Assert.NotEqual(Exclusion.None, Assert.Single(_snapshot.All.ToArray()).Exclusion);
    }

    [Fact]
    public void A_kernel_without_swap_has_no_swap_file()
    {
        _cgroups.Add(Path, processIds: Start());
        File.Delete(System.IO.Path.Combine(_cgroups.Root, Path, "memory.swap.current"));
        var candidate = CollectOne();
        Assert.Equal(Exclusion.None, candidate.Exclusion);
        Assert.Equal(0, candidate.Memory.Swap);
    }

    [Fact]
    public void Growth_is_told_from_the_second_look_on()
    {
        _cgroups.Add(Path, 100 * Mib, processIds: Start());
        var clock = Stopwatch.StartNew();
        Assert.Equal(0, CollectOne().GrowthBytesPerSecond);
        Thread.Sleep(150);
        _cgroups.SetMemory(Path, 150 * Mib);
        var growth = CollectOne().GrowthBytesPerSecond;

        // At most 50 MiB in the 150 ms that were slept at least, and no less than over all the time since the first look.
        Assert.InRange(growth, (long)(50 * Mib / clock.Elapsed.TotalSeconds), 334 * Mib);
        Thread.Sleep(101);
        _cgroups.SetMemory(Path, 10 * Mib);
        Assert.Equal(0, CollectOne().GrowthBytesPerSecond);
    }

    [Fact]
    public void Over_milliseconds_growth_is_what_it_was()
    {
        _cgroups.Add(Path, 100 * Mib, processIds: Start());
        _ = CollectOne();
        Thread.Sleep(150);
        Assert.Equal(0, CollectOne().GrowthBytesPerSecond);
        _cgroups.SetMemory(Path, 101 * Mib);
        Assert.Equal(0, CollectOne().GrowthBytesPerSecond);
    }

    [Fact]
    public void Whoever_hides_deep_below_is_there_all_the_same()
    {
        _cgroups.Add(Path, 4096 * Mib);
        _cgroups.Write(Path, "cgroup.events", "populated 1\nfrozen 0\n");
        var deep = Path;
        for (var i = 0; i < 70; i++)
        {
            deep += "/d";
            _cgroups.AddEmpty(deep);
            _cgroups.Write(deep, "cgroup.procs", i == 69 ? $"{Start()}\n" : "");
        }

        var candidate = CollectOne();
        Assert.Equal((Exclusion.None, ContainerRole.App), (candidate.Exclusion, candidate.Cgroup.Role));
    }

    [Fact]
    public void Of_very_many_cgroups_below_the_first_are_looked_into()
    {
        _cgroups.Add(Path, 40 * Mib);
        _cgroups.Write(Path, "cgroup.events", "populated 0\nfrozen 0\n");
        for (var i = 0; i < 1100; i++)
        {
            _cgroups.AddEmpty($"{Path}/{i}");
            _cgroups.Write($"{Path}/{i}", "cgroup.procs", "");
        }

        Assert.Equal(Exclusion.NothingToFree, CollectOne().Exclusion);
        _cgroups.Write(Path, "cgroup.events", "populated 1\nfrozen 0\n");
        Assert.Equal(Exclusion.None, CollectOne().Exclusion);
    }

    [Fact]
    public void Of_a_container_that_cannot_be_told_from_its_siblings_the_largest_request_counts()
    {
        _cgroups.Add(Path, processIds: Start());
        var pod = Pod(Uid, containers: [Container("a", requestBytes: 10 * Mib), Container("b", requestBytes: 40 * Mib)]);
        var candidate = CollectOne(pod);
        Assert.Null(candidate.Container);
        Assert.Equal(40 * Mib, candidate.RequestBytes);
    }

    [Theory]
    [InlineData(false, false, 0)]
    [InlineData(true, false, 1024)]
    [InlineData(false, true, 1024)]
    public void A_container_that_was_started_again_is_the_one_that_is_left(bool hasInitContainers, bool hasAnother, int requestMib)
    {
        var other = new string('b', 64);
        _cgroups.Add(Path, 100 * Mib, 0, Start());
        _cgroups.Add($"{PodPath}/{other}", 100 * Mib, 0, Start());
        if (hasAnother)
        {
            _cgroups.Add($"{PodPath}/{new string('c', 64)}", 100 * Mib, 0, Start());
        }

        var pod = Pod(Uid, containers: [Container("db", id: Id, requestBytes: 1024 * Mib), Container("worker", id: new string('d', 64))]);
        _ = Collect(new PodSnapshot([pod with { HasInitContainers = hasInitContainers }]));
        foreach (ref readonly var candidate in _snapshot.All)
        {
            var isKnown = candidate.Cgroup.ContainerId.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(Id));
            Assert.Equal(isKnown ? "db" : requestMib == 0 ? "worker" : null, candidate.Container?.Name);
            Assert.Equal((isKnown ? 1024 : requestMib) * Mib, candidate.RequestBytes);
        }
    }

    [Fact]
    public void An_only_container_needs_no_ID()
    {
        _cgroups.Add(Path, processIds: Start());
        var only = Container(requestBytes: 10 * Mib);
        Assert.Same(only, CollectOne(Pod(Uid, containers: only)).Container);

        // One whose ID is known to be another is not this one.
        Assert.Null(CollectOne(Pod(Uid, containers: Container(id: new string('b', 64)))).Container);

        // Nor is one of a Pod whose init containers may be running.
        Assert.Null(CollectOne(Pod(Uid, containers: Container(requestBytes: 10 * Mib)) with { HasInitContainers = true }).Container);
    }

    [Fact]
    public void A_newer_snapshot_of_the_Pods_counts_at_once()
    {
        _cgroups.Add(Path, processIds: Start());
        Assert.Equal(Exclusion.None, CollectOne(Pod(Uid)).Exclusion);
        Assert.Equal(Exclusion.Protected, CollectOne(Pod(Uid, "kube-system")).Exclusion);
        Assert.Equal(Exclusion.None, CollectOne().Exclusion);
    }

    [Fact]
    public void Collecting_allocates_nothing_and_leaves_no_descriptor_open()
    {
        for (var i = 0; i < 50; i++)
        {
            _cgroups.Add($"kubepods/podp{i}/{Id}", processIds: Environment.ProcessId);
        }

        _cgroups.Add(Path, processIds: Start());
        var pods = new PodSnapshot([Pod(Uid, containers: [Container("a"), Container("b")])]);
        var policy = new ReapPolicy();
        _tree = new KubepodsTree(_cgroups.Root);
        _tree.Discover();
        _tree.Refresh();
        var snapshot = new CandidateSnapshot(64);
        _collector.Collect(_tree, pods, policy, snapshot);
        var before = OpenDescriptors.Below(_cgroups.Root);
        Assert.Equal(0, Allocations.Of(() => _collector.Collect(_tree, pods, policy, snapshot)));
        Assert.Equal(before, OpenDescriptors.Below(_cgroups.Root));
        Assert.Equal(51, snapshot.Count);
    }

    private int Start(params string[] options)
    {
        _victims.Add(Victim.Start(options));
        return _victims[^1].Id;
    }

    private Candidate CollectOne(PodFacts? pod = null, ReapPolicy? policy = null) =>
        Assert.Single(Collect(pod is null ? PodSnapshot.Empty : new PodSnapshot([pod]), policy));

    private Candidate[] Collect(PodSnapshot pods, ReapPolicy? policy = null)
    {
        if (_tree is null)
        {
            _tree = new KubepodsTree(_cgroups.Root);
            _tree.Discover();
        }

        _tree.Refresh();
        _collector.Collect(_tree, pods, policy ?? new ReapPolicy(), _snapshot);
        return _snapshot.All.ToArray();
    }
}
