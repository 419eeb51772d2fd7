using System.Diagnostics;
using NodeReaper.Benchmarks.Contenders;
using NodeReaper.Benchmarks.Victims;

namespace NodeReaper.Benchmarks.Kills;

/// <summary>Starts a victim, has a contender kill it, and takes the observer's times.</summary>
internal sealed class KillRound : IDisposable
{
    // Page tables and kernel stacks stay below this share of what the victim used.
    private const int ResidueDivisor = 64;

    // The kernel charges in batches of 64 pages a CPU, and leaves what is left of them charged.
    private const int BatchPages = 64;

    // Long enough for a spinning victim to use up its quota, for readers to be within a read, for writers to be blocked.
    private const int SettleMilliseconds = 20;
    private const int LongSettleMilliseconds = 250;

    private readonly Observer _observer = new();
    private readonly string _program;
    private readonly CgroupPlaces _places;
    private readonly FreezableFileSystem? _frozen;
    private int _number;

    /// <summary>Makes one.</summary>
    /// <param name="program">The victim program.</param>
    /// <param name="places">Where cgroups are made.</param>
    /// <param name="frozen">A file system that can be frozen; null where there is none.</param>
    internal KillRound(string program, CgroupPlaces places, FreezableFileSystem? frozen)
    {
        _program = program;
        _places = places;
        _frozen = frozen;
    }

    internal KillSample Run(VictimShape shape, IContender contender, VictimGroup others)
    {
        using var group = new VictimGroup(_places, $"v{_number++}", shape.CpuPercent > 0);
        var baseline = group.Charge.Read();
        using var victim = RunningVictim.Start(_program, shape, group, others, _frozen?.File);
        try
        {
            Prepare(shape, group);
            var before = group.ReadUse();
            var residue = Math.Max((group.Charge.Read() - baseline) / ResidueDivisor, BatchPages * Environment.SystemPageSize * Environment.ProcessorCount);
            GC.Collect();
            _observer.Watch(group, baseline + residue);
            var decidedAt = _observer.Decide(shape.Deadline);
            var answer = contender.Kill(group.Directory, before, shape.Deadline);
            var (freedAt, deadAt) = _observer.Wait();
            return new KillSample(
                Milliseconds(decidedAt, answer.SignalledAt), Milliseconds(decidedAt, freedAt), Milliseconds(decidedAt, deadAt), answer.Releases);
        }
        finally
        {
            _frozen?.Thaw();
            while (contender.LetGo() > 0)
            {
                Thread.Sleep(1);
            }
        }
    }

    public void Dispose() => _observer.Dispose();

    private void Prepare(VictimShape shape, VictimGroup group)
    {
        if (shape.SwappedOutMib > 0)
        {
            group.Reclaim((long)shape.SwappedOutMib << 20);
        }

        group.SetNice(shape.Nice);
        if (shape.CpuPercent > 0)
        {
            group.LimitCpu(shape.CpuPercent);
        }

        if (shape.IsFrozen)
        {
            _frozen!.Freeze();
        }

        var isSlow = shape.CpuPercent > 0 || shape.Nice > 0 || shape.ReadFiles.Count > 0 || shape.IsFrozen;
        Thread.Sleep(isSlow ? LongSettleMilliseconds : SettleMilliseconds);
    }

    private static double Milliseconds(long from, long to) =>
        to == 0 ? double.PositiveInfinity : Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}
