using NodeReaper.Agent.Kubernetes;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Tests.Kubernetes;

public sealed class PodManifestTests : IDisposable
{
    private const string Uid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-5", 1)]
    [InlineData("9223372036854775807", 24 * 60 * 60)]
    public void A_grace_period_that_makes_no_sense_spoils_nothing(string said, int seconds)
    {
        var reading = Read($"kind: Pod\nmetadata: {{uid: {Uid}, name: a}}\nspec:\n  terminationGracePeriodSeconds: {said}\n  containers: [{{name: c}}]");
        Assert.Empty(reading.Problems);
        Assert.Equal(TimeSpan.FromSeconds(seconds), reading.Snapshot.Find(Uid)!.TerminationGracePeriod);
    }

    [Fact]
    public void All_facts_are_read()
    {
        var reading = Read(
            """
            apiVersion: v1
            kind: Pod
            metadata:
              annotations:
                kubectl.kubernetes.io/last-applied-configuration: |
                  {"nodereaper.io/kill-priority": "7"}
                nodereaper.io/kill-priority: "100"
                nodereaper.io/kill-priority.helper: never
              name: web-0
              namespace: shop
              uid: 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
              managedFields: [{fieldsV1: {"f:metadata": {}}}]
            spec:
              initContainers:
              - name: migrate
                resources: {requests: {memory: 1Gi}}
              - name: helper
                restartPolicy: Always
                resources: {limits: {memory: 64Mi}}
              containers:
              - name: web
                image: web:1
                env: [{name: A, value: b}]
                resources:
                  requests: {cpu: 100m, memory: 128Mi}
                  limits: {memory: 0.5Gi}
              - name: log
              priority: 1000
              terminationGracePeriodSeconds: 45
              priorityClassName: gold
            status:
              qosClass: Burstable
              containerStatuses:
              - {name: web, containerID: "containerd://a1b2", ready: true}
              - {name: log, containerID: ""}
              initContainerStatuses:
              - {name: helper, containerID: "cri-o://c3d4"}
            """);

        Assert.Empty(reading.Problems);
        var pod = reading.Snapshot.Find(Uid)!;
        Assert.Equal(("shop", "web-0", 1000, "gold"), (pod.Namespace, pod.Name, pod.Priority, pod.PriorityClassName));
        Assert.Equal((QosClass.Burstable, TimeSpan.FromSeconds(45)), (pod.QosClass, pod.TerminationGracePeriod));
        Assert.True(pod.HasInitContainers);
        Assert.Equal(new KillPriority(100, false), pod.KillPriority);
        Assert.Equal(
            [
                new ContainerFacts("web", "a1b2", 128 << 20, 512 << 20, new KillPriority(100, false)),
                new ContainerFacts("log", null, 0, null, new KillPriority(100, false)),
                new ContainerFacts("helper", "c3d4", 64 << 20, 64 << 20, KillPriority.Never) { IsSidecar = true },
            ],
            pod.Containers);
    }

    [Fact]
    public void What_is_not_said_has_its_default()
    {
        var pod = Assert.Single(Read($"{{kind: Pod, metadata: {{name: a, uid: {Uid}}}, spec: {{containers: [{{name: c}}]}}}}").Snapshot.Pods);

        Assert.Equal(("default", 0, null, QosClass.BestEffort, KillPriority.Default), (pod.Namespace, pod.Priority, pod.PriorityClassName, pod.QosClass, pod.KillPriority));
        Assert.Equal(new ContainerFacts("c", null, 0, null, default), Assert.Single(pod.Containers));
        Assert.False(pod.HasInitContainers);
    }

    [Theory]
    [InlineData("containerd://abc", "abc")]
    [InlineData("cri-o://abc", "abc")]
    [InlineData("docker://abc", "abc")]
    [InlineData("abc", "abc")]
    public void A_container_ID_loses_its_scheme(string written, string id)
    {
        var pod = Assert.Single(Read(Minimal() + $"status:\n  containerStatuses:\n  - name: c0\n    containerID: {written}\n").Snapshot.Pods);

        Assert.Equal(id, pod.Containers[0].ContainerId);
    }

    [Theory]
    [InlineData("file", "aabbcc", "aabbcc")]
    [InlineData("http", "aabbcc", "aabbcc")]
    [InlineData("api", "aabbcc", Uid)]
    [InlineData(null, "aabbcc", Uid)]
    [InlineData("file", null, Uid)]
    public void A_static_Pod_is_known_by_its_config_hash(string? source, string? hash, string uid)
    {
        string[] annotations =
        [
            .. source is null ? Array.Empty<string>() : [$"kubernetes.io/config.source: {source}"],
            .. hash is null ? Array.Empty<string>() : [$"kubernetes.io/config.hash: {hash}"],
        ];

        var reading = Read(new ManifestText { Annotations = annotations }.ToString());

        Assert.Equal(uid, Assert.Single(reading.Snapshot.Pods).Uid);
    }

    [Theory]
    [InlineData("json", """{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"a","uid":"u-1"},"spec":{"containers":[{"name":"c"}]}},{"kind":"Pod","metadata":{"name":"b","uid":"u-2"},"spec":{"containers":[{"name":"c"}]}}]}""")]
    [InlineData("yaml", "items:\n- kind: Pod\n  metadata: {name: a, uid: u-1}\n  spec: {containers: [{name: c}]}\n- kind: Pod\n  metadata: {name: b, uid: u-2}\n  spec: {containers: [{name: c}]}\nkind: List\n")]
    [InlineData("yml", "kind: Pod\nmetadata: {name: a, uid: u-1}\nspec: {containers: [{name: c}]}\n---\n---\n# nothing\n---\nkind: Pod\nmetadata: {name: b, uid: u-2}\nspec: {containers: [{name: c}]}\n...\n")]
    [InlineData("yaml", "kind: Pod\nmetadata: {name: a, uid: u-1}\nspec: &s {containers: [{name: c}]}\nx: *s\n---\nkind: Pod\nignored: &t {containers: [{name: c}]}\nmetadata: {name: b, uid: u-2}\nspec: *t\n")]
    public void A_file_may_hold_several_Pods(string extension, string text)
    {
        _folder.Write($"pods.{extension}", text);

        var reading = Folder().Read();

        Assert.Empty(reading.Problems);
        Assert.Equal(["a", "b"], reading.Snapshot.Pods.Select(pod => pod.Name).Order());
    }

    [Fact]
    public void Other_kinds_are_skipped_with_one_notice()
    {
        var reading = Read("kind: Service\n---\nkind: ConfigMap\n---\nkind: Service\n---\n" + Minimal());

        Assert.Single(reading.Snapshot.Pods);
        Assert.Equal(
            new PodFolderProblem(PodProblemSeverity.Notice, "pod.yaml", 1, "3 manifests are not of Pods and skipped: ConfigMap, Service"),
            Assert.Single(reading.Problems));
    }

    public static TheoryData<string, string> Bad => new()
    {
        { "kind: Pod\nmetadata:\n  name: a\nspec: {containers: [{name: c}]}", "3: Pod default/a: metadata.uid is missing, which is what the Pod's cgroup is found by; take the manifest from the cluster (kubectl get -o yaml)" },
        { "kind: Pod\nmetadata: {uid: u}\nspec: {containers: [{name: c}]}", "2: Pod default/(no name): metadata.name is missing" },
        { "kind: Pod\nmetadata: {uid: u/1, name: a}\nspec: {containers: [{name: c}]}", "2: Pod default/a: metadata.uid 'u/1' is not a UID" },
        { "kind: Pod\nmetadata:\n  uid: u\n  name: [a]\nspec: {containers: [{name: c}]}", "4: Pod default/(no name): metadata.name is a list; it must be text of one line and at most 253 characters" },
        { "kind: Pod\nmetadata: {uid: u, name: a}", "1: Pod default/a: spec.containers is missing or empty" },
        { "kind: Pod\nmetadata: {uid: u, name: a}\nspec:\n  containers: []", "4: Pod default/a: spec.containers is missing or empty" },
        { "kind: Pod\nmetadata: {uid: u, name: a}\nspec:\n  containers:\n  - image: i", "5: Pod default/a: spec.containers[0].name is missing" },
        { "kind: Pod\nmetadata: {uid: u, name: a}\nspec:\n  containers:\n  - c", "5: Pod default/a: spec.containers[0] is 'c'; it must be a mapping" },
        { "kind: Pod\nmetadata: {uid: u, name: a}\nspec:\n  containers: c", "4: Pod default/a: spec.containers is 'c'; it must be a list" },
        { "kind: Pod\nmetadata: {uid: u, name: a}\nspec: c", "3: Pod default/a: spec is 'c'; it must be a mapping" },
        { "kind: Pod\nmetadata: {uid: u, name: a}\nspec:\n  priority: high\n  containers: [{name: c}]", "4: Pod default/a: spec.priority is 'high'; it must be a whole number" },
        { "kind: Pod\nmetadata: {uid: u, name: a}\nspec:\n  priority: 3000000000\n  containers: [{name: c}]", "4: Pod default/a: spec.priority is '3000000000'; it must be a whole number" },
        {
            "kind: Pod\nmetadata: {uid: u, name: a}\nspec:\n  containers:\n  - name: c\n    resources:\n      limits:\n        memory: 1 Gi",
            "8: Pod default/a: spec.containers[0].resources.limits.memory is '1 Gi'; it must be a quantity that is not negative, such as 500m or 100Mi"
        },
        {
            "kind: Pod\nmetadata: {uid: u, name: a}\nspec:\n  containers:\n  - name: c\n    resources:\n      requests:\n        cpu: -1",
            "8: Pod default/a: spec.containers[0].resources.requests.cpu is '-1'; it must be a quantity that is not negative, such as 500m or 100Mi"
        },
        { "kind: Pod\nmetadata:\n  uid: u\n  name: a\n  name: b\nspec: {containers: [{name: c}]}", "5: metadata.name is in the file twice; remove one" },
        { "metadata: {uid: u, name: a}", "1: the manifest has no kind; write 'kind: Pod'" },
        { "kind: List\nitems:\n- metadata: {uid: u, name: a}", "3: the manifest has no kind; write 'kind: Pod'" },
        { "kind: List\nitems:\n", "1: the list has no items; write 'items: []' for none" },
        { "kind: List\nitems: none", "2: items is 'none'; it must be a list" },
        { "\n- kind: Pod", "2: a list stands where a manifest should be" },
        { "kind: Pod\nmetadata: {", "3: While parsing a node, did not find expected node content" },
        { "kind: Pod\nspec: *nowhere", "2: *nowhere refers to nothing above it; if it is text, put it in quotes" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Each_error_names_file_line_and_reason(string text, string expected)
    {
        var reading = Read(text);

        Assert.Equal($"pod.yaml:{expected}", reading.Problems.First(problem => problem.Severity == PodProblemSeverity.Error).ToString());
    }

    public static TheoryData<string, string, int> Annotations => new()
    {
        { "nodereaper.io/kill-priority: '12'", "", 12 },
        { "nodereaper.io/kill-priority: 12", "", 12 },
        {
            "nodereaper.io/kill-priority: high",
            "nodereaper.io/kill-priority is ignored: 'high' is not a kill priority; give a whole number from -1000 to 1000, or never",
            0
        },
        {
            "nodereaper.io/kill-priority: '1001'",
            "nodereaper.io/kill-priority is ignored: '1001' is not a kill priority; give a whole number from -1000 to 1000, or never",
            0
        },
        {
            "nodereaper.io/kill-priority:",
            "nodereaper.io/kill-priority is ignored: nothing is not a kill priority; give a whole number from -1000 to 1000, or never",
            0
        },
        {
            "nodereaper.io/kill-priority: [1]",
            "nodereaper.io/kill-priority is ignored: a list is not a kill priority; give a whole number from -1000 to 1000, or never",
            0
        },
        { "nodereaper.io/kill-priority.c9: '1'", "nodereaper.io/kill-priority.c9 is ignored: the Pod has no app container of that name", 0 },
        {
            "nodereaper.io/kill-priorty: '1'",
            "nodereaper.io/kill-priorty is not known and ignored; did you mean nodereaper.io/kill-priority?",
            0
        },
        { "nodereaper.io/colour: red", "nodereaper.io/colour is not known and ignored", 0 },
    };

    [Theory]
    [MemberData(nameof(Annotations))]
    public void A_wrong_annotation_is_ignored_and_told(string annotation, string expected, int priority)
    {
        var reading = Read(new ManifestText { Annotations = [annotation] }.ToString());

        Assert.Equal(priority, Assert.Single(reading.Snapshot.Pods).Containers[0].KillPriority.Value);
        Assert.Equal(
            expected.Length == 0 ? [] : [$"pod.yaml:7: Pod default/web: annotation {expected}"],
            reading.Problems.Select(problem => problem.ToString()));
        Assert.All(reading.Problems, problem => Assert.Equal(PodProblemSeverity.Warning, problem.Severity));
    }

    [Theory]
    [InlineData("evict", AfterKill.Evict, 0)]
    [InlineData("restart", AfterKill.Restart, 0)]
    [InlineData("delete", AfterKill.Restart, 1)]
    public void What_is_to_become_of_a_Pod_after_a_kill_is_read(string value, AfterKill expected, int problems)
    {
        var reading = Read(new ManifestText { Annotations = [$"nodereaper.io/after-kill: {value}"] }.ToString());

        Assert.Equal((expected, problems), (Assert.Single(reading.Snapshot.Pods).AfterKill, reading.Problems.Count));
        Assert.All(reading.Problems, problem => Assert.Contains("'delete' is neither restart nor evict", problem.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_QoS_class_is_computed_and_told()
    {
        var reading = Read(Minimal() + "status:\n  qosClass: Golden\n");

        Assert.Equal(QosClass.BestEffort, Assert.Single(reading.Snapshot.Pods).QosClass);
        Assert.Contains("'Golden' is not known", Assert.Single(reading.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_demo_s_Pods_are_good()
    {
        var reading = new PodManifestFolder(Repository.PathOf("deploy/demo-pods"), TimeProvider.System).Read();

        Assert.Empty(reading.Problems);
        Assert.Equal(5, reading.Snapshot.Pods.Count);
    }

    private static string Minimal() => new ManifestText().ToString();

    private PodManifestFolder Folder() => new(_folder.Path, TimeProvider.System);

    [Fact]
    public void Whose_log_is_to_be_the_termination_message_is_read()
    {
        var reading = Read(
            """
            kind: Pod
            metadata: {name: a, uid: u}
            spec:
              containers:
              - {name: log, terminationMessagePolicy: FallbackToLogsOnError}
              - {name: file, terminationMessagePolicy: File}
              - {name: none}
            """);
        Assert.Equal([true, false, false], Assert.Single(reading.Snapshot.Pods).Containers.Select(container => container.FallsBackToLog));
    }

    private PodFolderReading Read(string text)
    {
        _folder.Write("pod.yaml", text);
        return Folder().Read();
    }
}
