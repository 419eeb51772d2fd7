using System.Text.Json;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Reporting;

public sealed class IncidentFileSinkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder.PathOf("incidents.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_report_is_a_line_of_JSON()
    {
        var sink = Sink();
        Write(sink, 2);

        Assert.Equal(2, Lines(File).Count);
        Assert.All(Lines(File), line => Assert.Equal(("node-1", "killed"), (line.GetProperty("node").GetString(), line.GetProperty("kind").GetString())));
    }

    [Fact]
    public void The_lines_of_an_agent_before_this_one_stay()
    {
        Write(Sink(), 1);
        Write(Sink(), 1);

        Assert.Equal(2, Lines(File).Count);
    }

    [Fact]
    public void A_folder_that_is_missing_is_made()
    {
        var path = _folder.PathOf("a/b/incidents.jsonl");
        Write(new IncidentFileSink(path, null, 1 << 20), 1);

        Assert.Single(Lines(path));
    }

    [Fact]
    public void A_file_that_is_full_is_moved_aside_and_there_are_two_at_the_most()
    {
        var sink = Sink(maxBytes: 1);
        Write(sink, 3);

        Assert.Single(Lines(File));
        Assert.Single(Lines(File + ".1"));
        Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public void A_file_that_somebody_rotated_or_removed_is_made_anew()
    {
        var sink = Sink();
        Write(sink, 1);
        System.IO.File.Move(File, _folder.PathOf("rotated"));
        Write(sink, 1);
        Assert.Single(Lines(File));

        System.IO.File.Delete(File);
        Write(sink, 1);
        Assert.Single(Lines(File));
        Assert.Single(Lines(_folder.PathOf("rotated")));
    }

    [Fact]
    public void A_file_that_somebody_copied_and_truncated_begins_with_the_next_line()
    {
        var sink = Sink();
        Write(sink, 2);
        using (var file = System.IO.File.OpenWrite(File))
        {
            file.SetLength(0);
        }

        Write(sink, 1);
        Assert.Single(Lines(File));
    }

    [Fact]
    public void What_cannot_be_written_is_told_by_name_and_the_next_line_is_written_once_it_can()
    {
        // Root may write anywhere but below a file.
        var inTheWay = _folder.Write("folder", "");
        var path = Path.Combine(inTheWay, "incidents.jsonl");
        var sink = new IncidentFileSink(path, null, 1 << 20);
        var error = Assert.Throws<IOException>(() => Write(sink, 1));
        Assert.StartsWith($"cannot write the incident file {path}: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(error.Message, sink.Problem());

        System.IO.File.Delete(inTheWay);
        Assert.Null(sink.Problem());
        Write(sink, 1);
        Assert.Single(Lines(path));
    }

    private IncidentFileSink Sink(long maxBytes = 1 << 20) => new(File, "node-1", maxBytes);

    private static void Write(IncidentFileSink sink, int count)
    {
        for (var i = 0; i < count; i++)
        {
            sink.Write(Reports.Of(ReportKind.Killed));
        }
    }

    private static List<JsonElement> Lines(string path) =>
        [.. System.IO.File.ReadAllLines(path).Select(line => JsonDocument.Parse(line).RootElement)];
}
