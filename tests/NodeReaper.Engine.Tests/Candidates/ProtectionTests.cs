using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Engine.Tests.Candidates;

public class ProtectionTests
{
    private static readonly ReapPolicy s_policy = new()
    {
        Protect = new ProtectPolicy { Namespaces = ["kube-system"], PriorityClasses = ["important"], MinPriority = 1_000_000 },
        Wishes = new WishPolicy { Namespaces = ["trusted"], PriorityClasses = ["may-ask"] },
    };

    public static TheoryData<string, string, int, string?, bool> Protected => new()
    {
        { "an ordinary Pod", "default", 0, null, false },
        { "a protected namespace", "kube-system", 0, null, true },
        { "a namespace whose name only begins so", "kube-system-2", 0, null, false },
        { "a namespace in another case", "Kube-System", 0, null, false },
        { "a protected PriorityClass", "default", 0, "important", true },
        { "another PriorityClass", "default", 0, "importan", false },
        { "just the priority", "default", 1_000_000, null, true },
        { "above the priority", "default", int.MaxValue, null, true },
        { "just below the priority", "default", 999_999, null, false },
        { "far below the priority", "default", int.MinValue, null, false },
    };

    [Theory]
    [MemberData(nameof(Protected))]
    public void The_administrator_protects_by_namespace_class_and_priority(
        string what, string @namespace, int priority, string? priorityClass, bool isProtected)
    {
        var pod = Made.Pod(@namespace: @namespace, priority: priority, priorityClassName: priorityClass);
        Assert.True(isProtected == Protection.IsProtected(s_policy, pod, null), what);
    }

    [Fact]
    public void The_default_policy_protects_the_system()
    {
        var policy = new ReapPolicy();
        Assert.True(Protection.IsProtected(policy, Made.Pod(@namespace: "kube-system"), null));
        Assert.True(Protection.IsProtected(policy, Made.Pod(priority: 2_000_000_000, priorityClassName: "system-cluster-critical"), null));
        Assert.True(Protection.IsProtected(policy, Made.Pod(priority: 2_000_001_000, priorityClassName: "system-node-critical"), null));
        Assert.False(Protection.IsProtected(policy, Made.Pod(priority: 1_000_000_000), null));
    }

    [Theory]
    [InlineData("0c1d2e3f405162738495a6b7c8d9eafb", true)]
    [InlineData("0c1d2e3f-4051-6273-8495-a6b7c8d9eafb", false)]
    [InlineData("0c1d2e3f", false)]
    public void A_static_Pod_is_protected_and_told_by_its_UID(string uid, bool isStatic)
    {
        var pod = Made.Pod(uid);
        Assert.Equal(isStatic, Protection.IsProtected(s_policy, pod, null));
        Assert.False(Protection.IsProtected(s_policy with { Protect = s_policy.Protect with { StaticPods = false } }, pod, null));
    }

    public static TheoryData<string, string?, string, bool, int> Wishes => new()
    {
        // Namespace, PriorityClass, what is asked; whether it is protected, and the kill priority that counts.
        { "default", null, "never", false, 0 },
        { "default", null, "-500", false, 0 },
        { "default", null, "500", false, 500 },
        { "default", null, "0", false, 0 },
        { "trusted", null, "never", true, 0 },
        { "trusted", null, "-500", false, -500 },
        { "trusted", null, "500", false, 500 },
        { "default", "may-ask", "never", true, 0 },
        { "default", "may-ask", "-500", false, -500 },
        { "default", "may-ask-not", "never", false, 0 },
    };

    [Theory]
    [MemberData(nameof(Wishes))]
    public void A_wish_counts_where_the_policy_lets_the_tenant_ask(
        string @namespace, string? priorityClass, string asked, bool isProtected, int killPriority)
    {
        Assert.True(KillPriority.TryParse(asked, out var wish));
        var container = Made.Container(killPriority: wish);
        var pod = Made.Pod(@namespace: @namespace, priorityClassName: priorityClass, killPriority: wish, containers: container);
        Assert.Equal(isProtected, Protection.IsProtected(s_policy, pod, container));
        Assert.Equal(killPriority, Protection.GrantedKillPriority(s_policy, pod, container));
    }

    [Fact]
    public void A_star_lets_every_namespace_ask()
    {
        var policy = s_policy with { Wishes = new WishPolicy { Namespaces = ["*"] } };
        var container = Made.Container(killPriority: KillPriority.Never);
        Assert.True(Protection.IsProtected(policy, Made.Pod(@namespace: "anyone", containers: container), container));
    }

    public static TheoryData<string[], bool, int> Siblings => new()
    {
        { ["never", "500"], true, 0 },
        { ["500", "never"], true, 0 },
        { ["500", "-500"], false, -500 },
        { ["100", "200"], false, 0 },
    };

    [Theory]
    [MemberData(nameof(Siblings))]
    public void Of_a_container_that_cannot_be_told_from_its_siblings_the_safest_wish_counts(
        string[] asked, bool isProtected, int killPriority)
    {
        var containers = asked.Select(text => Made.Container(killPriority: Parse(text))).ToArray();
        var pod = Made.Pod(@namespace: "trusted", containers: containers);
        Assert.Equal(isProtected, Protection.IsProtected(s_policy, pod, null));
        Assert.Equal(killPriority, Protection.GrantedKillPriority(s_policy, pod, null));
    }

    [Fact]
    public void A_container_that_is_known_is_not_protected_by_its_siblings_wish()
    {
        var sidecar = Made.Container("sidecar", killPriority: KillPriority.Never);
        var app = Made.Container("app", killPriority: new KillPriority(7, false));
        var pod = Made.Pod(@namespace: "trusted", containers: [sidecar, app]);
        Assert.True(Protection.IsProtected(s_policy, pod, sidecar));
        Assert.False(Protection.IsProtected(s_policy, pod, app));
        Assert.Equal(7, Protection.GrantedKillPriority(s_policy, pod, app));
    }

    [Fact]
    public void Deciding_allocates_nothing()
    {
        var app = Made.Container(killPriority: KillPriority.Never);
        var pod = Made.Pod(@namespace: "trusted", priorityClassName: "may-ask", containers: [app, app]);
        Assert.Equal(0, Allocations.Of(() =>
        {
            _ = Protection.IsProtected(s_policy, pod, app);
            _ = Protection.IsProtected(s_policy, pod, null);
            _ = Protection.GrantedKillPriority(s_policy, pod, null);
        }));
    }

    private static KillPriority Parse(string text)
    {
        Assert.True(KillPriority.TryParse(text, out var priority));
        return priority;
    }
}
