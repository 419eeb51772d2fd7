package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// container is what a node knows of the Pod, and its manifest does not.
type container struct {
	root, entrypoint, cgroup, seccomp string
	volumes, fields, env, mounts      list
}

func containerFlags(flags *flag.FlagSet) *container {
	c := &container{}
	flags.StringVar(&c.root, "root", "", "oci: the `folder` with the image's files")
	flags.StringVar(&c.entrypoint, "entrypoint", "/usr/bin/nodereaper", "oci: the image's `program`")
	flags.StringVar(&c.cgroup, "cgroup", "", "oci: the container's `cgroup`")
	flags.StringVar(&c.seccomp, "seccomp", "", "oci: the runtime's default profile, a `file` in the format of Docker and Podman")
	flags.Var(&c.volumes, "volume", "oci: `name=folder`, where a volume is, if not where the chart says; repeatable")
	flags.Var(&c.fields, "field", "oci: `path=value` of a field of the Pod; repeatable")
	flags.Var(&c.env, "env", "oci: `name=value`, what Kubernetes adds to the environment; repeatable")
	flags.Var(&c.mounts, "mount", "oci: `path=folder`, what Kubernetes mounts by itself; repeatable")
	return c
}

// manifest has of a DaemonSet what makes its container.
type manifest struct {
	Kind string
	Spec struct{ Template struct{ Spec podSpec } }
}

type podSpec struct {
	HostPID     bool
	HostNetwork bool
	Containers  []containerSpec
	Volumes     []struct {
		Name     string
		HostPath *struct{ Path string }
	}
}

type containerSpec struct {
	Args []string
	Env  []struct {
		Name, Value string
		ValueFrom   *struct{ FieldRef struct{ FieldPath string } }
	}
	Resources    struct{ Limits map[string]string }
	VolumeMounts []struct {
		Name, MountPath, MountPropagation string
		ReadOnly                          bool
	}
	SecurityContext securityContext
}

type securityContext struct {
	Privileged               bool
	AllowPrivilegeEscalation *bool
	ReadOnlyRootFilesystem   bool
	RunAsUser, RunAsGroup    int
	Capabilities             struct{ Drop, Add []string }
	SeccompProfile           struct{ Type string }
}

// config does with the Pod's container what a kubelet and containerd do with it.
func (c *container) config(rendered string) (string, error) {
	for _, document := range strings.Split(rendered, "---\n") {
		var read manifest
		if err := yaml.Unmarshal([]byte(document), &read); err != nil {
			return "", err
		}
		if read.Kind != "DaemonSet" {
			continue
		}
		spec := read.Spec.Template.Spec
		made, err := c.of(spec, spec.Containers[0])
		if err != nil {
			return "", err
		}
		text, err := json.MarshalIndent(made, "", "  ")
		return string(text) + "\n", err
	}
	return "", errors.New("the chart has no DaemonSet")
}

func (c *container) of(pod podSpec, spec containerSpec) (values, error) {
	context := spec.SecurityContext
	capabilities := capabilitiesOf(context)
	environment := append([]string{"PATH=/usr/local/bin:/usr/bin"}, c.env...)
	for _, variable := range spec.Env {
		if variable.ValueFrom != nil {
			value, found := lookUp(c.fields, variable.ValueFrom.FieldRef.FieldPath)
			if !found {
				return nil, fmt.Errorf("--field %s is not given", variable.ValueFrom.FieldRef.FieldPath)
			}
			variable.Value = value
		}
		environment = append(environment, variable.Name+"="+variable.Value)
	}
	mounts, err := c.mountsOf(pod, spec)
	if err != nil {
		return nil, err
	}
	linux := values{
		"cgroupsPath": c.cgroup,
		"namespaces":  namespacesOf(pod),
		"resources":   resourcesOf(spec),
	}
	if !context.Privileged {
		linux["maskedPaths"] = []string{
			"/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
			"/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
		}
		linux["readonlyPaths"] = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
		if context.SeccompProfile.Type == "RuntimeDefault" {
			profile, err := seccompOf(c.seccomp, capabilities)
			if err != nil {
				return nil, err
			}
			linux["seccomp"] = profile
		}
	}
	return values{
		"ociVersion": "1.0.2",
		"root":       values{"path": c.root, "readonly": context.ReadOnlyRootFilesystem},
		"hostname":   "nodereaper",
		"process": values{
			"user":            values{"uid": context.RunAsUser, "gid": context.RunAsGroup},
			"args":            append([]string{c.entrypoint}, spec.Args...),
			"env":             environment,
			"cwd":             "/",
			"noNewPrivileges": context.AllowPrivilegeEscalation != nil && !*context.AllowPrivilegeEscalation,
			"capabilities":    values{"bounding": capabilities, "effective": capabilities, "permitted": capabilities},
			// What the kubelet gives to system-node-critical.
			"oomScoreAdj": -997,
		},
		"mounts": mounts,
		"linux":  linux,
	}, nil
}

func namespacesOf(pod podSpec) []values {
	namespaces := []values{{"type": "mount"}, {"type": "ipc"}, {"type": "uts"}, {"type": "cgroup"}}
	if !pod.HostPID {
		namespaces = append(namespaces, values{"type": "pid"})
	}
	// The Pod's network is left out: the test's API server is on the node's.
	return namespaces
}

func resourcesOf(spec containerSpec) values {
	device := values{"allow": spec.SecurityContext.Privileged, "access": "rwm"}
	resources := values{"devices": []values{device}}
	var mebibytes int64
	if _, err := fmt.Sscanf(spec.Resources.Limits["memory"], "%dMi", &mebibytes); err == nil {
		resources["memory"] = values{"limit": mebibytes << 20}
	}
	return resources
}

func (c *container) mountsOf(pod podSpec, spec containerSpec) ([]values, error) {
	access := "ro"
	if spec.SecurityContext.Privileged {
		access = "rw"
	}
	mounts := []values{
		mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
		mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
		mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
		mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
		mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", access),
		mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", access),
	}
	for _, wanted := range spec.VolumeMounts {
		from, found := lookUp(c.volumes, wanted.Name)
		for _, volume := range pod.Volumes {
			if !found && volume.Name == wanted.Name && volume.HostPath != nil {
				from, found = volume.HostPath.Path, true
			}
		}
		if !found {
			return nil, fmt.Errorf("--volume %s is not given", wanted.Name)
		}
		propagation, access := "rprivate", "rw"
		if wanted.MountPropagation == "HostToContainer" {
			propagation = "rslave"
		}
		if wanted.ReadOnly {
			access = "ro"
		}
		mounts = append(mounts, mount(wanted.MountPath, "bind", from, "rbind", propagation, access))
	}
	for _, pair := range c.mounts {
		path, from, _ := strings.Cut(pair, "=")
		mounts = append(mounts, mount(path, "bind", from, "rbind", "rprivate", "ro"))
	}
	return mounts, nil
}

func mount(destination, kind, source string, options ...string) values {
	return values{"destination": destination, "type": kind, "source": source, "options": options}
}

func lookUp(pairs list, name string) (string, bool) {
	for _, pair := range pairs {
		if key, value, _ := strings.Cut(pair, "="); key == name {
			return value, true
		}
	}
	return "", false
}
