using System.Runtime.InteropServices;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Candidates;

/// <summary>
/// Every container's cgroup on the node, kept up to date by walking the kubepods trees. A walk that finds nothing new
/// allocates nothing; what is new is taken from a pool.
/// </summary>
public sealed class KubepodsTree : IDisposable
{
    // Enough for kind in a container in a slice; nobody nests deeper.
    private const int MaxRootDepth = 8;
    private const int MaxPathLength = 1024;
    private const int EntriesLength = 8192;
    private const int PoolSize = 256;

    private readonly FileDescriptor _root;
    private readonly Dictionary<long, ContainerCgroup> _byId = new(2048);
    private readonly List<ContainerCgroup> _containers = new(2048);
    private readonly Stack<ContainerCgroup> _pool = new(2048);
    private readonly List<byte[]> _kubepods = new(8);
    private readonly List<SlicePath> _slices = new(8);
    private readonly List<SlicePath> _beside = new(32);
    private readonly byte[][] _entries = new byte[MaxRootDepth + 4][];
    private readonly byte[] _path = new byte[MaxPathLength];
    private long _walk;
    private bool _isWalkComplete;

    /// <summary>Opens the cgroup root.</summary>
    /// <param name="cgroupRoot">Where cgroup v2 is mounted, such as <c>/sys/fs/cgroup</c>.</param>
    /// <exception cref="IOException">There is no such directory, or it may not be read.</exception>
    public KubepodsTree(string cgroupRoot)
    {
        Root = cgroupRoot;
        _root = FileDescriptor.OpenDirectory(cgroupRoot, out var error);
        if (!_root.IsOpen)
        {
            throw new IOException($"cannot open the cgroup root {cgroupRoot}: {error}; set --cgroup-root to where cgroup v2 is mounted");
        }

        for (var i = 0; i < _entries.Length; i++)
        {
            _entries[i] = new byte[EntriesLength];
        }

        FillPool();
    }

    /// <summary>Where cgroup v2 is mounted.</summary>
    public string Root { get; }

    /// <summary>The containers that the last walk found, in no particular order. The span is good until the next walk.</summary>
    public ReadOnlySpan<ContainerCgroup> Containers => CollectionsMarshal.AsSpan(_containers);

    /// <summary>How many kubepods trees the last discovery found.</summary>
    public int TreeCount => _kubepods.Count;

    /// <summary>The paths of the kubepods trees below the cgroup root.</summary>
    public IEnumerable<string> Trees => _kubepods.Select(path => System.Text.Encoding.UTF8.GetString(path.AsSpan(0, path.Length - 1)));

    /// <summary>The trees and, in each, the slices of the QoS classes, as the last discovery found them.</summary>
    public IReadOnlyList<SlicePath> Slices => _slices;

    /// <summary>The topmost cgroups that no tree is in, as the last discovery found them.</summary>
    public IReadOnlyList<SlicePath> Beside => _beside;

    /// <summary>How often a new container had to be allocated for, because the pool had run dry.</summary>
    public long PoolMisses { get; private set; }

    /// <summary>
    /// Looks for kubepods trees anywhere below the cgroup root. It walks every cgroup outside them, so it is for
    /// quiet moments; it allocates for each tree it finds. When some of them cannot be looked at, for want of descriptors or memory,
    /// those that were known stay.
    /// </summary>
    public void Discover()
    {
        List<byte[]> trees = [.. _kubepods];
        List<SlicePath> slices = [.. _slices];
        List<SlicePath> beside = [.. _beside];
        _kubepods.Clear();
        _slices.Clear();
        _beside.Clear();
        _isWalkComplete = true;
        _ = DiscoverBelow(_root, 0, 0);
        if (!_isWalkComplete && trees.Count > 0)
        {
            _kubepods.Clear();
            _kubepods.AddRange(trees);
            _slices.Clear();
            _slices.AddRange(slices);
            _beside.Clear();
            _beside.AddRange(beside);
        }

        FillPool();
    }

    /// <summary>Brings <see cref="Containers"/> up to date. A cgroup that vanishes meanwhile is just not there.</summary>
    public void Refresh()
    {
        _walk++;
        _isWalkComplete = true;
        // An index, not foreach, for the same reason as everywhere on this path: nothing may be allocated.
        for (var i = 0; i < _kubepods.Count; i++)
        {
            var tree = _kubepods[i];
            var opened = _root.OpenDirectoryAt(tree);
            NoteGap(opened.Error);
            if (opened.Succeeded)
            {
                tree.AsSpan(0, tree.Length - 1).CopyTo(_path);
                Walk(new FileDescriptor((int)opened.Value), tree.Length - 1, QosClass.Guaranteed, 0);
            }
        }

        // What could not be looked at, for want of descriptors or memory, is still there.
        if (_isWalkComplete)
        {
            RemoveUnseen();
        }
    }

    /// <summary>Fills the pool up again; allocates. For quiet moments.</summary>
    public void FillPool()
    {
        while (_pool.Count < PoolSize)
        {
            _pool.Push(new ContainerCgroup());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var container in _containers)
        {
            container.Release();
        }

        _containers.Clear();
        _byId.Clear();
        _root.Close();
    }

    // True when there is a tree in it.
    private bool DiscoverBelow(FileDescriptor directory, int pathLength, int depth)
    {
        // A descriptor of its own: a walk starts where the descriptor's offset stands, and ends at the end.
        var opened = directory.OpenDirectoryAt(".\0"u8);
        NoteGap(opened.Error);
        if (!opened.Succeeded)
        {
            return false;
        }

        var hasTree = false;
        var besideBefore = _beside.Count;
        var own = new FileDescriptor((int)opened.Value);
        var children = new ChildDirectories(own, _entries[depth]);
        while (children.MoveNext())
        {
            var length = Append(pathLength, children.Name);
            if (length < 0)
            {
                continue;
            }

            if (KubepodsName.Classify(children.Name, out _) == KubepodsLevel.Root)
            {
                _kubepods.Add([.. _path.AsSpan(0, length), 0]);
                AddSlice(length, KubepodsLevel.Root, children.Inode);
                DiscoverQosClasses(own, children.NullTerminatedName, length, depth + 1);
                hasTree = true;
            }
            else if (depth + 1 < MaxRootDepth)
            {
                var path = new SlicePath(System.Text.Encoding.UTF8.GetString(_path.AsSpan(0, length)), KubepodsLevel.Other, children.Inode);
                var isBeside = true;
                var child = own.OpenDirectoryAt(children.NullTerminatedName);
                NoteGap(child.Error);
                if (child.Succeeded)
                {
                    var childDescriptor = new FileDescriptor((int)child.Value);
                    isBeside = !DiscoverBelow(childDescriptor, length, depth + 1);
                    childDescriptor.Close();
                }

                hasTree |= !isBeside;
                if (isBeside)
                {
                    _beside.Add(path);
                }
            }
        }

        NoteGap(children.Error);
        own.Close();
        if (!hasTree && depth > 0)
        {
            // All of it is beside the trees, and counts as one.
            _beside.RemoveRange(besideBefore, _beside.Count - besideBefore);
        }

        return hasTree;
    }

    private void DiscoverQosClasses(FileDescriptor parent, ReadOnlySpan<byte> nullTerminatedName, int pathLength, int depth)
    {
        var opened = parent.OpenDirectoryAt(nullTerminatedName);
        NoteGap(opened.Error);
        if (!opened.Succeeded)
        {
            return;
        }

        var tree = new FileDescriptor((int)opened.Value);
        var children = new ChildDirectories(tree, _entries[depth]);
        while (children.MoveNext())
        {
            var level = KubepodsName.Classify(children.Name, out _);
            var length = level is KubepodsLevel.Burstable or KubepodsLevel.BestEffort ? Append(pathLength, children.Name) : -1;
            if (length >= 0)
            {
                AddSlice(length, level, children.Inode);
            }
        }

        NoteGap(children.Error);
        tree.Close();
    }

    private void AddSlice(int pathLength, KubepodsLevel level, long id) =>
        _slices.Add(new SlicePath(System.Text.Encoding.UTF8.GetString(_path.AsSpan(0, pathLength)), level, id));

    /// <summary>Walks the levels above the containers: the tree itself, its QoS classes. Closes the directory.</summary>
    private void Walk(FileDescriptor directory, int pathLength, QosClass qosClass, int depth)
    {
        var children = new ChildDirectories(directory, _entries[depth]);
        while (children.MoveNext())
        {
            var length = Append(pathLength, children.Name);
            if (length < 0)
            {
                continue;
            }

            var level = KubepodsName.Classify(children.Name, out var uid);
            if (level == KubepodsLevel.Pod)
            {
                var pod = directory.OpenDirectoryAt(children.NullTerminatedName);
                NoteGap(pod.Error);
                if (pod.Succeeded)
                {
                    WalkPod(new FileDescriptor((int)pod.Value), length, qosClass, uid, depth + 1);
                }
            }
            else if (level is KubepodsLevel.Burstable or KubepodsLevel.BestEffort && depth == 0)
            {
                var child = directory.OpenDirectoryAt(children.NullTerminatedName);
                NoteGap(child.Error);
                if (child.Succeeded)
                {
                    Walk(
                        new FileDescriptor((int)child.Value),
                        length,
                        level == KubepodsLevel.Burstable ? QosClass.Burstable : QosClass.BestEffort,
                        depth + 1);
                }
            }
        }

        NoteGap(children.Error);
        directory.Close();
    }

    private void WalkPod(FileDescriptor directory, int pathLength, QosClass qosClass, ReadOnlySpan<byte> uid, int depth)
    {
        var children = new ChildDirectories(directory, _entries[depth]);
        while (children.MoveNext())
        {
            var containerId = KubepodsName.ContainerId(children.Name);
            if (containerId.IsEmpty)
            {
                continue;
            }

            if (_byId.TryGetValue(children.Inode, out var known))
            {
                known.SeenInWalk = _walk;
                continue;
            }

            var length = Append(pathLength, children.Name);
            if (length < 0)
            {
                continue;
            }

            var opened = directory.OpenDirectoryAt(children.NullTerminatedName);
            if (opened.Succeeded)
            {
                Add(children.Inode, new CgroupDirectory(new FileDescriptor((int)opened.Value)), qosClass, uid, length, containerId);
            }
        }

        NoteGap(children.Error);
        directory.Close();
    }

    // Also a listing that ended early: what it did not name is not gone.
    private void NoteGap(Errno error) => _isWalkComplete &= error.IsNone || error.IsGone;

    private void Add(
        long id, CgroupDirectory directory, QosClass qosClass, ReadOnlySpan<byte> uid, int pathLength, ReadOnlySpan<byte> containerId)
    {
        if (!_pool.TryPop(out var container))
        {
            PoolMisses++;
            container = new ContainerCgroup();
        }

        if (!container.Fill(id, directory, qosClass, uid, _path.AsSpan(0, pathLength), containerId))
        {
            directory.Close();
            _pool.Push(container);
            return;
        }

        container.SeenInWalk = _walk;
        _byId.Add(id, container);
        _containers.Add(container);
    }

    private void RemoveUnseen()
    {
        for (var i = _containers.Count - 1; i >= 0; i--)
        {
            var container = _containers[i];
            if (container.SeenInWalk == _walk)
            {
                continue;
            }

            _byId.Remove(container.Id);
            container.Release();
            _containers[i] = _containers[^1];
            _containers.RemoveAt(_containers.Count - 1);
            _pool.Push(container);
        }
    }

    private int Append(int pathLength, ReadOnlySpan<byte> name)
    {
        var start = pathLength == 0 ? 0 : pathLength + 1;
        if (start + name.Length > _path.Length)
        {
            return -1;
        }

        if (start > 0)
        {
            _path[pathLength] = (byte)'/';
        }

        name.CopyTo(_path.AsSpan(start));
        return start + name.Length;
    }
}
