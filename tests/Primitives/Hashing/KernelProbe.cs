using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Tests.Hashing;

/// <summary>
/// Which instructions a process may use is fixed when its runtime starts, so the lower kernels are seen in child
/// processes: this assembly started as a program with one variable set prints its kernel and a digest of many hashes.
/// </summary>
internal static class KernelProbe
{
    private const string Variable = "OMEGA_KERNEL_PROBE";

    /// <summary>Kernel name and digest, as this process computes them.</summary>
    public static string Report()
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var input = Blake3Vectors.Input(300_000);
        var output = new byte[64];
        for (var chunks = 0; chunks <= 70; chunks++)
        {
            var piece = input.AsSpan(chunks, chunks * 1024 + 13 * chunks % 1024);
            Blake3.Hash(piece, output);
            all.AppendData(output);
            Blake3.KeyedHash(Blake3Vectors.Key, piece, output);
            all.AppendData(output);
        }

        Blake3.Hash(input, output);
        all.AppendData(output);
        return $"{Blake3.KernelName} {Convert.ToHexStringLower(all.GetHashAndReset())}";
    }

    /// <summary>The report of a new process with an environment variable such as DOTNET_EnableAVX2=0.</summary>
    public static string ReportOfChild(string name, string value)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) != "dotnet") start.FileName = "dotnet";
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(typeof(KernelProbe).Assembly.Location);
        start.Environment[Variable] = "1";
        start.Environment[name] = value;
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return output.Trim();
    }

    [ModuleInitializer]
    internal static void PrintWhenAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null) return;
        Console.WriteLine(Report());
        Environment.Exit(0);
    }
}
