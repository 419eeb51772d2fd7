using System.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Tests.Fakes;

namespace NodeReaper.Engine.Tests.Candidates;

public sealed class KubepodsTreeTests : IDisposable
{
    private const string Uid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    private const string SliceUid = "0f1e2d3c_4b5a_6978_8796_a5b4c3d2e1f0";
    private const string StaticUid = "2f5c1d1f8a9b4c0e6d7f3a2b1c0d9e8f";
    private const string Id = "9c1f0e4b5d3a2c6f7e8d9b0a1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d";

    private readonly FakeCgroups _cgroups = new();

    public void Dispose() => _cgroups.Dispose();

    public static TheoryData<string, string, string, QosClass, string> Containers => new()
    {
        // What it is; tree, the rest of the path, QoS class, UID.
        {
            "systemd, containerd",
            "kubepods.slice",
            $"kubepods-besteffort.slice/kubepods-besteffort-pod{SliceUid}.slice/cri-containerd-{Id}.scope",
            QosClass.BestEffort,
            Uid
        },
        {
            "systemd, CRI-O",
            "kubepods.slice",
            $"kubepods-burstable.slice/kubepods-burstable-pod{SliceUid}.slice/crio-{Id}.scope",
            QosClass.Burstable,
            Uid
        },
        { "systemd, docker, Guaranteed", "kubepods.slice", $"kubepods-pod{SliceUid}.slice/docker-{Id}.scope", QosClass.Guaranteed, Uid },
        { "cgroupfs, containerd", "kubepods", $"besteffort/pod{Uid}/{Id}", QosClass.BestEffort, Uid },
        { "cgroupfs, Burstable", "kubepods", $"burstable/pod{Uid}/{Id}", QosClass.Burstable, Uid },
        { "cgroupfs, CRI-O", "kubepods", $"burstable/pod{Uid}/crio-{Id}", QosClass.Burstable, Uid },
        { "cgroupfs, Guaranteed", "kubepods", $"pod{Uid}/{Id}", QosClass.Guaranteed, Uid },
        { "a static Pod", "kubepods", $"burstable/pod{StaticUid}/{Id}", QosClass.Burstable, StaticUid },
        {
            "kind",
            "kubelet.slice/kubelet-kubepods.slice",
            $"kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod{SliceUid}.slice/cri-containerd-{Id}.scope",
            QosClass.Burstable,
            Uid
        },
        {
            "kind with the cgroupfs driver, seen from its host",
            $"system.slice/docker-{Id}.scope/kubelet/kubepods",
            $"besteffort/pod{Uid}/{Id}",
            QosClass.BestEffort,
            Uid
        },
        { "k3s in a container of docker's", $"docker/{Id}/kubepods", $"besteffort/pod{Uid}/{Id}", QosClass.BestEffort, Uid },
    };

    [Theory]
    [MemberData(nameof(Containers))]
    public void A_container_is_found_with_its_Pod_class_path_and_ID(
        string what, string treePath, string rest, QosClass qosClass, string uid)
    {
        var path = $"{treePath}/{rest}";
        _cgroups.AddEmpty(path);
        using var tree = Discovered();
        Assert.Equal([treePath], tree.Trees);
        Assert.True(tree.Containers.Length == 1, what);
        var container = tree.Containers[0];
        Assert.Equal(path, container.Path);
        Assert.Equal(uid, container.PodUid.ToString());
        Assert.Equal(qosClass, container.QosClass);
        Assert.Equal(Id, Encoding.UTF8.GetString(container.ContainerId));
        Assert.True(container.Directory.IsOpen);
        Assert.Equal(ContainerRole.Unknown, container.Role);
    }

    [Fact]
    public void What_is_beside_the_trees_is_known_by_its_topmost_cgroups()
    {
        foreach (var path in new[] { "system.slice/cron.service", "init.scope", "docker/kind/kubelet/kubepods", "docker/kind/init", "docker/other/below" })
        {
            _cgroups.AddEmpty(path);
        }

        using var tree = new KubepodsTree(_cgroups.Root);
        tree.Discover();
        Assert.Equal(["docker/kind/init", "docker/other", "init.scope", "system.slice"], tree.Beside.Select(slice => slice.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Several_trees_are_walked()
    {
        string[] paths = [$"kubepods/pod{Uid}/{Id}", $"docker/{Id}/kubepods/burstable/podother/{Id}", $"kubelet/kubepods/podthird/{Id}"];
        Array.ForEach(paths, path => _cgroups.AddEmpty(path));
        using var tree = Discovered();
        Assert.Equal(3, tree.TreeCount);
        Assert.Equal(paths.Order(), Paths(tree));
    }

    [Fact]
    public void What_is_not_a_container_in_a_Pod_in_a_tree_is_never_found()
    {
        string[] others =
        [
            "system.slice/kubelet.service",
            "init.scope",
            $"system.slice/docker-{Id}.scope",
            $"machine.slice/libpod-{Id}.scope",
            $"kubepods/{Id}",
            $"kubepods/burstable/{Id}",
            $"kubepods/burstable/burstable/pod{Uid}/{Id}",
            $"kubepods/other/pod{Uid}/{Id}",
            $"kubepods/burstable/pod{Uid}/crio-conmon-{Id}.scope",
            $"kubepods/burstable/pod{Uid}/init",
            $"pod{Uid}/{Id}",
            $"burstable/pod{Uid}/{Id}",
        ];
        Array.ForEach(others, path => _cgroups.AddEmpty(path));
        var container = $"kubepods/burstable/pod{Uid}/{Id}";
        _cgroups.AddEmpty($"{container}/container");
        File.WriteAllText(Path.Combine(_cgroups.Root, $"kubepods/burstable/pod{Uid}", new string('a', 64)), "a file of an ID's name");
        using var tree = Discovered();
        Assert.Equal([container], Paths(tree));
    }

    [Fact]
    public void A_cluster_within_a_container_is_part_of_that_container()
    {
        _cgroups.AddEmpty($"kubepods/pod{Uid}/{Id}/kubelet/kubepods/podinner/{Id}");
        using var tree = Discovered();
        Assert.Equal([$"kubepods/pod{Uid}/{Id}"], Paths(tree));
    }

    [Fact]
    public void Containers_that_come_and_go_are_noticed()
    {
        _cgroups.AddEmpty($"kubepods/podone/{Id}");
        using var tree = Discovered();
        _cgroups.AddEmpty($"kubepods/burstable/podtwo/{Id}");
        tree.Refresh();
        Assert.Equal([$"kubepods/burstable/podtwo/{Id}", $"kubepods/podone/{Id}"], Paths(tree));
        _cgroups.Remove("kubepods/podone");
        tree.Refresh();
        Assert.Equal([$"kubepods/burstable/podtwo/{Id}"], Paths(tree));
        _cgroups.Remove("kubepods");
        tree.Refresh();
        Assert.Empty(Paths(tree));
        Assert.Equal(1, tree.TreeCount);

        // The tree is still known, and comes back without another discovery.
        _cgroups.AddEmpty($"kubepods/podone/{Id}");
        tree.Refresh();
        Assert.Equal([$"kubepods/podone/{Id}"], Paths(tree));
    }

    [Fact]
    public void A_cgroup_that_takes_the_place_of_another_is_a_new_container()
    {
        var path = $"kubepods/podone/{Id}";
        _cgroups.AddEmpty(path);
        using var tree = Discovered();
        tree.Containers[0].Role = ContainerRole.Sandbox;
        tree.Containers[0].Quarantine();
        var id = tree.Containers[0].Id;
        _cgroups.Remove(path);
        _cgroups.AddEmpty(path);
        tree.Refresh();
        var container = Assert.Single(tree.Containers.ToArray());
        Assert.NotEqual(id, container.Id);
        Assert.Equal(ContainerRole.Unknown, container.Role);
        Assert.False(container.IsQuarantined);
    }

    [Fact]
    public void What_is_known_of_a_container_stays_over_a_refresh()
    {
        _cgroups.AddEmpty($"kubepods/podone/{Id}");
        using var tree = Discovered();
        var container = tree.Containers[0];
        container.Role = ContainerRole.Sandbox;
        _cgroups.AddEmpty($"kubepods/podtwo/{Id}");
        tree.Refresh();
        Assert.Contains(container, tree.Containers.ToArray());
        Assert.Equal(ContainerRole.Sandbox, container.Role);
        Assert.Equal($"kubepods/podone/{Id}", container.Path);
    }

    [Fact]
    public void A_directory_renamed_to_no_containers_name_is_gone()
    {
        _cgroups.AddEmpty($"kubepods/podone/{Id}");
        using var tree = Discovered();
        Directory.Move(Path.Combine(_cgroups.Root, "kubepods/podone", Id), Path.Combine(_cgroups.Root, "kubepods/podone/init"));
        tree.Refresh();
        Assert.Empty(Paths(tree));
    }

    [Fact]
    public void Directories_that_come_and_go_during_a_walk_do_no_harm()
    {
        using var tree = Discovered();
        _cgroups.AddEmpty("kubepods");
        tree.Discover();
        var before = OpenDescriptors.Below(_cgroups.Root);
        using var stop = new CancellationTokenSource();
        var churn = SideThread.Start(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                for (var j = 0; j < 8; j++)
                {
                    _cgroups.AddEmpty($"kubepods/burstable/podp{i}x{j}/{Id}/container");
                }

                _cgroups.Remove("kubepods/burstable");
            }
        });
        var seen = 0;
        try
        {
            for (var i = 0; i < 2000; i++)
            {
                tree.Refresh();
                tree.Discover();
                seen += tree.Containers.Length;
            }
        }
        finally
        {
            stop.Cancel();
            churn.Join();
        }

        Assert.True(seen > 0);
        tree.Refresh();
        Assert.Empty(Paths(tree));
        Assert.Equal(before, OpenDescriptors.Below(_cgroups.Root));
    }

    [Fact]
    public void Five_hundred_containers_are_found_and_a_refresh_that_finds_nothing_new_allocates_nothing()
    {
        for (var i = 0; i < 500; i++)
        {
            _cgroups.AddEmpty($"kubepods/{(i % 2 == 0 ? "burstable" : "besteffort")}/podp{i / 2}x{i % 2}/{i:x64}");
        }

        var before = OpenDescriptors.Below(_cgroups.Root);
        using (var tree = Discovered())
        {
            Assert.Equal(500, tree.Containers.Length);
            Assert.Equal(500, tree.Containers.ToArray().Select(container => container.Path).Distinct().Count());
            Assert.Equal(0, Allocations.Of(tree.Refresh));
            Assert.Equal(before + 501, OpenDescriptors.Below(_cgroups.Root));
        }

        Assert.Equal(before, OpenDescriptors.Below(_cgroups.Root));
    }

    [Fact]
    public void New_containers_come_from_the_pool_without_an_allocation()
    {
        _cgroups.AddEmpty("kubepods");
        using var tree = Discovered();
        tree.Refresh();

        // Once each, so that every step of taking and giving back is compiled.
        _cgroups.AddEmpty($"kubepods/podwarm/{Id}");
        tree.Refresh();
        _cgroups.Remove("kubepods/podwarm");
        tree.Refresh();
        for (var i = 0; i < 100; i++)
        {
            _cgroups.AddEmpty($"kubepods/podp{i}/{Id}");
        }

        Assert.Equal(0, Allocations.Of(tree.Refresh, warmUps: 0));
        Assert.Equal(100, tree.Containers.Length);
        _cgroups.Remove("kubepods");
        Assert.Equal(0, Allocations.Of(tree.Refresh, warmUps: 0));
        Assert.Equal(0, tree.Containers.Length);
        Assert.Equal(0, tree.PoolMisses);
    }

    [Fact]
    public void A_root_that_is_not_there_is_named()
    {
        var missing = Path.Combine(_cgroups.Root, "missing");
        var error = Assert.Throws<IOException>(() => new KubepodsTree(missing));
        Assert.Contains(missing, error.Message, StringComparison.Ordinal);
        Assert.Contains("ENOENT", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_known_stays_while_there_are_no_descriptors_to_look_again()
    {
        _cgroups.AddEmpty($"kubepods/podone/{Id}");
        using var tree = Discovered();
        var slices = tree.Slices.ToArray();
        _cgroups.AddEmpty($"inner/kubepods/podtwo/{Id}");
        using (new NoDescriptors())
        {
            tree.Discover();
            tree.Refresh();
        }

        Assert.Equal([$"kubepods/podone/{Id}"], Paths(tree));
        Assert.Equal(slices, tree.Slices);
        tree.Discover();
        tree.Refresh();
        Assert.Equal([$"inner/kubepods/podtwo/{Id}", $"kubepods/podone/{Id}"], Paths(tree));
    }

    [Fact]
    public void A_path_too_long_to_keep_is_passed_over()
    {
        var deep = string.Join('/', Enumerable.Repeat(new string('x', 180), 6));
        _cgroups.AddEmpty($"{deep}/kubepods/podone/{Id}");
        _cgroups.AddEmpty($"kubepods/podone/{Id}");
        using var tree = Discovered();
        Assert.Equal([$"kubepods/podone/{Id}"], Paths(tree));
    }

    private KubepodsTree Discovered()
    {
        var tree = new KubepodsTree(_cgroups.Root);
        tree.Discover();
        tree.Refresh();
        return tree;
    }

    private static string[] Paths(KubepodsTree tree) => [.. tree.Containers.ToArray().Select(container => container.Path).Order(StringComparer.Ordinal)];
}
