namespace NodeReaper.Engine.Reporting;

/// <summary>Where reports go: the log, the incident file. Called on the drain thread, never on the kill path.</summary>
public interface IReportSink
{
    /// <summary>Its name in logs and counters.</summary>
    string Name { get; }

    /// <summary>Writes a report. It must not keep it.</summary>
    /// <param name="report">The report.</param>
    /// <exception cref="IOException">It could not be written; the others still get it.</exception>
    void Write(ReapReport report);
}
