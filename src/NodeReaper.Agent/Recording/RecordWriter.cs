using System.Diagnostics;
using System.Globalization;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Options;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Recording;

namespace NodeReaper.Agent.Recording;

/// <summary>
/// Writes what the flight recorder keeps: one file from some time before the first decision until some time after the last one within, with
/// all of them. Used by one thread.
/// </summary>
internal sealed class RecordWriter(FlightRecorder recorder, RecordPolicy policy, string? node) : IDisposable
{
    // A node that is short for hours has many records, not one without an end.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(2);

    private readonly RecordFolder _folder = new(policy);
    private RecordFile? _file;
    private ReapPolicy? _policy;
    private bool _hasDecision;
    private long _endsAt;
    private long _endsAtLast;
    private long _nextSample;
    private long _nextLook;
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
                GiveUp();
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
        _hasDecision = true;
        _endsAt = Math.Min(timestamp + Ticks(policy.After), _endsAtLast);
    }

    private string? Continue(bool isLast)
    {
        var path = _file!.Path;
        try
        {
            WriteSamples();
            if (!isLast && Stopwatch.GetTimestamp() < _endsAt && _file.Bytes < policy.MaxBytes)
            {
                return null;
            }

            _file.End(recorder.Lost);
        }
        catch (Exception)
        {
            GiveUp();
            throw;
        }

        Close();
        _folder.MakeRoom(0);
        return path;
    }

    private void Begin(long timestamp)
    {
        Directory.CreateDirectory(policy.Directory!);
        _folder.MakeRoom(1);
        var time = DateTimeOffset.UtcNow - Stopwatch.GetElapsedTime(timestamp);
        var name = string.Create(CultureInfo.InvariantCulture, $"{time:yyyyMMdd'T'HHmmss.fff'Z'}-{_files++}.jsonl");
        _file = new RecordFile(Path.Combine(policy.Directory!, name));
        _file.Write(new RecordLine
        {
            Record = new RecordHeader
            {
                Version = RecordHeader.CurrentVersion,
                Agent = AgentVersion.Text,
                PolicyVersion = PolicyFile.FormatVersion,
                Node = node,
                Time = time,
                Timestamp = timestamp,
                TicksPerSecond = Stopwatch.Frequency,
            },
        });
        _endsAtLast = timestamp + Math.Max(Ticks(policy.After), Ticks(s_longest));
        _nextSample = FirstSince(timestamp - Ticks(policy.Before));

        // All that there are: of who was there before the first sample, the last is the newest word.
        _nextLook = recorder.Looks.Oldest;
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
            WriteLooks(sample.Reading.Timestamp);
            Adopt(sample.Policy);
            _file!.Write(new RecordLine { Sample = RecordDecisions.Of(sample) });
        }
    }

    // Those until the sample that comes next.
    private void WriteLooks(long until)
    {
        _nextLook = Math.Max(_nextLook, recorder.Looks.Oldest);
        while (recorder.Looks.TryRead(_nextLook, look => look.Timestamp, out var timestamp) && timestamp <= until)
        {
            if (recorder.Looks.TryRead(_nextLook++, look => (Line: RecordDecisions.Of(look), look.Policy), out var taken))
            {
                Adopt(taken.Policy);
                _file!.Write(new RecordLine { Look = taken.Line });
            }
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

    // What holds no decision is of no use, and would cost a good record its place. What holds one is kept, torn: it can be replayed.
    private void GiveUp()
    {
        var stub = _hasDecision ? null : _file?.Path;
        Close();
        if (stub is not null)
        {
            File.Delete(stub);
        }
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
        _policy = null;
        _hasDecision = false;
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
