namespace NodeReaper.Agent.Tests.Kubernetes;

/// <summary>Does what the kubelet does to the folder where a ConfigMap is mounted (kubernetes, pkg/volume/util/atomic_writer.go).</summary>
internal sealed class ConfigMapVolume(TemporaryFolder folder)
{
    private int _generation;

    internal void Swap(params (string Name, string Text)[] files)
    {
        var generation = $"..2024_01_01_{++_generation}";
        Directory.CreateDirectory(folder.PathOf(generation));
        foreach (var (name, text) in files)
        {
            folder.Write($"{generation}/{name}", text);
        }

        File.CreateSymbolicLink(folder.PathOf("..data_tmp"), generation);

        // rename(2) replaces the old link; File.Move would follow it.
        using (var mv = System.Diagnostics.Process.Start("mv", ["-T", folder.PathOf("..data_tmp"), folder.PathOf("..data")]))
        {
            mv.WaitForExit();
            Assert.Equal(0, mv.ExitCode);
        }

        foreach (var (name, _) in files)
        {
            if (!File.Exists(folder.PathOf(name)))
            {
                File.CreateSymbolicLink(folder.PathOf(name), $"..data/{name}");
            }
        }

        foreach (var old in Directory.GetDirectories(folder.Path, "..2024*"))
        {
            if (Path.GetFileName(old) != generation)
            {
                Directory.Delete(old, recursive: true);
            }
        }
    }
}
