extern alias oracle;

using System.Text;
using CsCheck;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Engine.Candidates;
using oracle::k8s;
using oracle::k8s.Models;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

/// <summary>Pods as the models of the full Kubernetes client write them, read by the agent's own few fields.</summary>
public sealed class PodModelTests
{
    private static readonly V1Pod s_full = new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = "web-0",
            NamespaceProperty = "shop",
            Uid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            ResourceVersion = "17",
            CreationTimestamp = new DateTime(2026, 7, 1, 10, 0, 0, DateTimeKind.Utc),
            Labels = new Dictionary<string, string> { ["app"] = "web" },
            Annotations = new Dictionary<string, string>
            {
                ["nodereaper.io/kill-priority"] = "-5",
                ["nodereaper.io/kill-scope"] = "pod",
                ["kubectl.kubernetes.io/last-applied-configuration"] = "{\"a\": \"}\\\"\"}",
            },
        },
        Spec = new V1PodSpec
        {
            NodeName = "node-1",
            Priority = 2000000000,
            PriorityClassName = "system-cluster-critical",
            TerminationGracePeriodSeconds = 45,
            Containers =
            [
                new V1Container
                {
                    Name = "web",
                    Image = "web:1",
                    Resources = new V1ResourceRequirements
                    {
                        Requests = new Dictionary<string, ResourceQuantity> { ["memory"] = new("128Mi"), ["cpu"] = new("1500m") },
                        Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("1G"), ["hugepages-2Mi"] = new("4Mi") },
                    },
                },
            ],
            InitContainers = [new V1Container { Name = "first" }, new V1Container { Name = "sidecar", RestartPolicy = "Always" }],
        },
        Status = new V1PodStatus
        {
            QosClass = "Burstable",
            Phase = "Running",
            ContainerStatuses = [new V1ContainerStatus { Name = "web", ContainerID = "containerd://a1b2", Image = "web:1", ImageID = "" }],
            InitContainerStatuses = [new V1ContainerStatus { Name = "sidecar", ContainerID = "cri-o://c3d4", Image = "web:1", ImageID = "" }],
        },
    };

    private static readonly Gen<V1Pod> s_pod =
        from name in Gen.Char["abcxyz09"].Array[1, 20].Select(letters => new string(letters))
        from priority in Gen.Int
        from qosClass in Gen.Enum<QosClass>().Select(each => each.ToString())
        from note in Gen.String[Gen.Char[" \"\\{}[]\n\tä€x"], 0, 200]
        from bytes in Gen.Long[0, 1L << 50]
        from containers in Gen.Int[1, 5]
        select new V1Pod
        {
            Metadata = new V1ObjectMeta
            {
                Name = name,
                NamespaceProperty = "shop",
                Uid = $"uid-{name}",
                Annotations = new Dictionary<string, string> { ["example.com/note"] = note },
            },
            Spec = new V1PodSpec
            {
                NodeName = "node-1",
                Priority = priority,
                Containers =
                [
                    .. Enumerable.Range(0, containers).Select(i => new V1Container
                    {
                        Name = $"c{i}",
                        Resources = new V1ResourceRequirements
                        {
                            Requests = new Dictionary<string, ResourceQuantity> { ["memory"] = new(bytes.ToString(System.Globalization.CultureInfo.InvariantCulture)) },
                        },
                    }),
                ],
            },
            Status = new V1PodStatus { QosClass = qosClass },
        };

    [Fact]
    public async Task Every_fact_of_the_full_model_arrives()
    {
        var (pods, metadata) = await ReadAsync(KubernetesJson.Serialize(List(s_full)), int.MaxValue);

        Assert.Equal("42", metadata.ResourceVersion);
        var facts = Facts(Assert.Single(pods));
        Assert.Equal(
            (s_full.Metadata.Uid, "shop", "web-0", QosClass.Burstable, 2000000000, "system-cluster-critical"),
            (facts.Uid, facts.Namespace, facts.Name, facts.QosClass, facts.Priority, facts.PriorityClassName));
        Assert.Equal((new KillPriority(-5, false), TimeSpan.FromSeconds(45)), (facts.KillPriority, facts.TerminationGracePeriod));
        Assert.Equal(
            [("web", "a1b2", 128L << 20, (long?)1_000_000_000), ("sidecar", "c3d4", 0, null)],
            facts.Containers.Select(each => (each.Name, each.ContainerId, each.MemoryRequestBytes, each.MemoryLimitBytes)));
    }

    [Fact]
    public async Task Whose_it_is_and_whether_it_ends_and_where_its_last_words_are_arrive()
    {
        var pod = new V1Pod
        {
            Metadata = new V1ObjectMeta
            {
                Name = "web-0",
                NamespaceProperty = "shop",
                Uid = "uid-web",
                DeletionTimestamp = new DateTime(2026, 7, 1, 10, 0, 0, DateTimeKind.Utc),
                OwnerReferences =
                [
                    new V1OwnerReference { ApiVersion = "v1", Kind = "ConfigMap", Name = "other", Uid = "uid-other" },
                    new V1OwnerReference { ApiVersion = "apps/v1", Kind = "DaemonSet", Name = "web", Uid = "uid-set", Controller = true },
                ],
            },
            Spec = new V1PodSpec
            {
                Containers = [new V1Container { Name = "log", TerminationMessagePolicy = "FallbackToLogsOnError" }, new V1Container { Name = "file", TerminationMessagePolicy = "File" }],
            },
        };
        var (pods, _) = await ReadAsync(KubernetesJson.Serialize(List(pod, s_full)), int.MaxValue);
        var facts = Facts(pods[0]);
        Assert.Equal(("uid-set", "DaemonSet", true), (facts.Workload, facts.WorkloadKind, facts.IsTerminating));
        Assert.Equal([true, false], facts.Containers.Select(each => each.FallsBackToLog));
        facts = Facts(pods[1]);
        Assert.Equal((null, null, false), (facts.Workload, facts.WorkloadKind, facts.IsTerminating));
    }

    [Fact]
    public void However_the_bytes_come_the_Pods_are_the_same() =>
        Gen.Select(s_pod.Array[0, 8], Gen.Int[1, 500]).Sample(
            (pods, size) =>
            {
                var (read, _) = ReadAsync(KubernetesJson.Serialize(List(pods)), size).GetAwaiter().GetResult();
                Assert.Equal(pods.Length, read.Count);
                foreach (var (expected, actual) in pods.Zip(read, (expected, actual) => (expected, Facts(actual))))
                {
                    Assert.Equal(
                        (expected.Metadata.Name, expected.Spec.Priority, expected.Status.QosClass, expected.Spec.Containers.Count),
                        (actual.Name, actual.Priority, actual.QosClass.ToString(), actual.Containers.Count));
                    Assert.All(actual.Containers, each => Assert.Equal(
                        expected.Spec.Containers[0].Resources.Requests["memory"].ToInt64(), each.MemoryRequestBytes));
                }
            },
            iter: 200);

    [Fact]
    public async Task A_list_that_is_cut_anywhere_is_no_list()
    {
        var text = Encoding.UTF8.GetBytes(KubernetesJson.Serialize(List(s_full)));
        for (var length = 0; length < text.Length; length++)
        {
            var error = await Assert.ThrowsAsync<ApiException>(
                () => PodListReader.ReadAsync(new MemoryStream(text, 0, length), _ => { }, TestContext.Current.CancellationToken));
            Assert.Equal(ApiFailure.Nonsense, error.Failure);
        }
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(4093)]
    public async Task A_Pod_larger_than_etcd_takes_is_passed_over_and_the_next_is_read(int bytesAtOnce)
    {
        var pod = new V1Pod
        {
            Metadata = new V1ObjectMeta { Name = "x", Uid = "u" },
            Spec = new V1PodSpec { Containers = [new V1Container { Name = "c", Command = [new string('"', 8 << 20)] }] },
        };
        var (pods, metadata) = await ReadAsync(KubernetesJson.Serialize(List(s_full, pod, s_full)), bytesAtOnce);
        Assert.Equal("42", metadata.ResourceVersion);
        Assert.Equal([false, true, false], pods.Select(each => each.IsTooLarge));
        Assert.Equal(("x", "u"), (pods[1].Metadata!.Name, pods[1].Metadata!.Uid));
        Assert.Equal("web-0", Facts(pods[2]).Name);
    }

    [Theory]
    [InlineData("[,{}]")]
    [InlineData("[{},]")]
    [InlineData("[{}{}]")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("[{]}]")]
    public async Task What_is_no_list_of_objects_is_no_list(string items)
    {
        var error = await Assert.ThrowsAsync<ApiException>(() => ReadAsync($$"""{"kind": "PodList", "items": {{items}}, "metadata": {} }""", 3));
        Assert.Equal(ApiFailure.Nonsense, error.Failure);
    }

    private static V1PodList List(params V1Pod[] pods) =>
        new() { ApiVersion = "v1", Kind = "PodList", Metadata = new V1ListMeta { ResourceVersion = "42" }, Items = pods };

    private static PodFacts Facts(PodObject pod) => PodObjects.Describe(pod).ToFacts(new ManifestFindings(""));

    private static async Task<(List<PodObject> Pods, ListMetadata Metadata)> ReadAsync(string json, int bytesAtOnce)
    {
        var pods = new List<PodObject>();
        using var body = new DrippingStream(Encoding.UTF8.GetBytes(json), bytesAtOnce);
        var metadata = await PodListReader.ReadAsync(body, pods.Add, TestContext.Current.CancellationToken);
        return (pods, metadata);
    }

    private sealed class DrippingStream(byte[] bytes, int atOnce) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(atOnce, buffer.Length)], cancellationToken);
    }
}
