package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// readme is the table of values: each with its default and the comment that begins with "-- ".
func readme(folder string) (string, error) {
	text, err := os.ReadFile(filepath.Join(folder, "values.yaml"))
	if err != nil {
		return "", err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return "", err
	}
	var rows strings.Builder
	rows.WriteString("| value | default | what it is |\n|---|---|---|\n")
	err = writeRows(&rows, "", document.Content[0])
	return rows.String(), err
}

// writeRows goes down until a value has its comment. One without is forgotten, which is an error.
func writeRows(rows *strings.Builder, path string, section *yaml.Node) error {
	for i := 0; i < len(section.Content); i += 2 {
		key, value := section.Content[i], section.Content[i+1]
		name := path + key.Value
		if _, comment, found := strings.Cut("\n"+key.HeadComment, "\n# -- "); found {
			shown, err := inOneLine(value)
			if err != nil {
				return err
			}
			fmt.Fprintf(rows, "| `%s` | `%s` | %s |\n", name, shown, strings.ReplaceAll(comment, "\n# ", " "))
			continue
		}
		if value.Kind != yaml.MappingNode {
			return fmt.Errorf("values.yaml:%d: %s has no comment that begins with '# -- '", key.Line, name)
		}
		if err := writeRows(rows, name+".", value); err != nil {
			return err
		}
	}
	return nil
}

func inOneLine(value *yaml.Node) (string, error) {
	var flow func(node *yaml.Node)
	flow = func(node *yaml.Node) {
		if node.Kind != yaml.ScalarNode {
			node.Style = yaml.FlowStyle
		}
		for _, child := range node.Content {
			flow(child)
		}
	}
	flow(value)
	text, err := yaml.Marshal(value)
	return strings.Join(strings.Fields(string(text)), " "), err
}
