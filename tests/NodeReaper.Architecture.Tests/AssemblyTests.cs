namespace NodeReaper.Architecture.Tests;

/// <summary>The walls between the assemblies, as they were built.</summary>
public sealed class AssemblyTests : IDisposable
{
    private readonly BuiltAssembly _kernel = new("NodeReaper.Kernel");
    private readonly BuiltAssembly _engine = new("NodeReaper.Engine");
    private readonly BuiltAssembly _agent = new("nodereaper");

    public void Dispose()
    {
        _kernel.Dispose();
        _engine.Dispose();
        _agent.Dispose();
    }

    [Fact]
    public void The_kernel_refers_to_Tmds_LibC_alone() => Assert.Equal(["Tmds.LibC"], _kernel.References);

    [Fact]
    public void The_engine_refers_to_the_kernel_alone() => Assert.Equal(["NodeReaper.Kernel"], _engine.References);

    [Fact]
    public void The_agent_refers_to_the_engine_and_never_to_the_bindings_of_libc()
    {
        Assert.Contains("NodeReaper.Engine", _agent.References);
        Assert.DoesNotContain("Tmds.LibC", _agent.References);
    }

    [Fact]
    public void Only_the_kernel_calls_native_code()
    {
        Assert.NotEmpty(_kernel.NativeMethods);
        Assert.Empty(_engine.NativeMethods);
        Assert.Empty(_agent.NativeMethods);
    }

    [Fact]
    public void Nothing_in_the_engine_or_below_catches_whatever_comes()
    {
        Assert.Empty(_kernel.CatchAlls);
        Assert.Empty(_engine.CatchAlls);
    }

    [Fact]
    public void An_interface_has_two_implementations_or_more()
    {
        string[] implementations = [.. _kernel.Implementations, .. _engine.Implementations, .. _agent.Implementations];
        Assert.All(
            _kernel.Interfaces.Concat(_engine.Interfaces).Concat(_agent.Interfaces),
            name => Assert.True(implementations.Count(each => each == name) >= 2, $"{name} has fewer than two implementations"));
    }

    [Fact]
    public void No_type_has_a_name_that_says_nothing() =>
        Assert.All(_kernel.Types.Concat(_engine.Types).Concat(_agent.Types), name => Assert.False(EmptyNames.IsIn(name), name));

    [Fact]
    public void The_namespace_says_which_assembly_a_type_is_in()
    {
        Assert.All(_kernel.Types, name => Assert.StartsWith("NodeReaper.Kernel.", name, StringComparison.Ordinal));
        Assert.All(_engine.Types, name => Assert.StartsWith("NodeReaper.Engine.", name, StringComparison.Ordinal));
        Assert.All(_agent.Types, name => Assert.StartsWith("NodeReaper.Agent.", name, StringComparison.Ordinal));
    }
}
