namespace NodeReaper.AllocationGate;

/// <summary>One way through the kill path.</summary>
/// <param name="Name">Its name in the list.</param>
/// <param name="Arrange">Makes everything ready for one run.</param>
internal sealed record GateCase(string Name, Func<Attempt> Arrange);
