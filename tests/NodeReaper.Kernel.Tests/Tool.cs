using System.ComponentModel;
using System.Diagnostics;

namespace NodeReaper.Kernel.Tests;

/// <summary>Runs a build tool to its end.</summary>
internal static class Tool
{
    /// <summary>Runs it and gives what it printed; fails the test when the tool is missing or fails.</summary>
    internal static string Run(string name, string missing, params string[] arguments)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(name, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"cannot run {name}: {e.Message}. {missing}", e);
        }

        using (process)
        {
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{name} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{errors.Result}");
            return output;
        }
    }
}
