namespace NodeReaper.Agent.Yaml;

/// <summary>What is wrong with a YAML file, before anyone asks what it means.</summary>
/// <param name="Position">Where.</param>
/// <param name="Key">The path of the key, such as <c>pressure.stall</c>; empty when it is not about a key.</param>
/// <param name="Message">What is wrong, and the fix.</param>
internal readonly record struct YamlError(YamlPosition Position, string Key, string Message);
