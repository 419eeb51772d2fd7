using k8s.Models;

namespace NodeReaper.Chart.Tests;

public sealed class DaemonSetTests
{
    private static readonly string[] s_capabilities = ["IPC_LOCK", "KILL", "SYS_NICE", "SYS_PTRACE", "SYS_RESOURCE"];

    [Theory]
    [InlineData]
    [InlineData("podSource=none")]
    [InlineData("podSource=kubelet", "policy.kubelet.terminationMessages=false")]
    [InlineData("leastPrivileged=false")]
    [InlineData("podSource=kubelet", "kubelet.ca.configMap=x")]
    [InlineData("extraVolumes=[{name: more, emptyDir: {}}]", "extraVolumeMounts=[{name: more, mountPath: /more}]")]
    public void Every_volume_is_mounted_and_every_mount_has_a_volume(params string[] values)
    {
        foreach (var pod in new[] { Chart.The<V1DaemonSet>(Chart.Set(values)).Spec.Template.Spec, Chart.The<V1Pod>(Chart.Set(values)).Spec })
        {
            Assert.Equal(
                pod.Volumes.Select(volume => volume.Name).Order(),
                Assert.Single(pod.Containers).VolumeMounts.Select(mount => mount.Name).Order());
        }
    }

    [Fact]
    public void The_test_has_the_agents_mounts_so_that_it_fails_where_the_agent_would_not_start() => Assert.Equal(
        Chart.Container().VolumeMounts.Where(mount => mount.Name != "socket").Select(mount => (mount.Name, mount.MountPath, mount.ReadOnlyProperty)),
        Assert.Single(Chart.The<V1Pod>().Spec.Containers).VolumeMounts.Select(mount => (mount.Name, mount.MountPath, mount.ReadOnlyProperty)));

    [Theory]
    [InlineData("api", null)]
    [InlineData("none", null)]
    [InlineData("kubelet", "true")]
    public void Every_command_in_the_container_finds_the_agents_options(string source, string? skips)
    {
        var values = Chart.Set($"podSource={source}", "kubelet.skipTlsVerify=true");
        foreach (var container in new[] { Chart.Container(values), Assert.Single(Chart.The<V1Pod>(values).Spec.Containers) })
        {
            Assert.Single(container.Args);
            string? Of(string name) => container.Env.SingleOrDefault(variable => variable.Name == name)?.Value;
            Assert.Contains(container.VolumeMounts, mount => mount.MountPath == Of("NODEREAPER_CGROUP_ROOT"));
            Assert.Contains(container.VolumeMounts, mount => mount.MountPath == Path.GetDirectoryName(Of("NODEREAPER_CONFIG")));
            Assert.Equal(source == "none" ? null : source, Of("NODEREAPER_PODS"));
            Assert.Equal(skips, Of("NODEREAPER_KUBELET_SKIP_TLS_VERIFY"));
        }
    }

    [Fact]
    public void It_may_write_to_what_it_needs_alone()
    {
        var container = Chart.Container();
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.Equal(
            ["/host/sys/fs/cgroup", "/run/nodereaper", "/var/lib/kubelet/pods", "/var/lib/nodereaper"],
            container.VolumeMounts.Where(mount => mount.ReadOnlyProperty != true).Select(mount => mount.MountPath).Order());
        Assert.DoesNotContain(
            Chart.Container(Chart.Set("policy.kubelet.terminationMessages=false")).VolumeMounts, mount => mount.MountPath.Contains("kubelet", StringComparison.Ordinal));
    }

    [Fact]
    public void The_socket_needs_no_disk() => Assert.Equal(
        "Memory", Chart.The<V1DaemonSet>().Spec.Template.Spec.Volumes.Single(volume => volume.Name == "socket").EmptyDir.Medium);

    [Fact]
    public void The_nodes_paths_are_these_and_no_others() => Assert.Equal(
        ["/sys/fs/cgroup", "/var/lib/kubelet/pods", "/var/lib/nodereaper"],
        Chart.The<V1DaemonSet>().Spec.Template.Spec.Volumes.Where(volume => volume.HostPath is not null).Select(volume => volume.HostPath.Path).Order());

    [Fact]
    public void It_has_the_capabilities_that_it_needs_and_is_not_privileged()
    {
        foreach (var context in new[] { Chart.Container().SecurityContext, Assert.Single(Chart.The<V1Pod>().Spec.Containers).SecurityContext })
        {
            Assert.NotEqual(true, context.Privileged);
            Assert.False(context.AllowPrivilegeEscalation);
            Assert.Equal(["ALL"], context.Capabilities.Drop);
            Assert.Equal(s_capabilities, context.Capabilities.Add.Order());
        }
    }

    [Fact]
    public void CAP_SYS_ADMIN_comes_with_the_stage_throttle_alone()
    {
        var context = Chart.Container(Chart.Set("policy.stages.throttle=200Mi")).SecurityContext;
        Assert.Equal([.. s_capabilities.Append("SYS_ADMIN").Order()], context.Capabilities.Add.Order());

        // The two contradict each other.
        Assert.Null(context.AllowPrivilegeEscalation);
    }

    [Fact]
    public void Privileged_is_what_was_asked_for_and_nothing_beside_it()
    {
        var context = Chart.Container(Chart.Set("leastPrivileged=false")).SecurityContext;
        Assert.True(context.Privileged);

        // The API server refuses both together.
        Assert.Null(context.AllowPrivilegeEscalation);
        Assert.Null(context.Capabilities);
    }

    [Theory]
    [InlineData("v1.29.0", true)]
    [InlineData("v1.30.0", false)]
    public void AppArmor_is_a_field_from_1_30_on(string version, bool annotated)
    {
        var template = Chart.The<V1DaemonSet>("-kube-version", version).Spec.Template;
        var annotation = template.Metadata.Annotations.TryGetValue("container.apparmor.security.beta.kubernetes.io/nodereaper", out var value) ? value : null;
        Assert.Equal(annotated ? "unconfined" : null, annotation);
        Assert.Equal(annotated ? null : "Unconfined", Assert.Single(template.Spec.Containers).SecurityContext.AppArmorProfile?.Type);
    }

    [Fact]
    public void It_sees_the_nodes_processes_and_stays_on_a_full_node()
    {
        var pod = Chart.The<V1DaemonSet>().Spec.Template.Spec;
        Assert.True(pod.HostPID);
        Assert.NotEqual(true, pod.HostNetwork);
        Assert.NotEqual(true, pod.HostIPC);
        Assert.Equal("system-node-critical", pod.PriorityClassName);
        Assert.Contains(pod.Tolerations, toleration => toleration is { OperatorProperty: "Exists", Key: null, Effect: null });
        Assert.True(pod.TerminationGracePeriodSeconds >= 5);
        Assert.Equal("128Mi", Assert.Single(pod.Containers).Resources.Limits["memory"].ToString());
    }

    [Fact]
    public void Probes_ask_at_the_port_that_it_serves()
    {
        var container = Chart.Container(Chart.Set("port=1234"));
        var port = Assert.Single(container.Ports);
        Assert.Equal(1234, port.ContainerPort);
        Assert.All(
            [(container.StartupProbe, "/readyz"), (container.ReadinessProbe, "/readyz"), (container.LivenessProbe, "/healthz")],
            (each) => Assert.Equal((port.Name, each.Item2), (each.Item1.HttpGet.Port.Value, each.Item1.HttpGet.Path)));
        Assert.Contains("listen: :1234", Chart.The<V1ConfigMap>(Chart.Set("port=1234")).Data["policy.yaml"], StringComparison.Ordinal);
    }

    [Fact]
    public void In_the_nodes_network_a_port_that_is_taken_restarts_nobody()
    {
        var container = Chart.Container(Chart.Set("hostNetwork=true"));
        Assert.Null(container.StartupProbe);
        Assert.Null(container.LivenessProbe);
        Assert.NotNull(container.ReadinessProbe);
    }

    [Theory]
    [InlineData("kubelet.ca.configMap=kubelets", "/etc/nodereaper-kubelet")]
    [InlineData("kubelet.ca.hostPath=/var/lib/kubelet/pki/kubelet.crt", "/etc/nodereaper-kubelet/ca.crt")]
    public void The_kubelets_authority_is_mounted_where_it_is_looked_for(string value, string path)
    {
        var values = Chart.Set("podSource=kubelet", value);
        var container = Chart.Container(values);
        Assert.Equal("/etc/nodereaper-kubelet/ca.crt", container.Env.Single(variable => variable.Name == "NODEREAPER_KUBELET_CA").Value);
        Assert.Equal(path, container.VolumeMounts.Single(mount => mount.Name == "kubelet-ca").MountPath);
        Assert.Equal("ca.crt", Chart.The<V1DaemonSet>(values).Spec.Template.Spec.Volumes.Single(volume => volume.Name == "kubelet-ca").ConfigMap?.Items[0].Path ?? "ca.crt");
        Assert.DoesNotContain(Chart.Container(Chart.Set(value)).VolumeMounts, mount => mount.Name == "kubelet-ca");
    }

    [Fact]
    public void It_cannot_be_in_two_places() =>
        Assert.Contains("not both", Chart.Refusal(Chart.Set("podSource=kubelet", "kubelet.ca.configMap=x", "kubelet.ca.hostPath=/x")), StringComparison.Ordinal);

    [Theory]
    [InlineData("policy.kill.reapers=3", true)]
    [InlineData("policy.node.taint=true", true)]
    [InlineData("port=1234", true)]
    [InlineData("dryRun=false", false)]
    [InlineData("policy.pressure.killBelow=5%", false)]
    [InlineData("policy.protect.namespaces=[kube-system, ci]", false)]
    public void Only_what_is_read_at_its_start_restarts_it(string value, bool restarts) =>
        Assert.Equal(restarts, Template() != Template(Chart.Set(value)));

    private static string Template(params string[] options) => Chart.The<V1DaemonSet>(options).Spec.Template.Metadata.Annotations["checksum/policy-at-start"];
}
