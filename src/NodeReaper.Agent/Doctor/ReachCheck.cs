using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Doctor;

/// <summary>
/// Would signals and the hold reach the containers that run here? The null signal and the link to the executable ask for the same
/// rights (kill(2); proc(5), PTRACE_MODE_READ_FSCREDS) and touch nobody.
/// </summary>
internal static class ReachCheck
{
    private const int MostProcesses = 32768;

    internal static DoctorCheck Of(KubepodsTree tree, string procRoot, Confinement confinement)
    {
        var processes = new CgroupProcesses(MostProcesses);
        var asked = 0;
        var noSignal = 0;
        var noTrace = 0;
        foreach (var container in tree.Containers)
        {
            _ = processes.Read(container.Directory);
            foreach (var id in processes.Ids)
            {
                asked++;
                noSignal += IsSignalRefused(id) ? 1 : 0;
                noTrace += IsTraceRefused(Path.Combine(procRoot, $"{id}/exe")) ? 1 : 0;
            }
        }

        return Judge(asked, noSignal, noTrace, confinement);
    }

    /// <summary>What it means that so many of the processes that were asked take no signal, or may not be traced.</summary>
    internal static DoctorCheck Judge(int asked, int noSignal, int noTrace, Confinement confinement)
    {
        if (noSignal == 0 && noTrace == 0)
        {
            return DoctorCheck.Ok("reach", $"{asked} process(es) of containers can be signalled and traced");
        }

        var detail = $"of {asked} process(es) of containers, {noSignal} may not be signalled and {noTrace} may not be traced";
        var fix = confinement.AdviceOr("run as root, with CAP_KILL and CAP_SYS_PTRACE");
        return noSignal == asked ? DoctorCheck.Failed("reach", detail, fix) : DoctorCheck.Warning("reach", detail, fix);
    }

    private static bool IsSignalRefused(int id)
    {
        var opened = Pidfd.Open(id);
        if (!opened.Succeeded)
        {
            return false;
        }

        var process = new Pidfd(new FileDescriptor((int)opened.Value));
        var error = process.Probe();
        process.Close();
        return error == Errno.EPERM || error == Errno.EACCES;
    }

    private static bool IsTraceRefused(string link)
    {
        try
        {
            _ = File.ResolveLinkTarget(link, returnFinalTarget: false);
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
        catch (IOException)
        {
            // It has ended.
            return false;
        }
    }
}
