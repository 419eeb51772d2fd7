package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/semver"
	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

type request struct {
	release, namespace, version string
	files, sets                 []string
	withTests                   bool
}

type rendering struct{ manifest, notes string }

// render does with a chart what helm template does. What Helm would quietly leave out (a value that is not there) is an error here.
func render(folder string, asked request) (rendering, error) {
	all, err := valuesOf(folder, asked.files, asked.sets)
	if err != nil {
		return rendering{}, err
	}
	chart, err := readChart(folder, asked.version)
	if err != nil {
		return rendering{}, err
	}
	version, err := semver.NewVersion(asked.version)
	if err != nil {
		return rendering{}, err
	}
	data := values{
		"Values": all,
		"Chart":  chart,
		"Files":  chartFiles(folder),
		"Release": values{
			"Name": asked.release, "Namespace": asked.namespace, "Service": "Helm", "IsInstall": true, "IsUpgrade": false, "Revision": 1,
		},
		"Capabilities": values{
			"KubeVersion": values{"Version": asked.version, "Major": fmt.Sprint(version.Major()), "Minor": fmt.Sprint(version.Minor())},
		},
	}
	return execute(folder, data, asked.withTests)
}

func execute(folder string, data values, withTests bool) (rendering, error) {
	root := template.New("chart").Option("missingkey=zero")
	root.Funcs(functions(root))
	var names []string
	err := filepath.Walk(filepath.Join(folder, "templates"), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		if _, err := root.New(name).Parse(string(text)); err != nil {
			return err
		}
		if !strings.HasPrefix(filepath.Base(path), "_") {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return rendering{}, err
	}
	sort.Strings(names)

	var done rendering
	for _, name := range names {
		var text strings.Builder
		if err := root.ExecuteTemplate(&text, name, data); err != nil {
			return rendering{}, err
		}
		if strings.Contains(text.String(), "<no value>") {
			return rendering{}, fmt.Errorf("%s: a value is not there:\n%s", name, text.String())
		}
		switch {
		case filepath.Base(name) == "NOTES.txt":
			done.notes = text.String()
		case strings.Contains(name, "/tests/") && !withTests:
		default:
			done.manifest += documents(name, text.String())
		}
	}
	return done, nil
}

// documents gives each of a file's documents its separator, and drops those that are empty.
func documents(name, text string) string {
	var kept strings.Builder
	for _, document := range strings.Split("\n"+text, "\n---") {
		if strings.TrimSpace(document) != "" {
			kept.WriteString("---\n# Source: " + name + "\n" + strings.TrimSpace(document) + "\n")
		}
	}
	return kept.String()
}

func readChart(folder, kubernetes string) (values, error) {
	read, err := readValues(filepath.Join(folder, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	chart := values{}
	for key, value := range read {
		chart[strings.ToUpper(key[:1])+key[1:]] = value
	}
	wanted, err := semver.NewConstraint(fmt.Sprint(chart["KubeVersion"]))
	if err != nil {
		return nil, fmt.Errorf("kubeVersion: %w", err)
	}
	version, err := semver.NewVersion(kubernetes)
	if err != nil || !wanted.Check(version) {
		return nil, fmt.Errorf("the chart is for Kubernetes %s, not %s", wanted, kubernetes)
	}
	return chart, nil
}

// chartFiles is .Files of a template.
type chartFiles string

func (f chartFiles) Get(path string) (string, error) {
	text, err := os.ReadFile(filepath.Join(string(f), path))
	return string(text), err
}

func (f chartFiles) Lines(path string) ([]string, error) {
	text, err := f.Get(path)
	return strings.Split(strings.TrimRight(text, "\n"), "\n"), err
}

func functions(root *template.Template) template.FuncMap {
	all := sprig.TxtFuncMap()
	// Helm has neither: a chart must not read the environment of who installs it.
	delete(all, "env")
	delete(all, "expandenv")
	all["include"] = func(name string, data interface{}) (string, error) {
		var text strings.Builder
		err := root.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	all["tpl"] = func(text string, data interface{}) (string, error) {
		clone, err := root.Clone()
		if err != nil {
			return "", err
		}
		parsed, err := clone.New("tpl").Parse(text)
		if err != nil {
			return "", err
		}
		var done strings.Builder
		err = parsed.Execute(&done, data)
		return done.String(), err
	}
	all["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	all["fromYaml"] = func(text string) (values, error) {
		read := values{}
		return read, yaml.Unmarshal([]byte(text), &read)
	}
	all["toJson"] = func(value interface{}) (string, error) {
		text, err := json.Marshal(value)
		return string(text), err
	}
	all["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, fmt.Errorf("%s", message)
		}
		return value, nil
	}
	all["fail"] = func(message string) (string, error) { return "", fmt.Errorf("%s", message) }
	return all
}
