namespace NodeReaper.Architecture.Tests;

public class EmptyNamesTests
{
    [Theory]
    [InlineData("NodeReaper.Engine.Utils")]
    [InlineData("NodeReaper.Engine.PathUtils")]
    [InlineData("NodeReaper.Engine.Common.Thing")]
    [InlineData("NodeReaper.Agent.PodManager")]
    [InlineData("NodeReaper.Agent.HelperForPods")]
    [InlineData("src/NodeReaper.Engine/Types.cs")]
    [InlineData("src/NodeReaper.Shared/Thing.cs")]
    public void A_name_that_says_nothing_is_seen(string name) => Assert.True(EmptyNames.IsIn(name));

    [Theory]
    [InlineData("NodeReaper.Agent.Commands.CommonOptions")]
    [InlineData("NodeReaper.Engine.Candidates.ContainerRoles")]
    [InlineData("src/NodeReaper.Agent/Kill/ManualKill.cs")]
    public void A_name_that_says_something_is_not(string name) => Assert.False(EmptyNames.IsIn(name));
}
