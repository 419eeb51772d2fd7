using System.Security.Cryptography.X509Certificates;
using System.Text;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

/// <summary>What a kubeconfig says is done, or refused by its name.</summary>
public sealed class KubeconfigTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private ApiRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await ApiRig.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _rig.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_token_is_enough()
    {
        _rig.Cluster.Pods.Put(PodJson.Of("a"));
        await _rig.FollowAsync(access: Load("token: first"));
        Assert.NotNull(_rig.Find("a"));
    }

    [Fact]
    public async Task A_token_in_a_file_is_read_again_and_comes_before_the_one_that_stands_there()
    {
        _folder.Write("token", "first");
        using var client = new ApiClient(Load("token: stale, tokenFile: token"), ApiRig.Impatient);
        await ListAsync(client);

        _rig.Cluster.Token = "second";
        await Assert.ThrowsAsync<ApiException>(() => ListAsync(client));
        _folder.Write("token", "second");
        await ListAsync(client);
    }

    [Fact]
    public async Task Authorities_in_a_file_are_read_again()
    {
        using var others = new Certificates();
        _folder.Write("ca.crt", others.AuthorityPem);
        using var client = new ApiClient(Load("token: first", "certificate-authority: ca.crt"), ApiRig.Impatient);
        await Assert.ThrowsAsync<ApiException>(() => ListAsync(client));

        _folder.Write("ca.crt", others.AuthorityPem + _rig.Cluster.Certificates.AuthorityPem);
        await ListAsync(client);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_certificate_says_who_the_agent_is(bool inFiles)
    {
        _rig.Cluster.Token = "nobody's";
        _rig.Cluster.ClientName = "CN=agent";
        using var certificate = _rig.Cluster.Certificates.Issue("agent");
        var (shown, key) = (certificate.ExportCertificatePem(), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        _folder.Write("agent.crt", shown);
        _folder.Write("agent.key", key);
        using var client = new ApiClient(
            Load(inFiles ? "client-certificate: agent.crt, client-key: agent.key" : $"client-certificate-data: {Base64(shown)}, client-key-data: {Base64(key)}"), ApiRig.Impatient);
        await ListAsync(client);

        using var other = _rig.Cluster.Certificates.Issue("somebody");
        using var stranger = new ApiClient(
            Load($"client-certificate-data: {Base64(other.ExportCertificatePem())}, client-key-data: {Base64(other.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem())}"), ApiRig.Impatient);
        Assert.Equal(ApiFailure.Unauthorized, (await Assert.ThrowsAsync<ApiException>(() => ListAsync(stranger))).Failure);
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("kubernetes.default.svc", false)]
    public async Task The_certificate_must_have_the_name_that_it_says(string name, bool isTaken)
    {
        using var client = new ApiClient(Load("token: first", $"{Authority}, tls-server-name: {name}"), ApiRig.Impatient);
        Assert.Equal(isTaken, await Record.ExceptionAsync(() => ListAsync(client)) is null);
    }

    [Theory]
    [InlineData("insecure-skip-tls-verify: true", true)]
    [InlineData("insecure-skip-tls-verify: false", false)]
    public async Task Any_certificate_is_good_only_where_it_says_so(string cluster, bool isTaken)
    {
        using var client = new ApiClient(Load("token: first", cluster), ApiRig.Impatient);
        Assert.Equal(isTaken, await Record.ExceptionAsync(() => ListAsync(client)) is null);
    }

    [Theory]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}", "(exec)")]
    [InlineData("auth-provider: {name: gcp}", "an auth-provider")]
    [InlineData("token: x, as: admin", "(as)")]
    [InlineData("token: x, as-groups: ['system:masters']", "(as-groups)")]
    [InlineData("username: me, password: secret", "a username and a password")]
    public void What_is_not_done_is_refused_by_its_name(string user, string what)
    {
        var error = Assert.Throws<ClusterAccessException>(() => Load(user));
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.Contains("kubeconfig:6: user 'agent'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_proxy_is_refused_by_its_name() => Assert.Contains(
        "(proxy-url)", Assert.Throws<ClusterAccessException>(() => Load("token: first", $"{Authority}, proxy-url: 'http://x:1'")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("client-certificate: none.crt, client-key: none.key")]
    [InlineData("client-certificate-data: '!', client-key-data: '!'")]
    public void A_certificate_that_cannot_be_read_is_refused(string user) => Assert.Throws<ClusterAccessException>(() => Load(user));

    [Theory]
    [InlineData("not: [yaml")]
    [InlineData("kind: Config")]
    [InlineData("")]
    public void What_is_no_kubeconfig_is_refused(string text) =>
        Assert.Throws<ClusterAccessException>(() => KubeconfigFile.Load(_folder.Write("kubeconfig", text)));

    private string Authority => $"certificate-authority-data: {Base64(_rig.Cluster.Certificates.AuthorityPem)}";

    private ClusterAccess Load(string user, string? cluster = null) => KubeconfigFile.Load(_folder.Write("kubeconfig", $$"""
        apiVersion: v1
        kind: Config
        current-context: test
        contexts: [{name: test, context: {cluster: test, user: agent} }]
        clusters: [{name: test, cluster: {server: "{{_rig.Url}}", {{cluster ?? Authority}}} }]
        users: [{name: other, user: {username: x} }, {name: agent, user: { {{user}} } }]
        """));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private static Task<ListMetadata> ListAsync(ApiClient client) => client.ReadPodsAsync("api/v1/pods", _ => { }, TestContext.Current.CancellationToken);
}
