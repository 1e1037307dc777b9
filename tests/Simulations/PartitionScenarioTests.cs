using Omega.P2P.Simulations.Scenarios;

namespace Omega.P2P.Simulations.Tests;

/// <summary>The first scenario: virtual time, loss, resets, a partition and power losses.</summary>
public sealed class PartitionScenarioTests
{
    [Fact]
    public void FiftyNodesConvergeAfterThePartitionHeals()
    {
        var report = new PartitionScenario(seed: 1, nodes: 50).Run();
        Assert.True(report.Failures.Count == 0, string.Join('\n', report.Failures));
        Assert.True(report.Joined >= 50, $"{report.Joined} joined");
        Assert.True(report.Published > 50, $"{report.Published} published");
        Assert.Equal(50, report.Fetched);
        Assert.True(report.Crashes > 0, "no node lost power");
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    public void SmallMeshesConvergeFromOtherSeeds(int seed)
    {
        var report = new PartitionScenario((ulong)seed, nodes: 7).Run();
        Assert.True(report.Failures.Count == 0, string.Join('\n', report.Failures));
        Assert.Equal(7, report.Fetched);
    }

    [Fact]
    public void TheSameSeedReplaysTheSameRun()
    {
        var first = new PartitionScenario(seed: 5, nodes: 6).Run();
        var second = new PartitionScenario(seed: 5, nodes: 6).Run();
        Assert.Equal(first with { Failures = [] }, second with { Failures = [] });
        Assert.NotEqual(first.Events, new PartitionScenario(seed: 6, nodes: 6).Run().Events);
    }
}
