using System.Text;
using CsCheck;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Tests.Candidates;

public class KubepodsNameTests
{
    private const string Uid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    private const string SliceUid = "0f1e2d3c_4b5a_6978_8796_a5b4c3d2e1f0";
    private const string StaticUid = "2f5c1d1f8a9b4c0e6d7f3a2b1c0d9e8f";
    private const string Id = "9c1f0e4b5d3a2c6f7e8d9b0a1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d";

    public static TheoryData<string, KubepodsLevel> Levels => new()
    {
        // The systemd driver.
        { "kubepods.slice", KubepodsLevel.Root },
        { "kubepods-burstable.slice", KubepodsLevel.Burstable },
        { "kubepods-besteffort.slice", KubepodsLevel.BestEffort },

        // The cgroupfs driver.
        { "kubepods", KubepodsLevel.Root },
        { "burstable", KubepodsLevel.Burstable },
        { "besteffort", KubepodsLevel.BestEffort },

        // kind: the kubelet has a cgroup root of its own, which systemd repeats in each name below.
        { "kubelet-kubepods.slice", KubepodsLevel.Root },
        { "kubelet-kubepods-burstable.slice", KubepodsLevel.Burstable },
        { "kubelet-kubepods-besteffort.slice", KubepodsLevel.BestEffort },

        // A cgroup root nested deeper.
        { "my-node-kubepods.slice", KubepodsLevel.Root },
        { "my-node-kubepods-burstable.slice", KubepodsLevel.Burstable },

        // What is beside them.
        { "", KubepodsLevel.Other },
        { ".slice", KubepodsLevel.Other },
        { "-.slice", KubepodsLevel.Other },
        { "system.slice", KubepodsLevel.Other },
        { "user.slice", KubepodsLevel.Other },
        { "kubelet.slice", KubepodsLevel.Other },
        { "kubelet", KubepodsLevel.Other },
        { "kubelet.service", KubepodsLevel.Other },
        { "k3s.service", KubepodsLevel.Other },
        { "init.scope", KubepodsLevel.Other },
        { "machine.slice", KubepodsLevel.Other },
        { "podman.service", KubepodsLevel.Other },
        { "pod", KubepodsLevel.Other },
        { "kubepods-", KubepodsLevel.Other },
        { "kubepods-.slice", KubepodsLevel.Other },
        { "kubepods-guaranteed.slice", KubepodsLevel.Other },
        { "kubepodsburstable.slice", KubepodsLevel.Other },
        { "mykubepods.slice", KubepodsLevel.Other },
        { "kubepods.slice.d", KubepodsLevel.Other },
        { "KUBEPODS", KubepodsLevel.Other },
        { "Burstable", KubepodsLevel.Other },
        { "kubepods-pod.slice", KubepodsLevel.Other },
        { "kubepods-burstable-pod.slice", KubepodsLevel.Other },
        { "kubepods-other-podabc.slice", KubepodsLevel.Other },
        { "podwith space", KubepodsLevel.Other },
        { "podwith.dot", KubepodsLevel.Other },
        { "podwith/slash", KubepodsLevel.Other },
    };

    [Theory]
    [MemberData(nameof(Levels))]
    public void A_directory_is_told_by_its_name(string name, KubepodsLevel level)
    {
        Assert.Equal(level, KubepodsName.Classify(Encoding.UTF8.GetBytes(name), out var uid));
        Assert.True(uid.IsEmpty);
    }

    [Theory]
    [InlineData($"kubepods-pod{SliceUid}.slice", Uid)]
    [InlineData($"kubepods-burstable-pod{SliceUid}.slice", Uid)]
    [InlineData($"kubepods-besteffort-pod{SliceUid}.slice", Uid)]
    [InlineData($"kubelet-kubepods-pod{SliceUid}.slice", Uid)]
    [InlineData($"kubelet-kubepods-burstable-pod{SliceUid}.slice", Uid)]
    [InlineData($"kubelet-kubepods-besteffort-pod{SliceUid}.slice", Uid)]
    [InlineData($"pod{Uid}", Uid)]
    [InlineData($"kubepods-burstable-pod{StaticUid}.slice", StaticUid)]
    [InlineData($"pod{StaticUid}", StaticUid)]
    public void A_Pods_UID_is_read_from_its_name(string name, string expected)
    {
        Assert.Equal(KubepodsLevel.Pod, KubepodsName.Classify(Encoding.UTF8.GetBytes(name), out var uid));
        var text = new char[KubepodsName.MaxUidLength];
        Assert.Equal(expected, new string(text, 0, KubepodsName.WriteUid(uid, text)));
    }

    [Fact]
    public void A_UID_of_64_characters_is_the_longest()
    {
        Assert.Equal(KubepodsLevel.Pod, KubepodsName.Classify(Encoding.UTF8.GetBytes("pod" + new string('a', 64)), out _));
        Assert.Equal(KubepodsLevel.Other, KubepodsName.Classify(Encoding.UTF8.GetBytes("pod" + new string('a', 65)), out _));
    }

    [Theory]
    [InlineData($"cri-containerd-{Id}.scope", Id)]
    [InlineData($"crio-{Id}.scope", Id)]
    [InlineData($"docker-{Id}.scope", Id)]
    [InlineData($"libpod-{Id}.scope", Id)]
    [InlineData($"crio-{Id}", Id)]
    [InlineData(Id, Id)]
    [InlineData("0123456789ab", "0123456789ab")]
    public void A_containers_ID_is_read_from_its_name(string name, string id) =>
        Assert.Equal(id, Encoding.UTF8.GetString(KubepodsName.ContainerId(Encoding.UTF8.GetBytes(name))));

    [Theory]
    [InlineData("")]
    [InlineData($"crio-conmon-{Id}.scope")]
    [InlineData($"crio-conmon-{Id}")]
    [InlineData($"libpod-conmon-{Id}.scope")]
    [InlineData($"{Id}.scope")]
    [InlineData("cri-containerd-.scope")]
    [InlineData("crio-.scope")]
    [InlineData("crio-")]
    [InlineData("docker-.scope")]
    [InlineData("cri-containerd-a.b.scope")]
    [InlineData("cri-containerd-a b.scope")]
    [InlineData("init.scope")]
    [InlineData("container")]
    [InlineData("supervisor")]
    [InlineData("0123456789a")]
    [InlineData("0123456789abcdeg")]
    [InlineData("0123456789ABCDEF")]
    [InlineData("kubepods")]
    [InlineData(".scope")]
    public void What_is_no_container_has_no_ID(string name) =>
        Assert.True(KubepodsName.ContainerId(Encoding.UTF8.GetBytes(name)).IsEmpty);

    [Fact]
    public void Any_bytes_are_told_without_an_exception_and_never_give_a_strange_UID()
    {
        // Whole random names rarely come near a real one, so parts of real ones are mixed in.
        string[] parts =
        [
            "kubepods", "-kubepods", ".slice", ".scope", "-burstable", "-besteffort", "pod", "-pod", "burstable", "besteffort",
            "cri-containerd-", "crio-", "crio-conmon-", "docker-", "libpod-", SliceUid, Uid, Id, "\0", "/", "..", " ",
        ];
        var part = Gen.OneOf(Gen.Byte.Array[0, 80], Gen.OneOf(parts).Select(Encoding.UTF8.GetBytes));
        var uidText = new char[KubepodsName.MaxUidLength];
        part.Array[0, 5].Sample(
            names =>
            {
                byte[] name = [.. names.SelectMany(bytes => bytes)];
                var level = KubepodsName.Classify(name, out var uid);
                Assert.Equal(level == KubepodsLevel.Pod, !uid.IsEmpty);
                foreach (var character in uidText.AsSpan(0, KubepodsName.WriteUid(uid, uidText)))
                {
                    Assert.True(char.IsAsciiLetterOrDigit(character) || character == '-');
                }

                var id = KubepodsName.ContainerId(name);
                Assert.True(id.IsEmpty || name.AsSpan().IndexOf(id) >= 0);
                Assert.False(id.Contains((byte)'/'));
                Assert.False(id.Contains((byte)0));
            },
            iter: 20_000,
            threads: 1);
    }

    [Fact]
    public void Telling_allocates_nothing()
    {
        var pod = Encoding.UTF8.GetBytes($"kubepods-burstable-pod{SliceUid}.slice");
        var container = Encoding.UTF8.GetBytes($"cri-containerd-{Id}.scope");
        Assert.Equal(0, Allocations.Of(() =>
        {
            _ = KubepodsName.Classify(pod, out _);
            _ = KubepodsName.ContainerId(container);
        }));
    }
}
