using System.Text.Json;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Tests.Yaml;

public sealed class YamlTextTests
{
    [Fact]
    public void Strings_are_strings_and_the_rest_is_as_in_JSON()
    {
        using var document = JsonDocument.Parse("""{"uid":"12345","yes":"no","line":"a: b\n#c","none":null,"flag":true,"big":9007199254740993,"list":[1,{"a":[]}],"empty":{}}""");

        Assert.Equal(
            """
            uid: "12345"
            yes: "no"
            line: "a: b\n#c"
            none: null
            flag: true
            big: 9007199254740993
            list:
            - 1
            - a: []
            empty: {}

            """,
            YamlText.Of(document.RootElement));
    }
}
