using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Kubernetes.Nodes;

/// <summary>Takes what the agent had to do, or could not do, for a sign of pressure: a kill is over before anybody else looks.</summary>
internal sealed class PressureSigns(SustainedPressure pressure) : IReportSink
{
    /// <inheritdoc/>
    public string Name => "nodeMarks";

    /// <inheritdoc/>
    public void Write(ReapReport report)
    {
        // A container at its own limit is no trouble of the node's.
        if (report.Kind is ReportKind.Killed or ReportKind.NoVictim or ReportKind.Capped or ReportKind.Refused or ReportKind.KernelOom
            && report.Verdict.Signal != Occasion.OwnLimit)
        {
            pressure.Note();
        }
    }
}
