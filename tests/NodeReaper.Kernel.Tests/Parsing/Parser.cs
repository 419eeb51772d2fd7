using System.Text;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Tests.Parsing;

internal delegate ParseOutcome ParseText(ReadOnlySpan<byte> text, out object value);

internal delegate void RunParser(ReadOnlySpan<byte> text);

/// <summary>A parser, a text that it takes, and what it leaves behind when it takes none.</summary>
/// <param name="Name">Shown in the test's name.</param>
/// <param name="Sample">A whole text as the kernel writes it.</param>
/// <param name="Nothing">The value after a failure.</param>
/// <param name="Parse">Parses, and boxes the value.</param>
/// <param name="Run">Parses without boxing, to count allocations.</param>
internal sealed record Parser(string Name, string Sample, object Nothing, ParseText Parse, RunParser Run)
{
    internal ParseOutcome Outcome(string text) => Parse(Encoding.UTF8.GetBytes(text), out _);

    internal object Value(string text)
    {
        Assert.Equal(ParseOutcome.Ok, Parse(Encoding.UTF8.GetBytes(text), out var value));
        return value;
    }
}
