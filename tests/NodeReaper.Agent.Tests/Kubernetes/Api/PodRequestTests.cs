using System.Text.Json;
using System.Text.Json.Nodes;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

/// <summary>What a container is taken to have requested: what the node has set aside for it, wherever that is written.</summary>
public sealed class PodRequestTests
{
    private const long Mib = 1L << 20;

    [Fact]
    public void What_the_Pod_requests_as_a_whole_is_for_those_that_request_nothing_themselves()
    {
        var pod = Read(json =>
        {
            json["spec"]!["resources"] = JsonNode.Parse("""{"requests": {"memory": "1Gi"}}""");
            json["spec"]!["containers"]!.AsArray().Add(JsonNode.Parse("""{"name": "cache"}"""));
        });
        Assert.Equal([("app", 64 * Mib), ("cache", 0), ("mesh", 0)], Requests(pod));
        Assert.Equal(960 * Mib, pod.SharedRequestBytes);
    }

    [Fact]
    public void A_limit_of_the_Pod_is_a_request_only_where_nobody_in_it_requests_anything()
    {
        var pod = Read(json => json["spec"]!["resources"] = JsonNode.Parse("""{"limits": {"memory": "1Gi"}}"""));
        Assert.Equal(0, pod.SharedRequestBytes);
        pod = Read(json =>
        {
            json["spec"]!["resources"] = JsonNode.Parse("""{"limits": {"memory": "1Gi"}}""");
            json["spec"]!["containers"]![0]!.AsObject().Remove("resources");
        });
        Assert.Equal([("app", 0), ("mesh", 0)], Requests(pod));
        Assert.Equal(1024 * Mib, pod.SharedRequestBytes);
    }

    // In-place resize: the kubelet has not room for it, or has not got to it.
    [Theory]
    [InlineData("32Mi", 32)]
    [InlineData("60Gi", 64)]
    public void A_request_that_is_not_granted_does_not_count(string allocated, long expectedMib)
    {
        var pod = Read(json => json["status"]!["containerStatuses"]![0]!["allocatedResources"] = JsonNode.Parse($$"""{"memory": "{{allocated}}", "cpu": "1"}"""));
        Assert.Equal([("app", expectedMib * Mib), ("mesh", 0)], Requests(pod));
    }

    [Fact]
    public void What_is_allocated_and_no_quantity_is_refused() => Assert.Throws<FormatException>(() =>
        Read(json => json["status"]!["containerStatuses"]![0]!["allocatedResources"] = JsonNode.Parse("""{"memory": "much"}""")));

    [Fact]
    public void A_debug_container_is_known_and_requests_nothing()
    {
        var pod = Read(json => json["status"]!["ephemeralContainerStatuses"] =
            JsonNode.Parse("""[{"name": "debugger-x", "containerID": "containerd://e1"}, {"name": "not-yet"}]"""));
        Assert.Equal([("app", 64 * Mib), ("mesh", 0), ("debugger-x", 0)], Requests(pod));
        Assert.Equal("e1", pod.Containers[^1].ContainerId);
        Assert.Equal(QosClass.Burstable, pod.QosClass);
    }

    private static (string, long)[] Requests(PodFacts pod) => [.. pod.Containers.Select(container => (container.Name, container.MemoryRequestBytes))];

    private static PodFacts Read(Action<JsonObject> change)
    {
        var json = PodJson.Of("web");
        change(json);
        var pod = JsonSerializer.Deserialize(json.ToJsonString(), ApiJson.Default.PodObject)!;
        return PodObjects.Describe(pod).ToFacts(new ManifestFindings("the API server"));
    }
}
