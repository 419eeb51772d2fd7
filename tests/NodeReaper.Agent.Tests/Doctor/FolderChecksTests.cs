using NodeReaper.Agent.Doctor;
using NodeReaper.Agent.Options;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Tests.Doctor;

public sealed class FolderChecksTests : IDisposable
{
    // Nobody makes files there.
    private const string Forbidden = "/proc/nodereaper";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_can_be_written_is_fine_and_nothing_is_left_there()
    {
        var termination = _folder.PathOf("kubelet/pods/uid/containers/app");
        Directory.CreateDirectory(termination);
        File.WriteAllText(Path.Combine(termination, "1a2b"), "");
        var checks = FolderChecks.All(Options(_folder.PathOf("state"), _folder.PathOf("kubelet")), talksToCluster: true).ToArray();
        Assert.Equal(["incident file", "records", "events folder", "history of kills", "kubelet folder"], checks.Select(check => check.Name));
        Assert.All(checks, check => Assert.Equal(DoctorStatus.Ok, check.Status));
        Assert.Equal(["kubelet"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void What_cannot_be_written_is_told_with_what_is_lost_and_its_key()
    {
        var checks = FolderChecks.All(Options(Forbidden, Forbidden), talksToCluster: true).ToArray();
        Assert.All(checks, check => Assert.Equal(DoctorStatus.Warning, check.Status));
        Assert.All(
            [(0, "report.incidentFile"), (1, "record.directory"), (2, "events.folder"), (3, "afterKill.history"), (4, "kubelet.terminationMessages")],
            each => Assert.Contains(each.Item2, checks[each.Item1].Fix, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_where_a_folder_should_be_is_named()
    {
        var check = FolderChecks.All(Options(_folder.Write("state", "x"), null), talksToCluster: false).First();
        Assert.Contains($"{_folder.PathOf("state")} is a file", check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_cluster_nothing_is_asked_of_what_is_for_it() => Assert.Equal(
        ["incident file", "records"], FolderChecks.All(Options(_folder.Path, null), talksToCluster: false).Select(check => check.Name));

    private static AgentOptions Options(string state, string? kubelet) => new()
    {
        Policy = new ReapPolicy
        {
            Report = new ReportPolicy { IncidentFile = $"{state}/incidents.jsonl" },
            Record = new RecordPolicy { Directory = $"{state}/records" },
        },
        Events = new EventOptions { Folder = $"{state}/events" },
        AfterKill = new AfterKillOptions { History = $"{state}/kills.json" },
        Kubelet = new KubeletOptions { Root = kubelet },
    };
}
