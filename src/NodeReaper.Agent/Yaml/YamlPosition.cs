namespace NodeReaper.Agent.Yaml;

/// <summary>A place in a file.</summary>
/// <param name="Line">From 1; 0 when the place is the file as a whole.</param>
/// <param name="Column">From 1; 0 when the place is a whole line or file.</param>
internal readonly record struct YamlPosition(int Line, int Column);
