using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Scheduling;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>
/// The hold that ends as soon as the release is under way, so that the victim frees its memory together with the one thread that
/// releases it: what the agent's hold, to the end and with two threads, is compared with. Nothing says that the release has
/// found the mm; it is given a while from its start.
/// </summary>
internal sealed class HoldUntilPinned : IContender, IDisposable
{
    private const int PinMicroseconds = 100;

    private readonly CgroupProcesses _listed = new(32768);
    private readonly List<Pidfd> _opened = new(4096);
    private readonly List<int> _held = new(4096);
    private readonly WakeUp _asked = new();
    private volatile int _begun;
    private volatile bool _isDone;
    private volatile bool _isStopping;
    private int _mayGo;
    private ReleaseTally _tally;

    internal HoldUntilPinned() => new Thread(Work) { IsBackground = true, Name = "release" }.Start();

    public string Name => "hold until pinned, one thread";

    public KillAnswer Kill(CgroupDirectory cgroup, in MemoryUse before, TimeSpan deadline)
    {
        var end = Stopwatch.GetTimestamp() + (long)(deadline.TotalSeconds * Stopwatch.Frequency);
        HoldAll(cgroup);
        _ = cgroup.Kill();
        var signalledAt = Stopwatch.GetTimestamp();
        (_begun, _isDone, _tally) = (0, false, default);
        _asked.Raise();
        for (var i = 0; i < _opened.Count; i++)
        {
            SpinUntil(i, end);
            _mayGo = i + 1;
            _ = LetGo();
        }

        while ((LetGo() > 0 || !_isDone) && Stopwatch.GetTimestamp() < end)
        {
            SelfProtection.Sleep(20);
        }

        _opened.ForEach(process => process.Close());
        return new KillAnswer(_tally, signalledAt);
    }

    public int LetGo()
    {
        var held = 0;
        for (var i = 0; i < _mayGo; i++)
        {
            _held[i] = _held[i] == 0 || ExitHold.TryLetGo(_held[i]) != Errno.EAGAIN ? 0 : _held[i];
            held += _held[i] == 0 ? 0 : 1;
        }

        return held;
    }

    public void Dispose()
    {
        _isStopping = true;
        _asked.Raise();
    }

    private void HoldAll(CgroupDirectory cgroup)
    {
        _mayGo = 0;
        _opened.Clear();
        _held.Clear();
        _ = _listed.Read(cgroup);
        foreach (var processId in _listed.Ids)
        {
            var opened = Pidfd.Open(processId);
            if (opened.Succeeded)
            {
                _opened.Add(new Pidfd(new FileDescriptor((int)opened.Value)));
                _held.Add(ExitHold.Seize(processId).IsNone ? processId : 0);
            }
        }
    }

    private void SpinUntil(int index, long end)
    {
        while (_begun <= index && Stopwatch.GetTimestamp() < end)
        {
            Thread.SpinWait(20);
        }

        var pinnedAt = Stopwatch.GetTimestamp() + (PinMicroseconds * Stopwatch.Frequency / 1_000_000);
        while (Stopwatch.GetTimestamp() < pinnedAt)
        {
            Thread.SpinWait(20);
        }
    }

    private void Work()
    {
        _ = KillPathThread.Prefer();
        while (!_isStopping)
        {
            if (!_asked.Wait(-1) || _isStopping)
            {
                continue;
            }

            var begun = 0;
            foreach (var process in _opened)
            {
                _begun = ++begun;
                _tally = _tally.With(process.ReleaseMemory());
            }

            _isDone = true;
        }
    }
}
