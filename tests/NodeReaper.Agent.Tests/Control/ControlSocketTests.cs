using NodeReaper.Agent.Control;
using NodeReaper.Agent.Http;

namespace NodeReaper.Agent.Tests.Control;

public sealed class ControlSocketTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public ControlSocketTests() => _path = Path.Combine(_folder.Path, "made", "agent.sock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_agent_is_asked_and_answers()
    {
        await using var endpoint = new HttpEndpoint(
            ControlSocket.Listen(_path), request => ValueTask.FromResult(HttpAnswer.Text(HttpAnswer.Ok, $"you asked for {request.Path}")), error => Assert.Fail(error.Message));

        await using var answer = await ControlClient.AskAsync(_path, "/explain");

        using var reader = new StreamReader(answer!);
        Assert.Equal("you asked for /explain\n", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task What_comes_along_with_a_question_arrives_whole(int length)
    {
        await using var endpoint = Listen(longestBody: length + 1);

        await using var answer = await ControlClient.AskAsync(_path, "/explain", new byte[length]);

        using var reader = new StreamReader(answer!);
        Assert.Equal($"{length} bytes\n", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(100, "413")]
    [InlineData(0, "405")]
    public async Task What_is_too_long_or_not_wanted_is_refused(int longest, string status)
    {
        await using var endpoint = Listen(longest);

        var error = await Assert.ThrowsAsync<IOException>(() => ControlClient.AskAsync(_path, "/explain", new byte[101]));

        Assert.Contains($"answers {status}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_while_the_agent_is_busy_is_told_from_one_that_fails()
    {
        await using var endpoint = new HttpEndpoint(
            ControlSocket.Listen(_path), _ => ValueTask.FromResult(HttpAnswer.Text(HttpAnswer.Unavailable, "busy")), error => Assert.Fail(error.Message));

        await Assert.ThrowsAsync<AgentBusyException>(() => ControlClient.AskAsync(_path, "/explain"));
    }

    [Fact]
    public void Nobody_but_its_owner_may_ask()
    {
        using var socket = ControlSocket.Listen(_path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_path));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(_path)!));
    }

    [Fact]
    public async Task Without_an_agent_there_is_no_answer() => Assert.Null(await ControlClient.AskAsync(_path, "/explain"));

    [Fact]
    public async Task A_refusal_is_told_in_the_agent_s_words()
    {
        await using var endpoint = new HttpEndpoint(
            ControlSocket.Listen(_path), _ => ValueTask.FromResult(HttpAnswer.Text(HttpAnswer.Unavailable, "not watching yet")), error => Assert.Fail(error.Message));

        var error = await Assert.ThrowsAnyAsync<IOException>(() => ControlClient.AskAsync(_path, "/explain"));

        Assert.Equal($"the agent at {_path} answers 503: not watching yet", error.Message.TrimEnd());
    }

    [Fact]
    public void A_socket_that_was_left_behind_is_taken_over_and_one_that_is_answered_is_not()
    {
        ControlSocket.Listen(_path).Dispose();
        File.Delete(_path);
        var left = ControlSocket.Listen(_path);
        left.Close();
        Assert.Null(ControlSocket.Connect(_path));

        using var next = ControlSocket.Listen(_path);
        Assert.Equal("another agent listens there", Assert.Throws<IOException>(() => ControlSocket.Listen(_path)).Message);
    }

    private HttpEndpoint Listen(int longestBody) => new(
        ControlSocket.Listen(_path),
        request => ValueTask.FromResult(HttpAnswer.Text(HttpAnswer.Ok, $"{request.Body?.Length} bytes")),
        error => Assert.Fail(error.Message),
        longestBody);
}
