using System.Diagnostics;
using k8s;
using k8s.Models;
using NodeReaper.Kernel.Tests;

namespace NodeReaper.Chart.Tests;

/// <summary>Renders the chart by its own templates and schema (tests/chart), and reads the objects strictly.</summary>
internal static class Chart
{
    internal const string Folder = "charts/nodereaper";

    private static readonly Lazy<string> s_program = new(() =>
        Tool.Run(At("tests/chart/build"), "It builds with Go, from Debian.").Trim());

    /// <summary>A path of the repository.</summary>
    internal static string At(string path) => Path.Combine(RepositoryRoot.Path, path);

    /// <summary>All objects of the chart; the options are those of tests/chart, such as <c>-set</c>.</summary>
    internal static IReadOnlyList<ChartObject> Render(params string[] options) => [.. ChartObject.All(Ask("render", options))];

    /// <summary>The one object of this kind.</summary>
    internal static T The<T>(params string[] options)
        where T : class, IKubernetesObject<V1ObjectMeta> => Assert.Single(Render(options).Select(each => each.Object).OfType<T>());

    /// <summary>The DaemonSet's container.</summary>
    internal static V1Container Container(params string[] options) => Assert.Single(The<V1DaemonSet>(options).Spec.Template.Spec.Containers);

    /// <summary>What a command of tests/chart prints.</summary>
    internal static string Ask(string command, params string[] options) =>
        Tool.Run(s_program.Value, "See tests/chart/build.", [command, At(Folder), .. options]);

    /// <summary>Why the schema, or a template, refuses.</summary>
    internal static string Refusal(params string[] options)
    {
        using var process = Process.Start(new ProcessStartInfo(s_program.Value, ["render", At(Folder), .. options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 1, $"{string.Join(' ', options)} was not refused: {output.Result}");
        return said;
    }

    /// <summary>One option for each value.</summary>
    internal static string[] Set(params string[] values) => [.. values.SelectMany(value => new[] { "-set", value })];
}
