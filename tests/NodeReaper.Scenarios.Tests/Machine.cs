using System.Diagnostics;

namespace NodeReaper.Scenarios.Tests;

/// <summary>A virtual machine of tests/vm that runs one scenario.</summary>
internal static class Machine
{
    // The emulated processors sometimes trip over code that the kernel patches (tests/vm/README.md).
    private const int DiedOnItsOwn = 125;
    private const int Tries = 3;
    private const int TimeoutSeconds = 600;

    private static readonly string s_root = FindRoot();

    /// <summary>Skips the test with a reason when there is no machine for it; in CI, fails it.</summary>
    internal static void Require(string kernel)
    {
        var missing = WhatIsMissing(kernel);
        if (missing is null)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(missing);
        }

        Assert.Skip(missing);
    }

    /// <summary>Runs a scenario. A machine that dies of itself is started again, and that is told.</summary>
    internal static (int Status, List<string> Lines) Run(string kernel, string memory, string options, string scenario)
    {
        var lines = new List<string>();
        for (var attempt = 1; ; attempt++)
        {
            var status = RunOnce(kernel, memory, options, scenario, lines);
            if (status != DiedOnItsOwn || attempt == Tries)
            {
                return (status, lines);
            }

            lines.Add($"-- the machine died; attempt {attempt + 1}");
        }
    }

    private static int RunOnce(string kernel, string memory, string options, string scenario, List<string> lines)
    {
        // The scenario's name, and settings such as RUNS=2.
        var (name, settings) = scenario.Split(' ') is [var first, .. var rest] ? (first, rest) : (scenario, []);
        string[] words =
        [
            "--kernel", kernel, "--mem", memory, "--timeout", $"{TimeoutSeconds}",
            .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            "--", "env", $"NODEREAPER={At("out/nodereaper")}", $"VICTIM={At("artifacts/victims/victim")}", .. settings, At($"tests/scenarios/{name}"),
        ];
        using var run = new Process();
        run.StartInfo = new ProcessStartInfo(At("tests/vm/run"), words)
        {
            WorkingDirectory = s_root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        void Keep(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is { } text)
            {
                lock (lines)
                {
                    lines.Add(text);
                }
            }
        }

        run.OutputDataReceived += Keep;
        run.ErrorDataReceived += Keep;
        run.Start();
        run.BeginOutputReadLine();
        run.BeginErrorReadLine();
        run.WaitForExit();
        return run.ExitCode;
    }

    private static string? WhatIsMissing(string kernel)
    {
        if (Environment.UserName != "root")
        {
            return "a virtual machine needs root";
        }

        if (!File.Exists(At("out/nodereaper")) || !File.Exists(At("artifacts/victims/victim")))
        {
            return "out/nodereaper or the victim is not built: run tests/run";
        }

        var cache = Environment.GetEnvironmentVariable("NODEREAPER_VM_CACHE")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "nodereaper-vm");
        return Directory.Exists(Path.Combine(cache, "kernels", kernel)) ? null : $"kernel {kernel} is not here: run tests/vm/setup {kernel}";
    }

    private static string At(string path) => Path.Combine(s_root, path);

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "NodeReaper.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("NodeReaper.sln is not above the tests");
        }

        return directory;
    }
}
