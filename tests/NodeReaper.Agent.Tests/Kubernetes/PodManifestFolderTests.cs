using NodeReaper.Agent.Kubernetes;

namespace NodeReaper.Agent.Tests.Kubernetes;

public sealed class PodManifestFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly PodManifestFolder _folder;

    public PodManifestFolderTests() => _folder = new PodManifestFolder(_temporary.Path, TimeProvider.System);

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void An_empty_folder_has_no_Pods()
    {
        var reading = _folder.Read();

        Assert.Empty(reading.Snapshot.Pods);
        Assert.Empty(reading.Problems);
        Assert.True(reading.IsSettled);
    }

    [Fact]
    public void Only_manifests_are_read()
    {
        _temporary.Write("a.yaml", Pod("a"));
        _temporary.Write("b.yml", Pod("b"));
        _temporary.Write(".c.yaml", Pod("c"));
        _temporary.Write("d.txt", Pod("d"));
        _temporary.Write("e.yaml.bak", Pod("e"));
        Directory.CreateDirectory(_temporary.PathOf("f.yaml"));

        Assert.Equal("a b", Names(_folder.Read()));
    }

    [Fact]
    public void Without_a_change_the_reading_is_the_same()
    {
        _temporary.Write("a.yaml", Pod("a"));
        var first = _folder.Read();

        Assert.Same(first.Snapshot, _folder.Read().Snapshot);
    }

    [Fact]
    public void News_are_taken_and_deleted_files_forgotten()
    {
        _temporary.Write("a.yaml", Pod("a"));
        var b = _temporary.Write("b.yaml", Pod("b"));
        Assert.Equal("a b", Names(_folder.Read()));

        _temporary.Write("a.yaml", Pod("a2"));
        File.Delete(b);
        _temporary.Write("c.yaml", Pod("c"));

        Assert.Equal("a2 c", Names(_folder.Read()));
    }

    [Fact]
    public void A_bad_file_keeps_its_last_good_Pods_while_the_news_of_others_is_taken()
    {
        _temporary.Write("a.yaml", Pod("a") + "---\n" + Pod("a2"));
        _temporary.Write("b.yaml", Pod("b"));
        _folder.Read();

        _temporary.Write("a.yaml", Pod("changed") + "---\nkind: [");
        _temporary.Write("b.yaml", Pod("b2"));
        var reading = _folder.Read();

        Assert.Equal("a a2 b2", Names(reading));
        Assert.Equal(
            [
                "a.yaml:15: While parsing a node, did not find expected node content",
                "a.yaml: 2 Pods last good in it stay, until all of it is good",
            ],
            reading.Problems.Select(problem => problem.ToString()));

        _temporary.Write("a.yaml", Pod("changed"));
        reading = _folder.Read();
        Assert.Equal("b2 changed", Names(reading));
        Assert.Empty(reading.Problems);
    }

    [Fact]
    public void A_bad_file_that_was_never_good_gives_the_Pods_that_are()
    {
        _temporary.Write("a.yaml", Pod("a") + "---\nkind: Pod\n---\n" + Pod("c"));

        var reading = _folder.Read();

        Assert.Equal("a c", Names(reading));
        Assert.Contains("a.yaml: 2 Pods in it that are good are taken", reading.Problems.Select(problem => problem.ToString()));
    }

    [Fact]
    public void A_bad_file_that_is_deleted_takes_its_Pods_with_it()
    {
        var path = _temporary.Write("a.yaml", Pod("a"));
        _folder.Read();
        _temporary.Write("a.yaml", "kind: [");
        Assert.Equal("a", Names(_folder.Read()));

        File.Delete(path);

        var reading = _folder.Read();
        Assert.Empty(reading.Snapshot.Pods);
        Assert.Empty(reading.Problems);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("# to do\n---\n")]
    [InlineData("apiVersion: v1\nkind: Po")]
    public void An_emptied_file_keeps_its_Pods(string text)
    {
        _temporary.Write("a.yaml", Pod("a"));
        _folder.Read();

        _temporary.Write("a.yaml", text);
        var reading = _folder.Read();

        Assert.Equal("a", Names(reading));
        Assert.Equal("a.yaml: has no Pods any more; delete it if they are gone; 1 Pods last good in it stay", Assert.Single(reading.Problems).ToString());
    }

    [Fact]
    public void An_empty_list_drops_its_Pods()
    {
        _temporary.Write("a.yaml", Pod("a"));
        _folder.Read();

        _temporary.Write("a.yaml", "kind: List\nitems: []\n");

        Assert.Empty(_folder.Read().Snapshot.Pods);
    }

    [Fact]
    public void Of_two_Pods_with_the_same_UID_the_first_counts()
    {
        _temporary.Write("b.yaml", Pod("second", uid: "u-1"));
        _temporary.Write("a.yaml", Pod("first", uid: "u-1"));

        var reading = _folder.Read();

        Assert.Equal("first", Names(reading));
        Assert.Equal(
            "b.yaml:1: Pod default/second has the UID u-1 of the one at a.yaml:1, and is ignored", Assert.Single(reading.Problems).ToString());

        File.Delete(_temporary.PathOf("a.yaml"));
        Assert.Equal("second", Names(_folder.Read()));
    }

    [Fact]
    public void A_folder_that_vanishes_leaves_what_was_last_good()
    {
        var path = Path.Combine(_temporary.Path, "pods");
        Directory.CreateDirectory(path);
        _temporary.Write("pods/a.yaml", Pod("a"));
        var folder = new PodManifestFolder(path, TimeProvider.System);
        folder.Read();

        Directory.Delete(path, recursive: true);
        var reading = folder.Read();

        Assert.Equal("a", Names(reading));
        Assert.Equal($"{path}: there is no such folder; what was last good stays", Assert.Single(reading.Problems).ToString());

        Directory.CreateDirectory(path);
        Assert.Empty(folder.Read().Snapshot.Pods);
    }

    [Fact]
    public void A_link_that_leads_nowhere_keeps_the_last_good_Pods()
    {
        var target = _temporary.Write("target", Pod("a"));
        File.CreateSymbolicLink(_temporary.PathOf("a.yaml"), target);
        Assert.Equal("a", Names(_folder.Read()));

        File.Delete(target);
        var reading = _folder.Read();

        Assert.Equal("a", Names(reading));
        Assert.Equal(
            "a.yaml: cannot be opened, maybe a link that leads nowhere; 1 Pods last good in it stay", Assert.Single(reading.Problems).ToString());
        Assert.Same(reading.Snapshot, _folder.Read().Snapshot);
    }

    [Fact]
    public void A_file_above_the_limit_is_refused()
    {
        _temporary.Write("a.yaml", Pod("a"));
        _folder.Read();

        _temporary.Write("a.yaml", Pod("b") + new string('#', PodManifestFile.MaxBytes));
        var reading = _folder.Read();

        Assert.Equal("a", Names(reading));
        Assert.Equal("a.yaml: is longer than 4 MiB", reading.Problems[0].ToString());
    }

    [Fact]
    public void More_than_ten_thousand_Pods_are_refused()
    {
        for (var file = 0; file < 4; file++)
        {
            _temporary.Write($"{file}.yaml", string.Join("---\n", Enumerable.Range(0, 2500).Select(i => Small($"p-{file}-{i}"))));
        }

        Assert.Equal(10_000, _folder.Read().Snapshot.Pods.Count);

        _temporary.Write("one-more.yaml", Pod("z"));
        var reading = _folder.Read();

        Assert.Equal(10_000, reading.Snapshot.Pods.Count);
        Assert.Equal(
            "one-more.yaml: with its 1 Pods there would be more than 10000 Pods; 0 Pods last good in it stay", Assert.Single(reading.Problems).ToString());

        File.Delete(_temporary.PathOf("0.yaml"));
        reading = _folder.Read();

        Assert.Equal(7501, reading.Snapshot.Pods.Count);
        Assert.Empty(reading.Problems);
    }

    [Fact]
    public void A_document_with_too_many_values_is_refused()
    {
        _temporary.Write("a.yaml", "kind: PodList\nitems:\n" + string.Concat(Enumerable.Repeat("- kind: Pod\n", 50_000)));

        Assert.Equal(
            "a document may have 50000 values at most; split it",
            _folder.Read().Problems.First(problem => problem.Severity == PodProblemSeverity.Error).Message);
    }

    [Fact]
    public void More_than_twenty_thousand_containers_are_refused()
    {
        var containers = string.Join(", ", Enumerable.Range(0, 2000).Select(i => $"{{name: c{i}}}"));
        for (var file = 0; file < 11; file++)
        {
            _temporary.Write($"{file:00}.yaml", $"kind: Pod\nmetadata: {{name: a, uid: u-{file}}}\nspec: {{containers: [{containers}]}}\n");
        }

        var reading = _folder.Read();

        Assert.Equal(10, reading.Snapshot.Pods.Count);
        Assert.Equal(
            "10.yaml: with its 1 Pods there would be more than 20000 containers; 0 Pods last good in it stay",
            Assert.Single(reading.Problems).ToString());
    }

    [Theory]
    [InlineData("kind: Pod\nmetadata: {name: 'X'}\n", "a value may be 4096 characters long at most")]
    [InlineData("kind: Pod\nmetadata:\n  annotations:\n    ? nodereaper.io/X\n    : 1\n", "a value may be 4096 characters long at most")]
    [InlineData("kind: Pod\nother: 'X'\n", "Pod default/(no name): metadata.name is missing")]
    public void Long_values_count_only_where_they_are_read(string text, string expected)
    {
        _temporary.Write("a.yaml", text.Replace("X", new string('x', 5000), StringComparison.Ordinal));

        Assert.Contains(_folder.Read().Problems, problem => problem.Message == expected);
    }

    [Fact]
    public void Values_in_messages_are_short_and_of_one_line()
    {
        _temporary.Write("a.yaml", "kind: Pod\nmetadata: {name: \"a\\nb" + new string('x', 300) + "\", uid: u}\nspec: {containers: [{name: c}]}\n");

        var problem = _folder.Read().Problems[0].ToString();

        Assert.DoesNotContain('\n', problem);
        Assert.InRange(problem.Length, 1, 300);
    }

    [Fact]
    public void Many_problems_of_a_file_are_told_in_part()
    {
        _temporary.Write("a.yaml", "kind: PodList\nitems:\n" + string.Concat(Enumerable.Repeat("- kind: Pod\n  metadata: {name: a, uid: u}\n", 60)));

        var reading = _folder.Read();

        Assert.Contains("a.yaml: 10 more problems are not shown", reading.Problems.Select(problem => problem.ToString()));
        Assert.Equal(ManifestFindings.MaxTold + 2, reading.Problems.Count);
    }

    [Fact]
    public void A_pipe_is_not_waited_for()
    {
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [_temporary.PathOf("a.yaml")]);
        mkfifo.WaitForExit();
        Assert.SkipUnless(mkfifo.ExitCode == 0, "mkfifo failed");

        Assert.Empty(_folder.Read().Snapshot.Pods);
    }

    [Fact]
    public void The_files_of_a_mounted_ConfigMap_are_followed()
    {
        var volume = new ConfigMapVolume(_temporary);
        volume.Swap(("pods.yaml", Pod("a")), ("more.yaml", Pod("b")));
        var reading = _folder.Read();
        Assert.Equal("a b", Names(reading));

        volume.Swap(("pods.yaml", Pod("c")), ("more.yaml", Pod("b")));
        Assert.Equal("b c", Names(_folder.Read()));
    }

    [Fact]
    public void A_ConfigMap_of_the_same_size_and_time_is_news()
    {
        var volume = new ConfigMapVolume(_temporary);
        volume.Swap(("pods.yaml", Pod("a")));
        _folder.Read();
        var written = File.GetLastWriteTimeUtc(_temporary.PathOf("..data/pods.yaml"));

        volume.Swap(("pods.yaml", Pod("b")));
        File.SetLastWriteTimeUtc(_temporary.PathOf("..data/pods.yaml"), written);

        Assert.Equal("b", Names(_folder.Read()));
    }

    private static string Names(PodFolderReading reading) => string.Join(' ', reading.Snapshot.Pods.Select(pod => pod.Name).Order(StringComparer.Ordinal));

    private static string Pod(string name, string? uid = null) => new ManifestText { Name = name, Uid = uid ?? $"uid-{name}" }.ToString();

    private static string Small(string name) => $"kind: Pod\nmetadata: {{name: {name}, uid: {name}}}\nspec: {{containers: [{{name: c}}]}}\n";
}
