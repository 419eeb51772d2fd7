package main

import (
	"encoding/json"
	"os"
	"strings"
)

// All capabilities of linux/capability.h, in its order: what a privileged container gets.
var allCapabilities = strings.Fields(`
	CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN
	NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
	SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON
	BPF CHECKPOINT_RESTORE`)

// What a container of containerd has before drop and add.
var defaultCapabilities = strings.Fields(`
	CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE`)

func capabilitiesOf(context securityContext) []string {
	held := map[string]bool{}
	start := defaultCapabilities
	if context.Privileged {
		start = allCapabilities
	}
	for _, name := range start {
		held[name] = true
	}
	for _, name := range context.Capabilities.Drop {
		if name == "ALL" {
			held = map[string]bool{}
		}
		delete(held, name)
	}
	for _, name := range context.Capabilities.Add {
		held[name] = true
	}
	names := []string{}
	for _, name := range allCapabilities {
		if held[name] {
			names = append(names, "CAP_"+name)
		}
	}
	return names
}

// A rule of a profile in the format of Docker and Podman, and the conditions under which it holds.
type seccompRule struct {
	Names              []string
	Action             string
	Args               []interface{}
	Includes, Excludes struct{ Caps, Arches []string }
	ErrnoRet           *int
}

// seccompOf makes of the profile what its owner would make of it for a container with these capabilities, on amd64.
func seccompOf(path string, capabilities []string) (values, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var profile struct {
		DefaultAction   string
		DefaultErrnoRet *int
		Syscalls        []seccompRule
	}
	if err := json.Unmarshal(text, &profile); err != nil {
		return nil, err
	}
	held := strings.Join(capabilities, " ") + " "
	hasAny := func(names []string) bool {
		for _, name := range names {
			if strings.Contains(held, name+" ") {
				return true
			}
		}
		return false
	}
	isHere := func(arches []string) bool { return strings.Contains(strings.Join(arches, " ")+" ", "amd64 ") }
	rules := []values{}
	for _, rule := range profile.Syscalls {
		if len(rule.Includes.Caps) > 0 && !hasAny(rule.Includes.Caps) || len(rule.Includes.Arches) > 0 && !isHere(rule.Includes.Arches) ||
			hasAny(rule.Excludes.Caps) || isHere(rule.Excludes.Arches) {
			continue
		}
		made := values{"names": rule.Names, "action": rule.Action}
		if len(rule.Args) > 0 {
			made["args"] = rule.Args
		}
		if rule.ErrnoRet != nil {
			made["errnoRet"] = *rule.ErrnoRet
		}
		rules = append(rules, made)
	}
	made := values{"defaultAction": profile.DefaultAction, "architectures": []string{"SCMP_ARCH_X86_64"}, "syscalls": rules}
	if profile.DefaultErrnoRet != nil {
		made["defaultErrnoRet"] = *profile.DefaultErrnoRet
	}
	return made, nil
}
