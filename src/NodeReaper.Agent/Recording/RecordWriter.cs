using System.Diagnostics;
using System.Globalization;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Options;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Recording;

namespace NodeReaper.Agent.Recording;

/// <summary>
/// Writes what the flight recorder keeps: one file from some time before the first decision until some time after it, with all decisions
/// within. Used by one thread.
/// </summary>
internal sealed class RecordWriter(FlightRecorder recorder, RecordPolicy policy, string? node) : IDisposable
{
    private RecordFile? _file;
    private ReapPolicy? _policy;
    private long _endsAt;
    private long _nextSample;
    private int _files;

    /// <summary>Writes what there is to write.</summary>
    /// <param name="isLast">True to end the record that is open.</param>
    /// <returns>The record that ended now; null when none did.</returns>
    /// <exception cref="IOException">It could not be written: what was open stays torn, and the decision is not recorded.</exception>
    internal string? Work(bool isLast)
    {
        while (recorder.Next is { } decision)
        {
            try
            {
                Write(decision);
            }
            catch (Exception error)
            {
                Close();
                throw new IOException($"the record of {policy.Directory} could not be written: {error.Message}", error);
            }
            finally
            {
                recorder.Release();
            }
        }

        return _file is null ? null : Continue(isLast);
    }

    public void Dispose() => Close();

    private void Write(RecordedDecision decision)
    {
        var timestamp = decision.Occasion.Reading.Timestamp;
        if (_file is null)
        {
            Begin(timestamp);
        }

        WriteSamples();
        Adopt(decision.Policy);
        _file!.Write(new RecordLine { Decision = RecordDecisions.Of(decision) });
        _file.Flush();
    }

    private string? Continue(bool isLast)
    {
        var path = _file!.Path;
        try
        {
            WriteSamples();
            if (!isLast && Stopwatch.GetTimestamp() < _endsAt)
            {
                return null;
            }

            _file.End(recorder.Lost);
        }
        catch (Exception)
        {
            Close();
            throw;
        }

        Close();
        return path;
    }

    private void Begin(long timestamp)
    {
        Directory.CreateDirectory(policy.Directory!);
        MakeRoom();
        var time = DateTimeOffset.UtcNow - Stopwatch.GetElapsedTime(timestamp);
        var name = string.Create(CultureInfo.InvariantCulture, $"{time:yyyyMMdd'T'HHmmss.fff'Z'}-{_files++}.jsonl");
        _file = new RecordFile(Path.Combine(policy.Directory!, name));
        _file.Write(new RecordLine
        {
            Record = new RecordHeader
            {
                Version = RecordHeader.CurrentVersion,
                Agent = AgentVersion.Text,
                Node = node,
                Time = time,
                Timestamp = timestamp,
                TicksPerSecond = Stopwatch.Frequency,
            },
        });
        _endsAt = timestamp + Ticks(policy.After);
        _nextSample = FirstSince(timestamp - Ticks(policy.Before));
    }

    private long FirstSince(long timestamp)
    {
        var number = recorder.Ring.Oldest;
        while (recorder.Ring.TryRead(number, out var sample) && sample.Reading.Timestamp < timestamp)
        {
            number++;
        }

        return number;
    }

    private void WriteSamples()
    {
        _nextSample = Math.Max(_nextSample, recorder.Ring.Oldest);
        for (; recorder.Ring.TryRead(_nextSample, out var sample); _nextSample++)
        {
            Adopt(sample.Policy);
            _file!.Write(new RecordLine { Sample = RecordDecisions.Of(sample) });
        }
    }

    private void Adopt(ReapPolicy policy)
    {
        if (ReferenceEquals(policy, _policy))
        {
            return;
        }

        _policy = policy;
        using var text = new StringWriter();
        EffectivePolicy.Write(new AgentOptions { Policy = policy }, text);
        _file!.Write(new RecordLine { Policy = text.ToString() });
    }

    // Their names begin with the time.
    private void MakeRoom()
    {
        var records = Directory.GetFiles(policy.Directory!, "*Z-*.jsonl");
        Array.Sort(records, StringComparer.Ordinal);
        foreach (var record in records.AsSpan(0, Math.Max(0, records.Length - policy.MaxFiles + 1)))
        {
            File.Delete(record);
        }
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
        _policy = null;
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
