namespace NodeReaper.Benchmarks;

/// <summary>One kill.</summary>
/// <param name="FreedMicroseconds">From the signal to the memory proven back; null: not by the deadline.</param>
/// <param name="DeadMicroseconds">From the signal to the last process dead; null: not by the deadline.</param>
/// <param name="Processes">How many processes there were.</param>
/// <param name="Esrch">How many releases came too late: the process had dropped its mm.</param>
internal readonly record struct Sample(double? FreedMicroseconds, double? DeadMicroseconds, int Processes, int Esrch);
