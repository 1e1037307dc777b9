using System.Diagnostics;
using System.Globalization;
using Omega.P2P.Fuzz.Tests.Planted;
using Omega.P2P.Fuzz.Tests.Targets;

namespace Omega.P2P.Fuzz.Tests;

/// <summary>
/// <c>run TARGET|all [--seconds 60] [--seed N] [--keep]</c>: fuzzes and prints executions and outcomes, one line a
/// target; exit 1 and the input at the first finding. <c>--keep</c> writes one input for each outcome to the corpus.
/// <c>last FILE</c>: the input under way when a campaign's process died.
/// </summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (args is ["last", var file])
        {
            Console.WriteLine(Convert.ToHexString(FlightRecorder.Read(file)));
            return 0;
        }

        if (args is not ["run", var name, ..])
        {
            Console.Error.WriteLine("usage: run TARGET|all [--seconds 60] [--seed N] [--keep]");
            return 2;
        }

        var seconds = TimeSpan.FromSeconds(Number(args, "--seconds", 60));
        var seed = (ulong)Number(args, "--seed", Environment.TickCount64);
        var targets = name == "all" ? AllTargets.List : [PlantedBugs.Find(name) ?? AllTargets.Named(name)];
        var failed = 0;
        foreach (var target in targets)
        {
            var thread = new Thread(
                () => failed += Run(target, seconds, seed, args.Contains("--keep")) ? 0 : 1, target.StackBytes);
            thread.Start();
            thread.Join();
        }

        return failed == 0 ? 0 : 1;
    }

    private static bool Run(FuzzTarget target, TimeSpan time, ulong seed, bool isKept)
    {
        var path = Path.Combine(Path.GetTempPath(), $"omega-fuzz-{target.Name}-{Environment.ProcessId}");
        Console.Error.WriteLine($"{target.Name}: seed {seed}; if this process dies: last {path}");
        var campaign = new Campaign(target, seed);
        var watch = Stopwatch.StartNew();
        var worked = Environment.CpuUsage.TotalTime;
        try
        {
            using (var recorder = new FlightRecorder(path))
            {
                campaign.Replay(recorder);
                campaign.RunFor(time, recorder);
            }
        }
        catch (FuzzFinding finding)
        {
            Console.WriteLine($"{target.Name}: finding after {campaign.Executions} executions");
            Console.WriteLine(finding.Message);
            return false;
        }

        File.Delete(path);
        if (isKept)
        {
            Corpus.Write(target.Name, campaign.Outcomes);
        }

        Console.WriteLine(
            $"{target.Name}: clean, {campaign.Executions} executions in {watch.Elapsed.TotalSeconds:F0} s, "
            + $"{(Environment.CpuUsage.TotalTime - worked).TotalSeconds:F0} s of processor time, "
            + $"{campaign.Outcomes.Count} outcomes");
        return true;
    }

    private static long Number(string[] args, string name, long fallback)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? fallback : long.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }
}
