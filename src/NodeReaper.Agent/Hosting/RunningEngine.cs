using NodeReaper.Engine;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Agent.Hosting;

/// <summary>What other threads may ask of the engine while it runs.</summary>
/// <param name="Watch">The pressure thread's loop.</param>
/// <param name="Gauges">Its figures of the moment.</param>
/// <param name="Errors">The errors of the kill path.</param>
/// <param name="Strategy">The strategy that passed its self-test.</param>
/// <param name="Since">When the watch began, as a timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</param>
internal sealed record RunningEngine(PressureWatch Watch, Gauges Gauges, KillErrors Errors, KillStrategy Strategy, long Since);
