using System.Text;
using CsCheck;
using NodeReaper.Agent.Kubernetes;

namespace NodeReaper.Agent.Tests.Kubernetes;

public sealed class TornWriteTests : IDisposable
{
    private const string Json =
        """{"kind":"PodList","items":[{"metadata":{"name":"a","uid":"u-1"},"spec":{"containers":[{"name":"c","resources":{"limits":{"memory":"100Mi"}}}]}}]}""";

    private static readonly string s_yaml = new ManifestText
    {
        Name = "ä",
        Containers = ["100m,100Mi/200m,200Mi", "/", "sidecar ,1Gi/,1Gi"],
        Annotations = ["nodereaper.io/kill-priority: '-5'"],
    }.ToString();

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_file_that_is_being_written_leaves_the_old_facts_wherever_it_ends()
    {
        var folder = new PodManifestFolder(_temporary.Path, TimeProvider.System);
        var path = _temporary.Write("pods.yaml", s_yaml);
        var before = folder.Read();
        var bytes = Encoding.UTF8.GetBytes(s_yaml);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes.AsSpan(0, length));

            var reading = folder.Read();

            Assert.Same(before.Snapshot, reading.Snapshot);
            Assert.False(reading.IsSettled);
        }
    }

    [Fact]
    public void A_file_is_taken_once_it_was_left_alone()
    {
        var clock = new SetClock(DateTimeOffset.UtcNow);
        var folder = new PodManifestFolder(_temporary.Path, clock);
        var path = _temporary.Write("pods.yaml", s_yaml);
        folder.Read();
        File.WriteAllText(path, new ManifestText { Name = "b" }.ToString());
        clock.Now = new DateTimeOffset(File.GetLastWriteTimeUtc(path)) + PodManifestFolder.Settling - TimeSpan.FromMilliseconds(1);
        Assert.Equal("ä", Assert.Single(folder.Read().Snapshot.Pods).Name);

        clock.Now += TimeSpan.FromMilliseconds(1);

        var reading = folder.Read();
        Assert.Equal("b", Assert.Single(reading.Snapshot.Pods).Name);
        Assert.True(reading.IsSettled);
    }

    [Fact]
    public void A_file_from_the_future_is_taken_at_once()
    {
        var clock = new SetClock(DateTimeOffset.UtcNow.AddDays(-1));
        var folder = new PodManifestFolder(_temporary.Path, clock);
        _temporary.Write("pods.yaml", s_yaml);
        folder.Read();

        _temporary.Write("pods.yaml", new ManifestText { Name = "b" }.ToString());

        Assert.Equal("b", Assert.Single(folder.Read().Snapshot.Pods).Name);
    }

    [Fact]
    public void JSON_that_was_torn_for_good_leaves_the_old_facts_wherever_it_ends()
    {
        var folder = new PodManifestFolder(_temporary.Path, TimeProvider.System);
        _temporary.Write("pods.json", Json);
        var before = Assert.Single(folder.Read().Snapshot.Pods);
        for (var length = 0; length < Json.Length; length++)
        {
            _temporary.Write("pods.json", Json[..length]);

            var reading = folder.Read();

            Assert.Same(before, Assert.Single(reading.Snapshot.Pods));
            Assert.NotEmpty(reading.Problems);
        }
    }

    [Fact]
    public void YAML_that_was_torn_for_good_never_loses_the_Pod()
    {
        var folder = new PodManifestFolder(_temporary.Path, TimeProvider.System);
        var bytes = Encoding.UTF8.GetBytes(s_yaml);
        for (var length = 0; length < bytes.Length; length++)
        {
            _temporary.Write("pods.yaml", s_yaml);
            folder.Read();
            _temporary.Write("pods.yaml", bytes.AsSpan(0, length));

            var reading = folder.Read();

            // What is still well-formed is believed: see docs/pods.md.
            Assert.Equal("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", Assert.Single(reading.Snapshot.Pods).Uid);
        }
    }

    [Fact]
    public void Random_bytes_never_throw_and_leave_the_old_facts() => Gen.Byte.Array[0, 300].Sample(
        bytes => AssertOldFactsUnlessGood(bytes, mayBeGood: false), iter: 1000, threads: 1);

    [Fact]
    public void Garbled_manifests_never_throw_and_leave_the_old_facts_unless_they_are_good()
    {
        var good = Encoding.UTF8.GetBytes(s_yaml);
        var snippets = new[] { "", "\n", "- ", ": ", "&a ", "*a", "[", "]", "{", "}", "\"", "'", "|", ">", "%", "!", "? ", "---\n", "\t", "\0", "<<: ", "~", "-1" };
        Gen.Select(Gen.Int[0, good.Length], Gen.Int[0, 40], Gen.OneOf(snippets)).Sample(
            (at, length, snippet) =>
                AssertOldFactsUnlessGood([.. good[..at], .. Encoding.UTF8.GetBytes(snippet), .. good[Math.Min(good.Length, at + length)..]], mayBeGood: true),
            iter: 1000,
            threads: 1);
    }

    private void AssertOldFactsUnlessGood(byte[] bytes, bool mayBeGood)
    {
        var folder = new PodManifestFolder(_temporary.Path, TimeProvider.System);
        _temporary.Write("pods.yaml", s_yaml);
        var before = Assert.Single(folder.Read().Snapshot.Pods);

        _temporary.Write("pods.yaml", bytes);
        var reading = folder.Read();

        if (!mayBeGood || reading.Problems.Any(problem => problem.Severity == PodProblemSeverity.Error))
        {
            Assert.Same(before, Assert.Single(reading.Snapshot.Pods));
        }
    }

    private sealed class SetClock(DateTimeOffset now) : TimeProvider
    {
        internal DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
