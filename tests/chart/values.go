package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/xeipuuv/gojsonschema"
	"sigs.k8s.io/yaml"
)

type values = map[string]interface{}

// valuesOf lays the files and the sets over the chart's values, and asks the schema.
func valuesOf(folder string, files, sets []string) (values, error) {
	all, err := readValues(filepath.Join(folder, "values.yaml"))
	if err != nil {
		return nil, err
	}
	given := values{}
	for _, file := range files {
		over, err := readValues(file)
		if err != nil {
			return nil, err
		}
		lay(given, over)
	}
	for _, set := range sets {
		over, err := parseSet(set)
		if err != nil {
			return nil, err
		}
		lay(given, over)
	}
	layOverDefaults(all, given)
	return all, validate(filepath.Join(folder, "values.schema.json"), all)
}

func readValues(path string) (values, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	read := values{}
	if err := yaml.UnmarshalStrict(text, &read); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return read, nil
}

// parseSet reads a.b.c=YAML.
func parseSet(set string) (values, error) {
	path, text, found := strings.Cut(set, "=")
	if !found {
		return nil, fmt.Errorf("%s is not path=value", set)
	}
	var value interface{}
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return nil, fmt.Errorf("%s: %w", set, err)
	}
	names := strings.Split(path, ".")
	for i := len(names) - 1; i >= 0; i-- {
		value = values{names[i]: value}
	}
	return value.(values), nil
}

// lay does as Helm with what is given: maps are laid over each other, anything else replaces.
func lay(under, over values) {
	for name, value := range over {
		below, isMap := under[name].(values)
		above, isMapToo := value.(values)
		if isMap && isMapToo {
			lay(below, above)
		} else {
			under[name] = value
		}
	}
}

// layOverDefaults does as Helm with the chart's values: null takes one of them away, and stays null where the chart has none.
func layOverDefaults(under, over values) {
	for name, value := range over {
		below, isThere := under[name]
		if value == nil && isThere {
			delete(under, name)
			continue
		}
		belowMap, isMap := below.(values)
		aboveMap, isMapToo := value.(values)
		if isMap && isMapToo {
			layOverDefaults(belowMap, aboveMap)
		} else {
			under[name] = value
		}
	}
}

func validate(schema string, all values) error {
	text, err := os.ReadFile(schema)
	if err != nil {
		return err
	}
	document, err := json.Marshal(all)
	if err != nil {
		return err
	}
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(text), gojsonschema.NewBytesLoader(document))
	if err != nil {
		return fmt.Errorf("%s: %w", schema, err)
	}
	if result.Valid() {
		return nil
	}
	var problems []string
	for _, problem := range result.Errors() {
		problems = append(problems, problem.String())
	}
	return fmt.Errorf("values refused by the schema: %s", strings.Join(problems, "; "))
}
