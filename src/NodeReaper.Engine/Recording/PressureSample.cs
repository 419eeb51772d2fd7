using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Recording;

/// <summary>A place at one moment, and what was thought of it.</summary>
/// <param name="SlicePath">The slice; null for the node.</param>
/// <param name="Reading">Its signals.</param>
/// <param name="Verdict">The verdict on them.</param>
/// <param name="Policy">The policy in force.</param>
public readonly record struct PressureSample(string? SlicePath, PressureReading Reading, PressureVerdict Verdict, ReapPolicy Policy);
