using System.Runtime.InteropServices;

namespace NodeReaper.Engine.Tests.Fakes;

/// <summary>For as long as it lives, this process cannot open anything more: EMFILE.</summary>
internal sealed class NoDescriptors : IDisposable
{
    private const int OpenFiles = 7;

    private readonly Limit _before;

    internal NoDescriptors()
    {
        Assert.Equal(0, GetLimit(OpenFiles, out _before));
        Assert.Equal(0, SetLimit(OpenFiles, _before with { Soft = 3 }));
    }

    public void Dispose() => Assert.Equal(0, SetLimit(OpenFiles, _before));

    [DllImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetLimit(int resource, out Limit limit);

    [DllImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetLimit(int resource, in Limit limit);

    private readonly record struct Limit(ulong Soft, ulong Hard);
}
