using System.Text;
using CsCheck;
using NodeReaper.Agent.Options;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Agent.Tests.Options;

public sealed class PolicyPropertyTests : IDisposable
{
    private static readonly Gen<MemoryAmount?> s_amount = Gen.OneOf(
        Gen.Const((MemoryAmount?)null),
        Gen.Long[PressurePolicy.MinAmountBytes, 1L << 40].Select(bytes => (MemoryAmount?)MemoryAmount.OfBytes(bytes)),
        Gen.Int[1, 1000].Select(tenths => (MemoryAmount?)MemoryAmount.OfPercent(tenths / 10.0)));

    private static readonly Gen<string> s_name = Gen.OneOf(
        Gen.Const("null"), Gen.Const("true"), Gen.Const("1e3"), Gen.Char["abc09"].Array[1, 20].Select(letters => new string(letters)));

    private static readonly Gen<AgentOptions> s_options =
        Gen.Select(
            s_amount,
            Gen.Long[1, 1L << 50],
            Gen.Int[1, 10_000_000],
            s_name.Array[0, 5],
            Gen.Shuffle(RankingKeys.All.ToArray(), 1, RankingKeys.All.Count),
            Gen.Enum<KillStrategy>(),
            Gen.OneOf(Gen.Const((string?)null), Gen.Char[' ', '~'].Array[1, 30].Select(letters => (string?)new string(letters))),
            (amount, bytes, microseconds, names, ranking, strategy, file) => new AgentOptions
            {
                Policy = new ReapPolicy
                {
                    DryRun = bytes % 2 == 0,
                    Pressure = new PressurePolicy
                    {
                        KillBelow = amount,
                        Stall = TimeSpan.FromMicroseconds(microseconds),
                        StallWindow = TimeSpan.FromSeconds(10),
                        FastestFillBytesPerSecond = bytes,
                    },
                    Protect = new ProtectPolicy { Namespaces = [.. names.Distinct()] },
                    Ranking = ranking,
                    Kill = new KillPolicy { Strategy = strategy },
                    Report = new ReportPolicy { IncidentFile = file is null || file.EndsWith('/') ? null : $"/{file}" },
                },
            });

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_reads_back_as_the_same() => s_options.Sample(
        options =>
        {
            var text = Written(options);
            var load = PolicyFile.Load(_folder.Write("policy.yaml", text));
            Assert.True(load.Options is not null, $"{string.Join('\n', load.Errors)}\n{text}");
            Assert.Equal(text, Written(load.Options));
        },
        iter: 300,
        threads: 1);

    [Fact]
    public void Random_bytes_never_throw() => Gen.Byte.Array[0, 200].Sample(
        bytes => AssertAllOrNothing(_folder.Write("policy.yaml", bytes)), iter: 2000, threads: 1);

    [Fact]
    public void Garbled_policies_never_throw()
    {
        var good = File.ReadAllBytes(Repository.PathOf("deploy/policy.yaml"));
        var snippets = new[] { "\n", "- ", ": ", "&a ", "*a", "[", "]", "{", "}", "\"", "'", "|", ">", "%", "!", "? ", "---\n", "\t", "\0", "<<: ", "\\U" };
        Gen.Select(Gen.Int[0, good.Length], Gen.Int[0, 50], Gen.OneOf(snippets)).Sample(
            (at, length, snippet) =>
            {
                var end = Math.Min(good.Length, at + length);
                byte[] garbled = [.. good[..at], .. Encoding.UTF8.GetBytes(snippet), .. good[end..]];
                AssertAllOrNothing(_folder.Write("policy.yaml", garbled));
            },
            iter: 1000,
            threads: 1);
    }

    private static void AssertAllOrNothing(string path)
    {
        var load = PolicyFile.Load(path);
        Assert.Equal(load.Options is null, load.Errors.Count > 0);
        Assert.All(load.Errors, error => Assert.False(string.IsNullOrWhiteSpace(error.Message)));
    }

    private static string Written(AgentOptions options)
    {
        using var text = new StringWriter();
        EffectivePolicy.Write(options, text);
        return text.ToString();
    }
}
