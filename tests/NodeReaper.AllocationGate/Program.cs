using NodeReaper.AllocationGate;
using NodeReaper.AllocationGate.Decisions;
using NodeReaper.AllocationGate.Kills;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Scheduling;

// The kill path allocates nothing, on any thread, whatever the kernel answers. Ends with 1 when a case says otherwise.
const string usage = """
    usage: allocation-gate               all cases: first as they are, then under tests/victims/inject
           allocation-gate --self-check  shows that what does allocate is found
           allocation-gate --under WHAT  only the kills that are run under inject; WHAT is for the names
    """;

Tally tally;
Action<Tally> run;
switch (args)
{
    case []:
        (tally, run) = (new Tally(""), RunAll);
        break;
    case ["--self-check"]:
        (tally, run) = (new Tally("self-check"), SelfCheck.Run);
        break;
    case ["--under", var what]:
        (tally, run) = (new Tally(what), RunInjected);
        break;
    default:
        Console.Error.WriteLine(usage);
        return 2;
}

// A tracer is a thread, and this one is the agent's pressure thread from end to end.
var pressure = new Thread(() => run(tally)) { Name = "pressure" };
pressure.Start();
pressure.Join();
tally.Summarize();
return tally.IsGood ? 0 : 1;

static void RunAll(Tally tally)
{
    if (WhatIsMissing() is { } missing)
    {
        tally.Skip("all cases", missing);
        return;
    }

    _ = SelfProtection.RaiseOpenFiles(Killer.OpenFiles);
    using (var rig = new KillRig())
    using (var cycle = new CycleRig(rig))
    {
        Gate.Run([.. StrategyCases.All(rig), .. ErrorCases.All(rig), .. DecisionCases.All(rig, cycle)], tally);
    }

    InjectedKernels.Run(tally);
}

static void RunInjected(Tally tally)
{
    using var rig = new KillRig();
    Gate.Run([.. StrategyCases.Few(rig)], tally);
}

static string? WhatIsMissing() =>
    !Environment.IsPrivilegedProcess ? "needs root: the kernel lets nobody else trace or make cgroups"
    : Place.Cgroup2Mount() is null ? "needs a cgroup v2 mount: none in /proc/mounts"
    : !File.Exists(Place.Of("inject")) ? "needs the victims: run tests/victims/build"
    : null;
