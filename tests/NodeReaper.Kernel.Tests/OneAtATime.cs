// Real kills, traced threads and allocation counts: nothing else may run beside them, on two CPUs least of all.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
