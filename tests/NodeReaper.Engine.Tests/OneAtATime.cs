// Real kills, traced threads, counts of descriptors and allocations: nothing else may run beside them.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
