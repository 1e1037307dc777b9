using System.Diagnostics;
using System.Globalization;
using Omega.P2P.Simulations.Scenarios;

// omega-sim partition [--nodes N] [--seed S] [--runs R]
if (args is not ["partition", ..])
{
    Console.Error.WriteLine("usage: omega-sim partition [--nodes N] [--seed S] [--runs R]");
    return 2;
}

var nodes = (int)Option("--nodes", 50);
var seed = Option("--seed", 1);
var runs = Option("--runs", 1);
var failed = false;
for (var run = 0UL; run < runs; run++)
{
    var watch = Stopwatch.StartNew();
    var report = new PartitionScenario(seed + run, nodes).Run();
    Console.WriteLine(
        $"seed {report.Seed}: {report.Nodes} nodes, {report.VirtualSeconds:F0} s virtual "
        + $"in {watch.Elapsed.TotalSeconds:F1} s, "
        + $"{report.Events} events, {report.Links} links, {report.Joined} joined, {report.Published} published, "
        + $"{report.Fetched} fetched, {report.Crashes} crashes, {report.Failures.Count} failures");
    foreach (var failure in report.Failures.Take(20)) Console.WriteLine("  " + failure);
    if (report.Failures.Count == 0) continue;
    failed = true;
    Console.WriteLine($"  replay: dotnet run --project simulations -- partition --nodes {nodes} --seed {report.Seed}");
}

return failed ? 1 : 0;

ulong Option(string name, ulong otherwise)
{
    var at = Array.IndexOf(args, name);
    return at < 0 || at + 1 >= args.Length ? otherwise : ulong.Parse(args[at + 1], CultureInfo.InvariantCulture);
}
