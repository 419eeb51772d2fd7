using System.Text;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Recording;

/// <summary>Containers as a record keeps them. Made once and filled again.</summary>
/// <param name="capacity">How many there is room for.</param>
internal sealed class RecordedContainers(int capacity)
{
    private readonly RecordedCandidate[] _candidates = new RecordedCandidate[capacity];
    private readonly byte[] _text = new byte[256 * capacity];
    private int _count;
    private int _textLength;

    internal ReadOnlySpan<RecordedCandidate> All => _candidates.AsSpan(0, _count);

    internal string PathOf(in RecordedCandidate candidate) => Text(candidate.TextStart, candidate.PathLength);

    internal string PodUidOf(in RecordedCandidate candidate) => Text(candidate.TextStart + candidate.PathLength, candidate.UidLength);

    internal string ContainerIdOf(in RecordedCandidate candidate) =>
        Text(candidate.TextStart + candidate.PathLength + candidate.UidLength, candidate.IdLength);

    internal void Clear()
    {
        _count = 0;
        _textLength = 0;
    }

    // False when there is no room.
    internal bool TryAdd(in Candidate candidate)
    {
        var cgroup = candidate.Cgroup;
        if (_count == _candidates.Length || _textLength + cgroup.PathBytes.Length + cgroup.PodUid.Length + cgroup.ContainerId.Length > _text.Length)
        {
            return false;
        }

        ref var added = ref _candidates[_count++];
        added = new RecordedCandidate(
            candidate, cgroup.Id, cgroup.QosClass, cgroup.Role, cgroup.IsNodeCritical, cgroup.IsWidened)
        {
            TextStart = _textLength,
            PathLength = cgroup.PathBytes.Length,
            UidLength = cgroup.PodUid.Length,
            IdLength = cgroup.ContainerId.Length,
        };
        cgroup.PathBytes.CopyTo(_text.AsSpan(_textLength));
        _textLength += cgroup.PathBytes.Length;

        // A UID is made of bytes: it comes from a path.
        foreach (var letter in cgroup.PodUid)
        {
            _text[_textLength++] = (byte)letter;
        }

        cgroup.ContainerId.CopyTo(_text.AsSpan(_textLength));
        _textLength += cgroup.ContainerId.Length;
        return true;
    }

    private string Text(int start, int length) => Encoding.UTF8.GetString(_text.AsSpan(start, length));
}
