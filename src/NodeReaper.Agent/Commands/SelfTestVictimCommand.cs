using System.CommandLine;
using NodeReaper.Kernel.Scheduling;

namespace NodeReaper.Agent.Commands;

/// <summary>
/// The hidden command that the self-test starts as its victim: touches some memory, says so, and waits until it is
/// killed, or until whoever started it is gone.
/// </summary>
internal static class SelfTestVictimCommand
{
    internal const string Name = "self-test-victim";
    private const int Bytes = 4 << 20;

    internal static Command Create()
    {
        var command = new Command(Name, "Used by the self-test.") { Hidden = true };
        command.SetAction(parsed =>
        {
            // The agent's own score would make it one of those that are never killed.
            _ = SelfProtection.SetOomScoreAdjustment(0);
            var memory = new byte[Bytes];
            Array.Fill(memory, (byte)1);
            Console.WriteLine("ready");
            Console.In.Read();
            GC.KeepAlive(memory);
            return ExitCode.Success;
        });
        return command;
    }
}
