using System.Diagnostics;

namespace Omega.P2P.Interop.Tests;

/// <summary>A theory that needs the age program. Without it, it is skipped with the reason, except under
/// <c>CI=true</c>, where it runs and fails.</summary>
public sealed class AgeTheoryAttribute : TheoryAttribute
{
    public AgeTheoryAttribute() =>
        Skip = Environment.GetEnvironmentVariable("CI") == "true" || AgeProgram.IsThere
            ? null
            : "age is not installed: apt-get install age";
}

/// <summary>Debian's age and age-keygen.</summary>
internal static class AgeProgram
{
    public static bool IsThere { get; } = Find("age") && Find("age-keygen");

    /// <summary>Runs a program over streams; neither side is held in memory.</summary>
    public static int Run(string program, string[] arguments, Action<Stream> feed, Action<Stream> take)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException($"{program} did not start");
        var feeding = Task.Run(() =>
        {
            try
            {
                feed(process.StandardInput.BaseStream);
                process.StandardInput.Close();
            }
            catch (IOException ended)
            {
                return ended.Message; // it refused what it was given; the exit code tells
            }

            return "";
        });
        take(process.StandardOutput.BaseStream);
        feeding.Wait();
        process.WaitForExit();
        return process.ExitCode;
    }

    private static bool Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
