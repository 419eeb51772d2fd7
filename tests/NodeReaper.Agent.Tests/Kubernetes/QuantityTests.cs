using System.Numerics;
using CsCheck;
using NodeReaper.Agent.Kubernetes;

namespace NodeReaper.Agent.Tests.Kubernetes;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("128974848", 128974848)]
    [InlineData("129e6", 129_000_000)]
    [InlineData("129M", 129_000_000)]
    [InlineData("123Mi", 128_974_848)]
    [InlineData("128974848000m", 128_974_848)]
    [InlineData("1e3", 1000)]
    [InlineData("1E3", 1000)]
    [InlineData("1e+3", 1000)]
    [InlineData("1000e-3", 1)]
    [InlineData("1E", 1_000_000_000_000_000_000)]
    [InlineData("0.5Gi", 536_870_912)]
    [InlineData("1500m", 2)]
    [InlineData("1n", 1)]
    [InlineData("1e-30", 1)]
    [InlineData("0.1", 1)]
    [InlineData(".5", 1)]
    [InlineData("5.", 5)]
    [InlineData("+5", 5)]
    [InlineData("007", 7)]
    [InlineData("1.1Ki", 1127)]
    [InlineData("0Gi", 0)]
    [InlineData("0.000", 0)]
    [InlineData("0e9", 0)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9223372036854775808", long.MaxValue)]
    [InlineData("16Ei", long.MaxValue)]
    [InlineData("1e99", long.MaxValue)]
    [InlineData("9999999999999999999999999999999999999999E", long.MaxValue)]
    public void Bytes_are_those_of_Kubernetes(string text, long bytes)
    {
        Assert.True(Quantity.TryParseBytes(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-1")]
    [InlineData("-0.5Gi")]
    [InlineData("1 Gi")]
    [InlineData(" 1Gi")]
    [InlineData("1Gi\n")]
    [InlineData("1GiB")]
    [InlineData("1gi")]
    [InlineData("1K")]
    [InlineData("1mi")]
    [InlineData("Gi")]
    [InlineData(".")]
    [InlineData("1.2.3")]
    [InlineData("1/3")]
    [InlineData("1,000")]
    [InlineData("0x10")]
    [InlineData("1e")]
    [InlineData("1e3Mi")]
    [InlineData("1e999999999")]
    [InlineData("NaN")]
    [InlineData("٣")]
    public void What_is_malformed_or_negative_is_refused(string text) => Assert.False(Quantity.TryParseBytes(text, out _));

    [Fact]
    public void Quantities_agree_with_exact_arithmetic() =>
        Gen.Select(
            Gen.Long[0, 1L << 40],
            Gen.Int[0, 999],
            Gen.OneOf(("", 1L), ("k", 1000L), ("Ki", 1L << 10), ("M", 1_000_000L), ("Mi", 1L << 20))).Sample((whole, thousandths, unit) =>
            {
                var exact = ((BigInteger)whole * 1000 + thousandths) * unit.Item2;
                var expected = (exact + 999) / 1000;
                Assert.True(Quantity.TryParseBytes($"{whole}.{thousandths:000}{unit.Item1}", out var bytes));
                Assert.Equal(expected, bytes);
            });

    [Fact]
    public void Random_text_never_throws() => Gen.String["0123456789.eEmnukKMGi+-/, \0"].Sample(
        text =>
        {
            _ = Quantity.TryParse(text, out _);
        },
        iter: 2000);

    [Fact]
    public void What_is_written_reads_back() => Gen.Long[0, long.MaxValue].Sample(bytes =>
    {
        Assert.True(Quantity.TryParseBytes(Quantity.Write(bytes), out var read));
        Assert.Equal(bytes, read);
    });
}
