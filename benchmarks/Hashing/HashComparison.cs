using System.Diagnostics;
using System.Globalization;

namespace Omega.P2P.Benchmarks.Hashing;

/// <summary>
/// <c>hash-compare FILE [--threads N] [--runs 9]</c>: our hash in a fresh process, <c>b3sum</c> and <c>b3sum
/// --no-mmap</c> take turns; prints median, least and most seconds of each, and the ratio to the faster of the two.
/// </summary>
internal static class HashComparison
{
    public static int Run(string[] args)
    {
        var threads = HashMeasurement.Option(args, "--threads", 1).ToString(CultureInfo.InvariantCulture);
        var runs = HashMeasurement.Option(args, "--runs", 9);
        var ours = new List<double>();
        var mapped = new List<double>();
        var read = new List<double>();
        for (var run = 0; run < runs; run++)
        {
            string[] self = [Environment.GetCommandLineArgs()[0], "hash", args[0], "--threads", threads];
            var line = Output("dotnet", self, out _);
            ours.Add(double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
            var theirs = Output("b3sum", ["--num-threads", threads, args[0]], out var seconds);
            mapped.Add(seconds);
            Output("b3sum", ["--no-mmap", "--num-threads", threads, args[0]], out seconds);
            read.Add(seconds);
            if (line[..64] != theirs[..64]) throw new InvalidOperationException("The hashes differ.");
        }

        var best = Math.Min(Median("b3sum", mapped), Median("b3sum --no-mmap", read));
        Console.WriteLine($"throughput against the faster: {best / Median("omega", ours):F2} ({threads} threads)");
        return 0;
    }

    private static double Median(string name, List<double> seconds)
    {
        seconds.Sort();
        Console.WriteLine($"{name,-16} median {seconds[seconds.Count / 2]:F3} s ({seconds[0]:F3} to {seconds[^1]:F3})");
        return seconds[seconds.Count / 2];
    }

    private static string Output(string program, string[] arguments, out double seconds)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return output;
    }
}
