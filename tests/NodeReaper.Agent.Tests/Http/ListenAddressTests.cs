using NodeReaper.Agent.Http;

namespace NodeReaper.Agent.Tests.Http;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData(":9977", 9977)]
    [InlineData("127.0.0.1:80", 80)]
    [InlineData("[::1]:65535", 65535)]
    public void An_address_is_read_and_written_as_it_was(string text, int port)
    {
        Assert.True(ListenAddress.TryParse(text, out var address));
        Assert.Equal(port, address.EndPoint.Port);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("9977")]
    [InlineData(":")]
    [InlineData(":0")]
    [InlineData(":65536")]
    [InlineData(":-1")]
    [InlineData(": 1")]
    [InlineData("::1:9977")]
    [InlineData("[::1:9977")]
    [InlineData("localhost:9977")]
    [InlineData("http://127.0.0.1:9977")]
    public void Anything_else_is_refused(string text) => Assert.False(ListenAddress.TryParse(text, out _));
}
