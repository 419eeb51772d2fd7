using NodeReaper.Kernel.Scheduling;

namespace NodeReaper.Kernel.Tests.Scheduling;

public sealed class CpusTests
{
    [Theory]
    [InlineData("0\n", 1)]
    [InlineData("0-1\n", 2)]
    [InlineData("0-3,8,10-127", 123)]
    [InlineData("", 0)]
    [InlineData("\n", 0)]
    [InlineData("0-", 0)]
    [InlineData("3-1", 0)]
    [InlineData("0,,1", 0)]
    [InlineData("-1", 0)]
    [InlineData("two", 0)]
    public void A_list_of_the_kernels_is_counted(string list, int count) => Assert.Equal(count, Cpus.Count(list));

    [Fact]
    public void They_are_those_of_the_machine() => Assert.Equal(
        File.ReadLines("/proc/stat").Count(line => line.StartsWith("cpu", StringComparison.Ordinal) && line[3] != ' '), Cpus.Online);
}
