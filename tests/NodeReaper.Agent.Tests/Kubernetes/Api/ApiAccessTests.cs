using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

/// <summary>How the agent reaches an API server, as whom, and whom it does not believe.</summary>
public sealed class ApiAccessTests
{
    [Fact]
    public async Task It_is_spoken_over_HTTP_2()
    {
        await using var rig = await ApiRig.StartAsync();
        var version = await rig.Client().CallAsync(
            HttpMethod.Get, "api/v1/pods", null, (response, _) => Task.FromResult(response.Version), TestContext.Current.CancellationToken);
        Assert.Equal(new Version(2, 0), version);
    }

    [Fact]
    public async Task A_token_that_was_rotated_on_disk_is_read_again_when_the_old_one_is_refused()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await rig.FollowAsync();

        rig.Cluster.Token = "second";
        rig.Cluster.BreakWatches();
        await Soon.Until(() => rig.Log.Lines.Any(line => line.Contains(": 401 Unauthorized", StringComparison.Ordinal)));
        rig.Cluster.Pods.Put(PodJson.Of("b"));
        File.WriteAllText(rig.TokenFile, "second\n");

        await rig.Knows("a", "b");
    }

    [Fact]
    public async Task Without_a_token_it_says_what_is_missing()
    {
        await using var rig = await ApiRig.StartAsync();
        File.Delete(rig.TokenFile);
        await rig.FollowAsync();
        await Soon.Until(() => rig.Log.Lines.Any(line => line.Contains($"there is no token in {rig.TokenFile}", StringComparison.Ordinal)));
        Assert.Empty(rig.Cluster.Requests);
    }

    [Fact]
    public async Task A_server_of_another_authority_does_not_get_the_token()
    {
        await using var rig = await ApiRig.StartAsync();
        using var others = new Certificates();
        File.WriteAllText(rig.AuthorityFile, others.AuthorityPem);
        await rig.FollowAsync();
        await Soon.Until(() => rig.Log.Lines.Any(line => line.Contains("TLS: ", StringComparison.Ordinal)));
        Assert.Empty(rig.Cluster.Requests);

        // The file is read again: authorities are rotated, too.
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        File.WriteAllText(rig.AuthorityFile, others.AuthorityPem + rig.Cluster.Certificates.AuthorityPem);
        await rig.Knows("a");
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("kubernetes.default.svc", false)]
    public async Task The_certificate_must_have_the_name_that_is_asked_for(string name, bool isTaken)
    {
        await using var rig = await ApiRig.StartAsync();
        using var client = new ApiClient(rig.Access with { TlsServerName = name }, ApiRig.Impatient);
        var call = client.ReadPodsAsync("api/v1/pods", _ => { }, TestContext.Current.CancellationToken);
        if (isTaken)
        {
            await call;
        }
        else
        {
            Assert.Equal(ApiFailure.Unreachable, (await Assert.ThrowsAsync<ApiException>(() => call)).Failure);
        }
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Script.Next(ApiVerb.ListPods, context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = "https://127.0.0.1:1/api/v1/pods";
            return Task.CompletedTask;
        });
        var error = await Assert.ThrowsAsync<ApiException>(
            () => rig.Client().ReadPodsAsync("api/v1/pods", _ => { }, TestContext.Current.CancellationToken));
        Assert.Equal(ApiFailure.Rejected, error.Failure);
    }

    [Fact]
    public async Task After_several_failures_in_a_row_the_server_is_left_alone()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Script.Always(ApiVerb.ListPods, Faults.Status(503, "ServiceUnavailable", "apiserver not ready"));
        for (var i = 0; i < 20; i++)
        {
            await Assert.ThrowsAsync<ApiException>(() => rig.Client().ReadPodsAsync("api/v1/pods", _ => { }, TestContext.Current.CancellationToken));
        }

        Assert.InRange(rig.Cluster.Count(ApiVerb.ListPods), 5, 8);
    }

    [Theory]
    [InlineData(0, 0.5, 1)]
    [InlineData(1, 1, 2)]
    [InlineData(3, 4, 8)]
    [InlineData(10, 30, 60)]
    [InlineData(int.MaxValue, 30, 60)]
    public void Delays_double_up_to_a_minute_and_half_of_each_is_chance(int attempt, double least, double most)
    {
        var delays = Enumerable.Range(0, 200)
            .Select(_ => ApiPipelines.DelayAfter(new ApiTimings(), attempt, new ApiException(ApiFailure.Unreachable, "")).TotalSeconds).ToList();
        Assert.All(delays, delay => Assert.InRange(delay, least, most));
        Assert.True(delays.Max() - delays.Min() > (most - least) / 2);
    }

    [Theory]
    [InlineData(5, 5, 6)]
    [InlineData(86400, 600, 601)]
    public void Retry_After_is_heeded_but_not_for_ever(int seconds, double least, double most) => Assert.InRange(
        ApiPipelines.DelayAfter(new ApiTimings(), 0, new ApiException(ApiFailure.Throttled, "", TimeSpan.FromSeconds(seconds))).TotalSeconds, least, most);

    [Fact]
    public void Lists_after_the_past_is_gone_are_spread_over_ten_seconds()
    {
        var delays = Enumerable.Range(0, 500)
            .Select(_ => ApiPipelines.DelayAfter(new ApiTimings(), 0, new ApiException(ApiFailure.Gone, "")).TotalSeconds).ToList();
        Assert.All(delays, delay => Assert.InRange(delay, 0, 10));
        Assert.InRange(delays.Count(delay => delay < 5), 150, 350);
        Assert.True(delays.Max() > 9);
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(2, 40)]
    [InlineData(3, 60)]
    [InlineData(int.MaxValue, 60)]
    public void A_past_that_is_gone_again_and_again_is_listed_less_and_less_often(int attempt, double most)
    {
        var delays = Enumerable.Range(0, 500)
            .Select(_ => ApiPipelines.DelayAfter(new ApiTimings(), attempt, new ApiException(ApiFailure.Gone, "")).TotalSeconds).ToList();
        Assert.All(delays, delay => Assert.InRange(delay, 0, most));
        Assert.True(delays.Max() > most * 0.9);
    }
}
