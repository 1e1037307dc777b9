using System.Globalization;

namespace Omega.P2P.Storage.Tests.Faults;

/// <summary>Random operations, random faults. One seed again: <c>OMEGA_FAULT_SEED=N ./test.sh Storage</c>.</summary>
public sealed class FaultSeedTests
{
    private static readonly int Seeds = Environment.GetEnvironmentVariable("OMEGA_FULL") == "1" ? 2_000 : 200;

    [Fact]
    public void WhateverFailsNothingAcknowledgedIsLostAndNothingIsHalfThere()
    {
        var only = Environment.GetEnvironmentVariable("OMEGA_FAULT_SEED");
        if (only is not null)
        {
            var again = new FaultRun(int.Parse(only, CultureInfo.InvariantCulture)).Run();
            Assert.True(again.Length == 0, again);
            return;
        }

        var failures = 0;
        for (var i = 0; i < Seeds; i++)
        {
            // Half of them are always the same, half change with the commit.
            var run = new FaultRun(i % 2 == 0 ? i : Commit + i);
            var found = run.Run();
            Assert.True(found.Length == 0, found);
            failures += run.Failures;
        }

        Assert.True(failures > 2 * Seeds, $"only {failures} operations were hit by a fault");
    }

    [Theory]
    [InlineData(nameof(Mistake.NoFileSync))]
    [InlineData(nameof(Mistake.NoFolderSync))]
    [InlineData(nameof(Mistake.NoLogSync))]
    [InlineData(nameof(Mistake.RenameBeforeSync))]
    public void StoreThatWritesInTheWrongOrderIsCaught(string mistake)
    {
        var broken = Enum.Parse<Mistake>(mistake);
        Assert.Contains(Enumerable.Range(0, 200), seed => IsCaught(seed, broken));
    }

    private static bool IsCaught(int seed, Mistake mistake)
    {
        try
        {
            return new FaultRun(seed, mistake).Run().Length > 0;
        }
        catch (IOException)
        {
            // A store that cannot be opened after a crash has lost everything.
            return true;
        }
    }

    private static int Commit =>
        int.TryParse(
            Environment.GetEnvironmentVariable("OMEGA_SEED"), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
            out var seed) ? seed & 0x3fffffff : 1_000_000;
}
