using System.Globalization;
using System.Text;

namespace NodeReaper.Kernel.Tests.Headers;

/// <summary>Asks the C compiler what numbers the headers of this machine hold.</summary>
internal static class CHeaders
{
    private const string Includes = """
        #define _GNU_SOURCE
        #include <dirent.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <linux/kcmp.h>
        #include <linux/types.h>
        #include <poll.h>
        #include <sched.h>
        #include <signal.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/epoll.h>
        #include <sys/eventfd.h>
        #include <sys/mman.h>
        #include <sys/prctl.h>
        #include <sys/ptrace.h>
        #include <sys/resource.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/wait.h>
        #include <time.h>
        #include <unistd.h>

        """;

    /// <summary>The values of C expressions that are whole numbers.</summary>
    internal static Dictionary<string, long> Evaluate(IEnumerable<string> expressions)
    {
        var ordered = expressions.Distinct().ToArray();
        var source = new StringBuilder(Includes).Append("int main(void)\n{\n");
        foreach (var expression in ordered)
        {
            source.Append(CultureInfo.InvariantCulture, $"    printf(\"%lld\\n\", (long long)({expression}));\n");
        }

        source.Append("    return 0;\n}\n");
        var directory = Directory.CreateTempSubdirectory("nodereaper-headers-");
        try
        {
            var program = Path.Combine(directory.FullName, "headers");
            File.WriteAllText(program + ".c", source.ToString());
            Tool.Run("gcc", "NativeAOT needs a C compiler too (Debian: gcc libc6-dev).", "-o", program, program + ".c");
            var lines = Tool.Run(program, "It was compiled a moment ago.").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return ordered.Zip(lines).ToDictionary(pair => pair.First, pair => long.Parse(pair.Second, CultureInfo.InvariantCulture));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
