using System.Diagnostics;

namespace Omega.P2P.Fuzz.Tests.Planted;

public sealed class PlantedBugTests
{
    /// <summary>Far fewer than a minute's worth.</summary>
    private const int Executions = 200_000;

    [Theory]
    [InlineData("planted-bound", "allocated")]
    [InlineData("planted-varint", "its encoding is")]
    public void MistakeIsFound(string name, string message)
    {
        var campaign = new Campaign(PlantedBugs.Find(name)!, 1);
        var finding = Assert.Throws<FuzzFinding>(() =>
        {
            campaign.Replay();
            campaign.RunTimes(Executions);
        });
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.Contains("input: ", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OverflowingStackEndsTheCampaignAndLeavesItsInput()
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var word in new[]
            {
                "exec", typeof(PlantedBugs).Assembly.Location, "run", "planted-recursion",
                "--seconds", "60", "--seed", "1",
            })
        {
            start.ArgumentList.Add(word);
        }

        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using var campaign = Process.Start(start)!;
        var told = campaign.StandardError.ReadToEndAsync();
        var printed = await campaign.StandardOutput.ReadToEndAsync();
        await campaign.WaitForExitAsync();
        Assert.NotEqual(0, campaign.ExitCode);
        Assert.DoesNotContain("clean", printed, StringComparison.Ordinal);
        var path = (await told).Split('\n')[0].Split(": last ")[1].Trim();
        var input = FlightRecorder.Read(path);
        File.Delete(path);
        Assert.True(input.Count(b => b == 0x81) > 500, $"the input has {input.Length} bytes");
    }
}
