package main

import (
	"sort"
	"strings"

	"sigs.k8s.io/yaml"
)

// rightsOf is what the ClusterRoles give, as "verb group/resource", without the group where that is the core.
func rightsOf(rendered string) (string, error) {
	var rights []string
	for _, document := range strings.Split(rendered, "---\n") {
		var role struct {
			Kind  string
			Rules []struct{ APIGroups, Resources, Verbs []string }
		}
		if err := yaml.Unmarshal([]byte(document), &role); err != nil {
			return "", err
		}
		if role.Kind != "ClusterRole" {
			continue
		}
		for _, rule := range role.Rules {
			for _, group := range rule.APIGroups {
				for _, resource := range rule.Resources {
					for _, verb := range rule.Verbs {
						rights = append(rights, verb+" "+strings.TrimPrefix(group+"/"+resource, "/")+"\n")
					}
				}
			}
		}
	}
	sort.Strings(rights)
	return strings.Join(rights, ""), nil
}
