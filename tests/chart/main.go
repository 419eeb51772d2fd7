// Does for the tests, from Debian's packages, what they need of Helm: the same templates, functions and schema library.
//
//	chart render CHART [option...]   the objects, as YAML
//	chart notes CHART [option...]    what Helm says after an installation
//	chart readme CHART               the table of values, from their comments
//	chart rights CHART [option...]   what the ClusterRole gives, a right a line
//	chart oci CHART [option...]      config.json of the OCI runtime for the DaemonSet's container
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: chart render|notes|readme|rights|oci CHART [option...]; chart render CHART -h lists the options")
		os.Exit(2)
	}
	command, folder := os.Args[1], os.Args[2]
	flags := flag.NewFlagSet(command, flag.ExitOnError)
	var files, sets list
	flags.Var(&files, "f", "a `file` of values; repeatable")
	flags.Var(&sets, "set", "a value, `path=yaml`; repeatable")
	release := flags.String("name", "nodereaper", "the release's `name`")
	namespace := flags.String("namespace", "nodereaper", "the release's `namespace`")
	version := flags.String("kube-version", "v1.34.0", "the cluster's `version`")
	tests := flags.Bool("tests", true, "the objects of helm test, too")
	container := containerFlags(flags)
	_ = flags.Parse(os.Args[3:])

	output, err := run(command, folder, request{*release, *namespace, *version, files, sets, *tests}, container)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
	fmt.Print(output)
}

func run(command, folder string, asked request, container *container) (string, error) {
	if command == "readme" {
		return readme(folder)
	}
	rendered, err := render(folder, asked)
	if err != nil {
		return "", err
	}
	switch command {
	case "render":
		return rendered.manifest, nil
	case "notes":
		return rendered.notes, nil
	case "rights":
		return rightsOf(rendered.manifest)
	case "oci":
		return container.config(rendered.manifest)
	}
	return "", fmt.Errorf("%s is no command", command)
}
