using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Polling;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>
/// A contender on a thread of normal priority, as its peer runs: a victim that wakes on the same CPU may then run first. The
/// hand-over to that thread is on the clock.
/// </summary>
internal sealed class AtNormalPriority : IContender, IDisposable
{
    private readonly IContender _contender;
    private readonly WakeUp _asked = new();
    private readonly WakeUp _done = new();
    private volatile bool _isStopping;
    private CgroupDirectory _cgroup;
    private MemoryUse _before;
    private TimeSpan _deadline;
    private KillAnswer _answer;

    internal AtNormalPriority(IContender contender)
    {
        _contender = contender;

        // The thread that makes this one is a real-time one, but does not pass that on.
        new Thread(Work) { IsBackground = true, Name = "normal" }.Start();
    }

    public string Name => $"{_contender.Name}, at normal priority";

    public KillAnswer Kill(CgroupDirectory cgroup, in MemoryUse before, TimeSpan deadline)
    {
        (_cgroup, _before, _deadline) = (cgroup, before, deadline);
        _asked.Raise();

        // A signal, such as the end of the victim, ends a wait early.
        while (!_done.Wait(-1))
        {
        }

        return _answer;
    }

    public void Dispose()
    {
        _isStopping = true;
        _asked.Raise();
    }

    private void Work()
    {
        while (!_isStopping)
        {
            if (_asked.Wait(-1) && !_isStopping)
            {
                _answer = _contender.Kill(_cgroup, _before, _deadline);
                _done.Raise();
            }
        }
    }
}
