namespace NodeReaper.AllocationGate;

/// <summary>Runs cases, each of which must allocate nothing on any thread.</summary>
internal static class Gate
{
    // What a case, or the measurement itself, runs through for the first time is compiled, bound and initialised, which
    // allocates.
    private const int WarmUps = 2;

    /// <summary>Warms up all cases before it measures any: which way a case goes depends on time, and each warms up the others.</summary>
    internal static void Run(IReadOnlyList<GateCase> cases, Tally tally)
    {
        foreach (var each in cases)
        {
            for (var i = 0; i < WarmUps; i++)
            {
                using var attempt = each.Arrange();
                _ = Measurement.Of(attempt);
            }
        }

        foreach (var each in cases)
        {
            using var attempt = each.Arrange();
            var measured = Measurement.Of(attempt);
            if (attempt.Complaint() is { } complaint)
            {
                tally.Fail(each.Name, complaint);
            }
            else if (measured.IsNothing)
            {
                tally.Pass(each.Name, measured.ToString());
            }
            else
            {
                tally.Fail(each.Name, measured.ToString());
            }
        }
    }
}
