using System.Text.RegularExpressions;
using NodeReaper.Kernel.Tests;

namespace NodeReaper.Architecture.Tests;

/// <summary>The rules of the pages: what they point to is there, and what they quote is what was measured.</summary>
public partial class DocumentTests
{
    private static readonly string[] s_notOurs = ["bin", "obj", "out", "artifacts", "TestResults", ".git"];

    public static TheoryData<string> Pages => [.. AllPages()];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_relative_link_leads_somewhere(string page)
    {
        string[] problems = [.. Links(page).Select(target => ProblemOf(page, target)).OfType<string>()];
        Assert.True(problems.Length == 0, $"{page}: {string.Join("; ", problems)}");
    }

    [Fact]
    public void The_index_leads_to_every_page_of_docs()
    {
        var listed = Links("docs/README.md").Select(target => target.Split('#')[0]).ToHashSet();
        var pages = AllPages()
            .Where(page => Path.GetDirectoryName(page) == "docs" && page != "docs/README.md")
            .Select(page => Path.GetFileName(page)!);

        Assert.All(pages, page => Assert.Contains(page, listed));
    }

    [Fact]
    public void Every_row_of_figures_in_the_comparison_is_in_the_benchmarks()
    {
        var measured = File.ReadAllLines(Whole("docs/benchmarks.md")).ToHashSet();
        var quoted = File.ReadAllLines(Whole("docs/comparison.md"))
            .SkipWhile(line => line != "## What was measured")
            .Where(line => line.StartsWith('|'))
            .ToList();

        Assert.NotEmpty(quoted);
        Assert.All(quoted, row => Assert.True(
            measured.Contains(row), $"docs/comparison.md quotes what docs/benchmarks.md no longer says; copy the rows from there: {row}"));
    }

    [Theory]
    [InlineData("Where it is: `a.b` and [more](x.md)", "where-it-is-ab-and-more")]
    [InlineData("1. Build, push", "1-build-push")]
    [InlineData("A_b - c", "a_b---c")]
    public void An_anchor_is_made_as_web_sites_make_it(string heading, string anchor) => Assert.Equal(anchor, AnchorOf(heading));

    private static string? ProblemOf(string page, string target)
    {
        var parts = target.Split('#', 2);
        var path = parts[0].Length == 0 ? Whole(page) : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Whole(page))!, parts[0]));
        return !File.Exists(path) && !Directory.Exists(path) ? $"there is no {target}"
            : parts.Length > 1 && !Anchors(path).Contains(parts[1]) ? $"{target}: no such heading; there are {string.Join(", ", Anchors(path))}"
            : null;
    }

    private static IEnumerable<string> AllPages() => Directory.EnumerateFiles(RepositoryRoot.Path, "*.md", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(RepositoryRoot.Path, path))
        .Where(path => !path.Split('/').Intersect(s_notOurs).Any())
        .Order(StringComparer.Ordinal);

    private static string Whole(string page) => Path.Combine(RepositoryRoot.Path, page);

    private static IEnumerable<string> Links(string page) => Text(Whole(page))
        .SelectMany(line => Link().Matches(CodeSpan().Replace(line, "")))
        .Select(link => link.Groups["target"].Value)
        .Where(target => !target.Contains("://", StringComparison.Ordinal));

    private static List<string> Anchors(string path) => Path.GetExtension(path) == ".md"
        ? [.. Text(path).Where(line => Heading().IsMatch(line)).Select(line => AnchorOf(line.TrimStart('#').Trim()))]
        : [];

    // Without what stands between fences.
    private static IEnumerable<string> Text(string path)
    {
        var isCode = false;
        foreach (var line in File.ReadLines(path))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                isCode = !isCode;
            }
            else if (!isCode)
            {
                yield return line;
            }
        }
    }

    private static string AnchorOf(string heading) =>
        NoWord().Replace(Link().Replace(heading, "]").ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex("^#{1,6} ")]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoWord();
}
