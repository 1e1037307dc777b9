using System.Globalization;
using Omega.P2P.Fuzz.Tests.Targets;

namespace Omega.P2P.Fuzz.Tests;

/// <summary>The seeds, the corpus, and a slice of a campaign whose seed changes with the commit.</summary>
public sealed class FuzzTests
{
    private static readonly int Slice = Environment.GetEnvironmentVariable("OMEGA_FULL") == "1" ? 200_000 : 2_000;

    public static TheoryData<string> Names => new(AllTargets.List.Select(t => t.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void HostileBytesAreRefusedByName(string name)
    {
        var campaign = new Campaign(AllTargets.Named(name), Seed);
        campaign.Replay();
        Assert.Contains(campaign.Outcomes.Keys, outcome => outcome.Length > 0);
        campaign.RunTimes(Slice);
        Assert.True(campaign.Outcomes.Count > 1, $"seed {Seed}: every input ended alike");
    }

    [Fact]
    public void EveryCorpusFileBelongsToATarget()
    {
        var files = Directory.GetFiles(
            Omega.P2P.Primitives.Tests.Hashing.RepositoryFolder.Path("tests", "Fuzz", "Corpus"), "*.txt");
        var names = AllTargets.List.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        Assert.All(files, file => Assert.Contains(Path.GetFileNameWithoutExtension(file), names));
        Assert.Equal(names.Count, files.Length);
    }

    private static ulong Seed =>
        ulong.TryParse(
            Environment.GetEnvironmentVariable("OMEGA_SEED"), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
            out var seed) ? seed : 1;
}
