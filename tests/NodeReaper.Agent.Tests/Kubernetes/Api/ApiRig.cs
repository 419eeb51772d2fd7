using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Engine.Candidates;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

/// <summary>An API server with a cluster of its own, and a source of Pods that follows it, with less patience than the agent's.</summary>
internal sealed class ApiRig : IAsyncDisposable
{
    internal static readonly ApiTimings Impatient = new()
    {
        Request = TimeSpan.FromSeconds(2),
        Silence = TimeSpan.FromSeconds(1),
        FirstDelay = TimeSpan.FromMilliseconds(20),
        LongestDelay = TimeSpan.FromMilliseconds(600),
        Relist = TimeSpan.FromMilliseconds(50),
        Poll = TimeSpan.FromMilliseconds(50),
        Publish = TimeSpan.FromMilliseconds(10),
    };

    private readonly TemporaryFolder _folder = new();
    private ApiServer? _server;
    private ApiClient? _client;
    private ApiPodSource? _source;

    internal Cluster Cluster { get; } = new() { Token = "first", BookmarkEvery = TimeSpan.FromMilliseconds(300) };

    internal PodBoard Board { get; } = new();

    internal RecordingLogger<ApiPodSource> Log { get; } = new();

    internal List<PodProblem> Problems { get; } = [];

    internal string TokenFile => _folder.PathOf("token");

    internal string AuthorityFile => _folder.PathOf("ca.crt");

    internal Uri Url { get; private set; } = null!;

    internal static async Task<ApiRig> StartAsync()
    {
        var rig = new ApiRig();
        File.WriteAllText(rig.TokenFile, "first");
        File.WriteAllText(rig.AuthorityFile, rig.Cluster.Certificates.AuthorityPem);
        await rig.StartServerAsync();
        return rig;
    }

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
        {
            await _source.StopAsync(CancellationToken.None);
            _source.Dispose();
        }

        _client?.Dispose();
        await StopServerAsync();
        Cluster.Dispose();
        _folder.Dispose();
    }

    internal async Task StartServerAsync()
    {
        _server = await ApiServer.StartAsync(Cluster, Url?.Port ?? 0);
        Url = _server.Url;
    }

    internal async Task StopServerAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
            _server = null;
        }
    }

    internal ClusterAccess Access => new(Url) { Token = BearerToken.InFile(TokenFile), Roots = TrustedRoots.InFile(AuthorityFile) };

    internal ApiClient Client(ApiTimings? timings = null, ClusterAccess? access = null) => _client ??= new ApiClient(access ?? Access, timings ?? Impatient);

    internal Task FollowAsync(ApiTimings? timings = null, ClusterAccess? access = null)
    {
        timings ??= Impatient;
        _source = new ApiPodSource(PodJson.Node, Client(timings, access), timings, Board, Problems.Add, Log);
        return _source.StartAsync(TestContext.Current.CancellationToken);
    }

    internal PodFacts? Find(string name) => Board.Newest.Find($"uid-{name}");

    internal Task Knows(params string[] names) => Soon.Until(() =>
        Board.Newest.Pods.Select(pod => pod.Name).Order(StringComparer.Ordinal).SequenceEqual(names.Order(StringComparer.Ordinal)));

    internal bool HasLogged(string start) => Log.Lines.Any(line => line.StartsWith(start, StringComparison.Ordinal));
}
