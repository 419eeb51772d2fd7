using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Tests.Options;

public sealed class PolicyErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string, string> Errors => new()
    {
        { "unknown key", "dryRum: true", "1:1: dryRum: is not a key; did you mean dryRun?" },
        { "unknown key in a section", "pressure:\n  kill-below: 5%", "2:3: pressure.kill-below: is not a key; did you mean killBelow?" },
        { "key of another section", "stall: 1s", "1:1: stall: is not a key; did you mean pressure.stall?" },
        {
            "unknown key like no other",
            "plan:\n  colour: red",
            "2:3: plan.colour: is not a key; the keys here are maxVictims, maxKills, killWindow, minFreeable"
        },
        { "unknown section", "pressures:\n  stall: 1s", "1:1: pressures: is not a key; did you mean pressure?" },
        { "flat key", "kill.deadline: 1s", "1:1: kill.deadline: keys nest; write 'kill:', and 'deadline:' indented below it" },
        { "duplicate key", "dryRun: true\ndryRun: true", "2:1: dryRun: is in the file twice; remove one" },
        { "duplicate key in a section", "kill:\n  reapers: 1\n  reapers: 2", "3:3: kill.reapers: is in the file twice; remove one" },
        { "duplicate section", "kill:\n  reapers: 1\nkill:\n  reapers: 2", "3:1: kill: is in the file twice; remove one" },
        { "section that is a value", "plan: 3", "1:7: plan: is '3'; give a mapping of these keys: maxVictims, maxKills, killWindow, minFreeable" },
        { "section that is a list", "plan: [3]", "1:7: plan: is a list; give a mapping of these keys: maxVictims, maxKills, killWindow, minFreeable" },
        { "value that is a section", "dryRun:\n  now: true", "2:3: dryRun: is a mapping; give true or false" },
        { "no value", "dryRun:", "1:8: dryRun: has no value; give true or false, or remove the line for the default" },
        { "YAML 1.1 boolean", "dryRun: on", "1:9: dryRun: 'on' is not true or false; write one of them, without quotes" },
        { "quoted boolean", "dryRun: 'true'", "1:9: dryRun: 'true' is not true or false; write one of them, without quotes" },
        { "number in words", "kill:\n  reapers: two", "2:12: kill.reapers: 'two' is not a whole number from 1 to 16, without quotes" },
        { "fraction", "kill:\n  reapers: 1.5", "2:12: kill.reapers: '1.5' is not a whole number from 1 to 16, without quotes" },
        { "quoted number", "kill:\n  reapers: '2'", "2:12: kill.reapers: '2' is not a whole number from 1 to 16, without quotes" },
        { "number out of range", "plan:\n  maxVictims: 17", "2:15: plan.maxVictims: 17 is out of range; give a whole number from 1 to 16" },
        { "duration without a unit", "pressure:\n  stall: 150", "2:10: pressure.stall: 150 has no unit; write 150ms" },
        { "duration without a unit that may be any", "kill:\n  cooldown: 2", "2:13: kill.cooldown: 2 has no unit; write 2ms or 2s or 2m" },
        {
            "duration without a unit that none fits",
            "pressure:\n  stallWindow: 100000",
            "2:16: pressure.stallWindow: 100000 has no unit; give a duration from 500ms to 10s, such as 150ms, 1s or 2m"
        },
        {
            "duration with a wrong unit",
            "kill:\n  cooldown: 2 seconds",
            "2:13: kill.cooldown: '2 seconds' is not a duration; give a duration from 0s to 10m, such as 150ms, 1s or 2m"
        },
        {
            "duration in bytes",
            "kill:\n  cooldown: 2Mi",
            "2:13: kill.cooldown: '2Mi' is not a duration; give a duration from 0s to 10m, such as 150ms, 1s or 2m"
        },
        {
            "negative duration",
            "kill:\n  cooldown: -2s",
            "2:13: kill.cooldown: '-2s' is not a duration; give a duration from 0s to 10m, such as 150ms, 1s or 2m"
        },
        { "duration out of range", "kill:\n  deadline: 2m", "2:13: kill.deadline: 2m is out of range; give 10ms to 1m" },
        {
            "amount without a unit",
            "pressure:\n  killBelow: 500",
            "2:14: pressure.killBelow: '500' (500 bytes) is out of range; give a quantity from 1Mi to 1Pi, such as 500Mi, "
            + "or a percentage of the node's memory, such as 5%"
        },
        {
            "thousandths of a byte",
            "plan:\n  minFreeable: 500m",
            "2:16: plan.minFreeable: '500m' is less than a byte is worth: m divides; M and Mi multiply; "
            + "give a quantity from 1 to 1Pi, such as 100Mi or 1Gi"
        },
        {
            "unknown unit",
            "plan:\n  minFreeable: 4MB",
            "2:16: plan.minFreeable: '4MB' is not a quantity; give a quantity from 1 to 1Pi, such as 100Mi or 1Gi"
        },
        {
            "negative amount",
            "plan:\n  minFreeable: -4Mi",
            "2:16: plan.minFreeable: '-4Mi' is negative; give a quantity from 1 to 1Pi, such as 100Mi or 1Gi"
        },
        {
            "percentage where bytes are wanted",
            "plan:\n  minFreeable: 1%",
            "2:16: plan.minFreeable: '1%' is not a quantity; give a quantity from 1 to 1Pi, such as 100Mi or 1Gi"
        },
        {
            "too small a file",
            "report:\n  incidentFileMaxSize: 1Ki",
            "2:24: report.incidentFileMaxSize: '1Ki' (1024 bytes) is out of range; give a quantity from 64Ki to 1Pi, such as 100Mi or 1Gi"
        },
        {
            "percentage out of range",
            "pressure:\n  killBelow: 101%",
            "2:14: pressure.killBelow: 101% is out of range; give more than 0% and at most 100%"
        },
        {
            "rate per minute",
            "pressure:\n  fastestFill: 8Gi/m",
            "2:16: pressure.fastestFill: '8Gi/m' is not a quantity; give a quantity from 1/s to 1Pi/s, such as 100Mi/s or 1Gi/s"
        },
        {
            "unknown strategy",
            "kill:\n  strategy: holt",
            "2:13: kill.strategy: 'holt' is not known; did you mean hold? give one of auto, atomic, expedite, hold, release, signal"
        },
        {
            "unknown level",
            "log:\n  level: loud",
            "2:10: log.level: 'loud' is not known; give one of debug, info, warning, error"
        },
        {
            "unknown ranking key",
            "ranking: [growth, quosClass]",
            "1:19: ranking: 'quosClass' is no ranking key; did you mean qosClass? "
            + "give one of killPriority, podPriority, cause, qosClass, overRequest, growth, freeable, youngest"
        },
        {
            "weight out of range",
            "ranking: [{growth: 0}]",
            "1:20: ranking: 0 is out of range; give a whole number from 1 to 1000"
        },
        {
            "unknown key with a weight",
            "ranking: [{growht: 1}]",
            "1:12: ranking: 'growht' is no ranking key; did you mean growth? "
            + "give one of killPriority, podPriority, cause, qosClass, overRequest, growth, freeable, youngest"
        },
        {
            "weight of an order",
            "ranking: [{growth: 1, youngest: 2}]",
            "1:23: ranking: 'youngest' is an order and cannot be weighed; give weights to some of killPriority, podPriority, cause, qosClass, overRequest, "
            + "growth, freeable"
        },
        {
            "no weights",
            "ranking: [{}]",
            "1:11: ranking: is empty; give weights to some of killPriority, podPriority, cause, qosClass, overRequest, growth, freeable"
        },
        { "ranking key twice, once with a weight", "ranking: [{growth: 2}, growth]", "1:10: ranking: has growth twice, by itself or within weights; remove one" },
        {
            "a stage after the kill",
            "pressure: {killBelow: 200Mi}\nstages: {throttle: 100Mi}",
            "2:20: stages.throttle: 100Mi must not be less than pressure.killBelow (200Mi); change one of them"
        },
        { "ranking key twice", "ranking:\n- growth\n- growth", "3:3: ranking: 'growth' is in the list twice; remove one" },
        {
            "no ranking",
            "ranking: []",
            "1:10: ranking: is empty; give a list that is not empty, each item one of killPriority, podPriority, cause, qosClass, overRequest, "
            + "growth, freeable, youngest, or a mapping of some of them to weights, or remove the line for the default"
        },
        {
            "list that is a word",
            "protect:\n  namespaces: kube-system",
            "2:15: protect.namespaces: is 'kube-system'; give a list, each item the name of a namespace (lower-case letters, digits and dashes)"
        },
        {
            "wrong name",
            "protect:\n  namespaces: [kube_system]",
            "2:16: protect.namespaces: 'kube_system' cannot be the name of a namespace; "
            + "give the name of a namespace (lower-case letters, digits and dashes)"
        },
        {
            "all namespaces protected",
            "protect:\n  namespaces: ['*']",
            "2:16: protect.namespaces: '*' cannot be the name of a namespace; "
            + "give the name of a namespace (lower-case letters, digits and dashes)"
        },
        {
            "folder for a file",
            "report:\n  incidentFile: /var/log/",
            "2:17: report.incidentFile: '/var/log/' is no absolute path of a file; give the absolute path of a file, such as /var/log/nodereaper/incidents.jsonl, or null"
        },
        {
            "where the agent happens to be started",
            "record:\n  directory: records",
            "2:14: record.directory: 'records' is no absolute path of a folder; give the absolute path of a folder, such as /var/lib/nodereaper/records, or null"
        },
        {
            "stall above its window",
            "pressure:\n  stall: 2s",
            "2:10: pressure.stall: 2s must not be more than pressure.stallWindow (1s); change one of them"
        },
        {
            "fastest sample above the slowest",
            "pressure:\n  fastestSample: 100ms\n  slowestSample: 50ms",
            "2:18: pressure.fastestSample: 100ms must not be more than pressure.slowestSample (50ms); change one of them"
        },
        {
            "recovery below the limit, bytes",
            "pressure:\n  killBelow: 200Mi\n  recoverTo: 100Mi",
            "3:14: pressure.recoverTo: 100Mi must not be less than pressure.killBelow (200Mi); change one of them"
        },
        {
            "recovery below the limit, percentages",
            "pressure:\n  recoverTo: 4%\n  killBelow: 5%",
            "2:14: pressure.recoverTo: 4% must not be less than pressure.killBelow (5%); change one of them"
        },
        {
            "recovery below the least default of the limit",
            "pressure:\n  recoverTo: 50Mi",
            "2:14: pressure.recoverTo: 50Mi must not be less than pressure.killBelow (by default, at least 96Mi); change one of them"
        },
        {
            "a stage after the kill by default",
            "stages:\n  terminate: 20Mi",
            "2:14: stages.terminate: 20Mi must not be less than pressure.killBelow (by default, at least 96Mi); change one of them"
        },
        { "tab that indents a section", "# A section.\nkill:\n\tdeadline: 1s", "3:1: a tab cannot indent; indent with spaces" },
        { "tab that indents a key", "plan:\n  maxKills: 3\nkill:\n  reapers: 2\n\tdeadline: 1s", "5:1: a tab cannot indent; indent with spaces" },
        { "tab after spaces", "kill:\n  strategy: hold\n \tdeadline: 1s", "3:2: a tab cannot indent; indent with spaces" },
        { "tab before an item", "protect:\n  namespaces:\n\t- a", "3:1: a tab cannot indent; indent with spaces" },
        { "star", "wishes:\n  namespaces: [*]", "2:16: this character means something in YAML; put what begins with it in quotes" },
        { "star in a list of lines", "wishes:\n  namespaces:\n  - *", "3:5: this character means something in YAML; put what begins with it in quotes" },
        { "percent sign in front", "pressure:\n  killBelow: %5", "2:14: this character means something in YAML; put what begins with it in quotes" },
        { "at sign in front", "kill: @home", "1:7: this character means something in YAML; put what begins with it in quotes" },
        { "zero byte", "dryRun: true\n\0kill: {reapers: 99}", "2:1: has a zero byte here; remove it, or save the file as UTF-8" },
        { "tag", "dryRun: !foo true", "1:9: dryRun: has the tag !foo, which means nothing here; remove it" },
        { "tag of a list", "protect:\n  namespaces: !foo [a]", "2:15: protect.namespaces: has the tag !foo, which means nothing here; remove it" },
        { "second document", "dryRun: true\n---\nplan:\n  maxVictims: 1", "3:1: a second document begins here; a policy file is one document" },
        { "not a mapping", "- dryRun", "1:1: the file is a list; a policy file is a mapping of keys, such as 'dryRun: true'" },
        { "merge key", "a: &a {}\nkill:\n  <<: *a", "3:3: merge keys (<<) are not read; write the keys out" },
        { "key that is a list", "? [a]\n: b", "1:3: a key must be a plain name" },
        { "unknown alias", "dryRun: *yes", "1:9: *yes refers to nothing above it; if it is text, put it in quotes" },
        { "tree that holds itself", "plan: &p\n  maxVictims: *p", "2:15: *p refers to nothing above it; if it is text, put it in quotes" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void Each_error_names_its_place_and_its_fix(string what, string policy, string expected)
    {
        var path = _folder.Write("policy.yaml", policy);

        var load = PolicyFile.Load(path);

        Assert.True(load.Options is null, what);
        Assert.Equal($"{path}:{expected}", Assert.Single(load.Errors).ToString());
    }

    [Theory]
    [InlineData("dryRun: true\n  plan: 1", 2)]
    [InlineData("dryRun: [", 2)]
    [InlineData("dryRun: \"true", 1)]
    [InlineData("dryRun: \"\\UFFFFFFFF\"", 1)]
    public void A_syntax_error_names_its_line(string policy, int line)
    {
        var load = PolicyFile.Load(_folder.Write("policy.yaml", policy));

        var error = Assert.Single(load.Errors);
        Assert.Equal(line, error.Position.Line);
        Assert.NotEmpty(error.Message);
    }

    [Fact]
    public void All_errors_are_told_in_the_order_of_the_file()
    {
        var path = _folder.Write(
            "policy.yaml",
            """
            pressure:
              stall: 5
              stall: 6
              recoverTo: 1
            colour: red
            ranking: [growth, shrink, growth]
            kill: {deadline: 0s, reapers: 99}
            ---
            dryRun: true
            """);

        var load = PolicyFile.Load(path);

        Assert.Null(load.Options);
        Assert.Equal(
            [
                "2:pressure.stall", "3:pressure.stall", "4:pressure.recoverTo", "5:colour", "6:ranking", "6:ranking", "7:kill.deadline",
                "7:kill.reapers", "9:",
            ],
            load.Errors.Select(error => $"{error.Position.Line}:{error.Key}"));
    }

    [Theory]
    [InlineData("a{0}: 1\n")]
    [InlineData("dryRun: true\n")]
    public void Of_very_many_errors_the_first_hundred_are_told(string line)
    {
        var policy = string.Concat(Enumerable.Range(0, 20_000).Select(i => line.Replace("{0}", $"{i}", StringComparison.Ordinal)));

        var load = PolicyFile.Load(_folder.Write("policy.yaml", policy));

        Assert.Equal(101, load.Errors.Count);
        Assert.StartsWith("there are more errors", load.Errors[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_that_are_wrong_by_themselves_are_not_compared()
    {
        var load = PolicyFile.Load(_folder.Write("policy.yaml", "pressure:\n  stall: 900ms\n  stallWindow: 1ms"));

        Assert.Equal("pressure.stallWindow", Assert.Single(load.Errors).Key);
    }
}
