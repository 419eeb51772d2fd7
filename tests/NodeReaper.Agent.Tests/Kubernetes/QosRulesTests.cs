using NodeReaper.Agent.Kubernetes;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Tests.Kubernetes;

/// <summary>
/// The cases of kubernetes, pkg/apis/core/v1/helper/qos/qos_test.go, and some of our own. An amount is "cpu,memory", requests stand
/// before the slash and limits behind it; a container that starts with "init " or "sidecar " is one.
/// </summary>
public sealed class QosRulesTests
{
    public static TheoryData<string, string, string[], QosClass> Cases => new()
    {
        { "guaranteed", "", ["100m,100Mi/100m,100Mi"], QosClass.Guaranteed },
        { "guaranteed-guaranteed", "", ["100m,100Mi/100m,100Mi", "100m,100Mi/100m,100Mi"], QosClass.Guaranteed },
        { "best-effort-best-effort", "", ["/", "/"], QosClass.BestEffort },
        { "best-effort", "", ["/"], QosClass.BestEffort },
        { "best-effort-burstable", "", ["/", "1,/2,"], QosClass.Burstable },
        { "best-effort-guaranteed", "", ["/", "10m,100Mi/10m,100Mi"], QosClass.Burstable },
        { "burstable-cpu-guaranteed-memory", "", [",100Mi/,100Mi"], QosClass.Burstable },
        { "burstable-no-limits", "", ["100m,100Mi/"], QosClass.Burstable },
        { "burstable-guaranteed", "", ["1,100Mi/2,100Mi", "100m,100Mi/100m,100Mi"], QosClass.Burstable },
        { "burstable-unbounded-but-requests-match-limits", "", ["100m,100Mi/200m,200Mi", "100m,100Mi/"], QosClass.Burstable },
        { "burstable-1", "", ["10m,100Mi/100m,200Mi"], QosClass.Burstable },
        { "burstable-2", "", ["0,0/100m,200Mi"], QosClass.Burstable },
        { "best-effort-hugepages", "", ["0,0,1Gi/0,0,1Gi"], QosClass.BestEffort },
        { "init-container", "", ["/", "init 10m,100Mi/100m,200Mi"], QosClass.Burstable },
        { "guaranteed-with-pod-level-resources", "10m,100Mi/10m,100Mi", ["/"], QosClass.Guaranteed },
        { "guaranteed-with-pod-and-container-level-resources", "10m,100Mi/10m,100Mi", ["3m,10Mi/5m,20Mi"], QosClass.Guaranteed },
        { "burstable-with-pod-level-resources", "10m,10Mi/20m,50Mi", ["/"], QosClass.Burstable },
        { "burstable-with-pod-and-container-level-resources", "10m,10Mi/20m,50Mi", ["5m,10Mi/5m,10Mi"], QosClass.Burstable },
        { "burstable-with-pod-and-container-level-requests", "10m,10Mi/", ["5m,10Mi/"], QosClass.Burstable },
        { "burstable-with-pod-and-container-level-resources-2", "10m,10Mi/5m,", ["5m,10Mi/", "5m,10Mi/5m,10Mi"], QosClass.Burstable },

        { "a limit alone is a request", "", ["/100m,100Mi"], QosClass.Guaranteed },
        { "the same amount, written otherwise", "", ["0.1,1Gi/100m,1024Mi"], QosClass.Guaranteed },
        { "less than a thousandth of a core counts", "", ["100u,1Gi/100u,1Gi"], QosClass.Guaranteed },
        { "one byte of difference", "", ["100m,1073741823/100m,1Gi"], QosClass.Burstable },
        { "an init container without limits", "", ["100m,100Mi/100m,100Mi", "init /"], QosClass.Burstable },
        { "a sidecar without limits", "", ["100m,100Mi/100m,100Mi", "sidecar /"], QosClass.Burstable },
        { "all kinds are limited", "", ["1,1Mi/1,1Mi", "init 1,1Mi/1,1Mi", "sidecar 1,1Mi/1,1Mi"], QosClass.Guaranteed },
        { "zero everywhere", "", ["0,0/0,0"], QosClass.BestEffort },
        { "the requests are equal in sum only", "", ["1,1Mi/2,2Mi", "2,2Mi/1,1Mi"], QosClass.Guaranteed },
        { "pod-level limits alone are requests", "/10m,100Mi", ["/"], QosClass.Guaranteed },
        { "pod-level limits alone, containers ask for less", "/10m,100Mi", ["5m,50Mi/"], QosClass.Burstable },
        { "pod-level limits alone, containers ask for as much", "/10m,100Mi", ["4m,50Mi/", "sidecar 6m,50Mi/"], QosClass.Guaranteed },
        { "pod-level limits alone, an init container asks for as much", "/10m,100Mi", ["1m,1Mi/", "init 10m,100Mi/"], QosClass.Guaranteed },
        { "pod-level zero", "0,0/", ["10m,10Mi/10m,10Mi"], QosClass.BestEffort },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_class_is_that_of_Kubernetes(string name, string pod, string[] containers, QosClass expected)
    {
        var manifest = new ManifestText { Resources = pod, Containers = containers }.ToString();
        using var folder = new TemporaryFolder();
        folder.Write("pod.yaml", manifest);

        var reading = new PodManifestFolder(folder.Path, TimeProvider.System).Read();

        Assert.Empty(reading.Problems);
        Assert.True(expected == Assert.Single(reading.Snapshot.Pods).QosClass, name);
    }
}
