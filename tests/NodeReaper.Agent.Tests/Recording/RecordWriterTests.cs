using System.Text.Json;
using NodeReaper.Agent.Recording;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Agent.Tests.Recording;

public sealed class RecordWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MadeIncident _incident;

    public RecordWriterTests() => _incident = new MadeIncident(_folder);

    public void Dispose()
    {
        _incident.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_record_stays_open_for_the_decisions_that_follow_and_ends_in_time()
    {
        var policy = new RecordPolicy { Directory = _folder.PathOf("records"), After = TimeSpan.FromMilliseconds(500) };
        using var writer = new RecordWriter(_incident.Recorder, policy, null);
        _incident.Decide(new ReapPolicy());
        Assert.Null(writer.Work(isLast: false));
        _incident.Decide(new ReapPolicy());
        Assert.Null(writer.Work(isLast: false));
        Thread.Sleep(600);

        var path = Assert.IsType<string>(writer.Work(isLast: false));

        var lines = new RecordReader(path).Read().Select(line => line.Line).ToList();
        Assert.Equal((2, 2), (lines.Count(line => line.Decision is not null), lines.Count(line => line.Sample is not null)));
        Assert.Equal(lines.Count - 1, lines[^1].End?.Lines);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Null(writer.Work(isLast: true));
    }

    [Fact]
    public void A_record_ends_in_time_after_its_last_decision_not_after_its_first()
    {
        var policy = new RecordPolicy { Directory = _folder.PathOf("records"), After = TimeSpan.FromSeconds(2) };
        using var writer = new RecordWriter(_incident.Recorder, policy, null);
        _incident.Decide(new ReapPolicy());
        Assert.Null(writer.Work(isLast: false));
        Thread.Sleep(1300);
        _incident.Decide(new ReapPolicy());
        Assert.Null(writer.Work(isLast: false));
        Thread.Sleep(1000);

        Assert.Null(writer.Work(isLast: false));

        Thread.Sleep(1200);
        Assert.NotNull(writer.Work(isLast: false));
    }

    [Fact]
    public void The_oldest_records_make_room_for_bytes_too()
    {
        const int mib = 1 << 20;
        var records = Directory.CreateDirectory(_folder.PathOf("records")).FullName;
        string[] old = [.. Enumerable.Range(0, 3).Select(i => Path.Combine(records, $"2020010{i + 1}T000000.000Z-0.jsonl"))];
        Array.ForEach(old, path => File.WriteAllBytes(path, new byte[mib]));
        File.WriteAllText(Path.Combine(records, "notes.txt"), "not a record");

        var written = _incident.Record(new ReapPolicy { Record = new RecordPolicy { Directory = records, MaxBytes = 2 * mib } });

        Assert.Equal([old[2], written, Path.Combine(records, "notes.txt")], Directory.GetFiles(records).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_full_disk_costs_the_new_record_and_no_old_one_and_leaves_no_stub()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount");
        using var disk = new SmallDisk(_folder.PathOf("records"), "8k");
        var good = Path.Combine(disk.Path, "20200101T000000.000Z-0.jsonl");
        File.WriteAllText(good, "a record");
        using var writer = new RecordWriter(_incident.Recorder, new RecordPolicy { Directory = disk.Path, MaxFiles = 2 }, null);

        for (var i = 0; i < 3; i++)
        {
            _incident.Decide(new ReapPolicy());
            Assert.Throws<IOException>(() => writer.Work(isLast: false));
            Assert.Equal([good], Directory.GetFiles(disk.Path));
        }
    }

    [Fact]
    public void The_oldest_records_make_room()
    {
        var policy = new ReapPolicy { Record = new RecordPolicy { Directory = _folder.PathOf("records"), MaxFiles = 2 } };
        var first = _incident.Record(policy);
        Thread.Sleep(2);
        var second = _incident.Record(policy);
        Thread.Sleep(2);
        var third = _incident.Record(policy);

        Assert.Equal([second, third], Directory.GetFiles(policy.Record.Directory!).Order(StringComparer.Ordinal));
        Assert.False(File.Exists(first));
    }

    [Fact]
    public void What_cannot_be_written_is_told_and_the_next_decision_is_recorded()
    {
        // Root may write anywhere but below a file.
        var path = _folder.Write("records", "");
        using var writer = new RecordWriter(_incident.Recorder, new RecordPolicy { Directory = path }, null);
        _incident.Decide(new ReapPolicy());

        var error = Assert.Throws<IOException>(() => writer.Work(isLast: false));

        Assert.StartsWith($"the record of {path} could not be written: ", error.Message, StringComparison.Ordinal);
        Assert.Null(_incident.Recorder.Next);
        File.Delete(path);
        _incident.Decide(new ReapPolicy());
        Assert.NotNull(writer.Work(isLast: true));
    }

    [Fact]
    public void A_reading_is_recorded_with_all_there_is_to_it()
    {
        var reading = new PressureReading(
            1, new MemInfo(20, 3, 4, 6, 5, 16, 17), 7, true, TimeSpan.FromTicks(8), new ReclaimRates(9, 10, 11, 12), 13, TimeSpan.FromTicks(14), 15, StallPlaces.Node | StallPlaces.BestEffort);
        Assert.All(typeof(MemInfo).GetProperties(), property => Assert.NotEqual(0L, property.GetValue(reading.Memory)));
        Assert.All(
            typeof(PressureReading).GetProperties().Where(property => property.PropertyType == typeof(long)),
            property => Assert.NotEqual(0L, property.GetValue(reading)));

        var sample = new RecordSample { Slice = null, Reading = reading, Verdict = new("stall", long.MaxValue, true) };
        var json = JsonSerializer.Serialize(new RecordLine { Sample = sample }, RecordJson.Default.RecordLine);

        Assert.Equal(sample, JsonSerializer.Deserialize(json, RecordJson.Default.RecordLine)!.Sample);
    }
}
