using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NodeReaper.Kernel.Tests;

namespace NodeReaper.Architecture.Tests;

/// <summary>The rules that only the sources and the projects can tell.</summary>
public partial class SourceTests
{
    public static TheoryData<string> Projects => ["NodeReaper.Kernel", "NodeReaper.Engine", "NodeReaper.Agent"];

    [Fact]
    public void There_are_three_projects() => Assert.Equal(
        ["NodeReaper.Agent", "NodeReaper.Engine", "NodeReaper.Kernel"],
        Directory.GetFiles(Source(), "*.csproj", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_project_is_fit_for_AOT_and_takes_warnings_for_errors(string project)
    {
        var properties = Evaluated(project);
        Assert.Equal("true", properties["IsAotCompatible"]);
        Assert.Equal("true", properties["TreatWarningsAsErrors"]);
        Assert.Equal("enable", properties["Nullable"]);
        Assert.Equal("true", properties["GenerateDocumentationFile"]);
        Assert.Equal(project == "NodeReaper.Kernel", properties["AllowUnsafeBlocks"] == "true");
    }

    [Theory]
    [InlineData("NodeReaper.Kernel", "Tmds.LibC")]
    [InlineData("NodeReaper.Engine", "NodeReaper.Kernel")]
    [InlineData("NodeReaper.Agent", "NodeReaper.Engine", "KubernetesClient.Aot", "Microsoft.Extensions.Hosting", "System.CommandLine", "YamlDotNet", "prometheus-net")]
    public void A_project_refers_to_what_it_may_and_to_nothing_else(string project, params string[] references)
    {
        var written = XDocument.Load(ProjectFile(project)).Descendants()
            .Where(element => element.Name.LocalName is "PackageReference" or "ProjectReference" or "Reference" or "FrameworkReference")
            .Select(element => element.Attribute("Include")!.Value)
            .Select(name => name.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(name) : name);
        Assert.Equal(references.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Only_one_folder_knows_the_Kubernetes_client() => Assert.All(
        Files().Where(path => KubernetesClient().IsMatch(File.ReadAllText(path))),
        path => Assert.StartsWith("NodeReaper.Agent/Kubernetes/", Relative(path), StringComparison.Ordinal));

    // It waits for children behind everybody's back: a held one's stop is taken for its end (docs/adr/0003-hold.md).
    [Fact]
    public void Nobody_starts_a_process_by_way_of_the_runtime() => Assert.All(
        Files(),
        path => Assert.DoesNotMatch(@"\bProcess\.Start\(|\bProcessStartInfo\b", File.ReadAllText(path)));

    [Fact]
    public void No_file_and_no_folder_has_a_name_that_says_nothing() =>
        Assert.All(Files(), path => Assert.False(EmptyNames.IsIn(Relative(path)), Relative(path)));

    private static string Source(params string[] below) => Path.Combine([RepositoryRoot.Path, "src", .. below]);

    private static string ProjectFile(string project) => Source(project, $"{project}.csproj");

    private static string Relative(string path) => Path.GetRelativePath(Source(), path);

    private static string[] Files()
    {
        string[] files = [.. Directory.GetFiles(Source(), "*.cs", SearchOption.AllDirectories)
            .Where(path => !Relative(path).Split('/').Any(part => part is "obj" or "bin"))];
        Assert.NotEmpty(files);
        return files;
    }

    // As the build sees them, whatever file they are set in.
    private static Dictionary<string, string> Evaluated(string project)
    {
        const string wanted = "IsAotCompatible,TreatWarningsAsErrors,Nullable,GenerateDocumentationFile,AllowUnsafeBlocks";
        var output = Tool.Run("dotnet", "It is what builds this.", "msbuild", ProjectFile(project), "-nologo", $"-getProperty:{wanted}");
        return JsonDocument.Parse(output).RootElement.GetProperty("Properties").Deserialize<Dictionary<string, string>>()!;
    }

    [GeneratedRegex(@"\bk8s\.|using k8s|\bPolly\b")]
    private static partial Regex KubernetesClient();
}
