using Omega.P2P.Primitives.Tests.Hashing;

namespace Omega.P2P.Fuzz.Tests;

/// <summary>The inputs kept with the code: <c>Corpus/TARGET.txt</c>, one a line in hex, the outcome behind
/// it.</summary>
internal static class Corpus
{
    /// <summary>Longer inputs are not kept: the corpus is read by people too.</summary>
    public const int InputMax = 1024;

    private const int InputsMax = 40;

    public static IEnumerable<byte[]> Read(string target) =>
        File.Exists(PathOf(target))
            ? File.ReadLines(PathOf(target)).Select(line => Convert.FromHexString(line.Split(' ', 2)[0]))
            : [];

    public static void Write(string target, IReadOnlyDictionary<string, byte[]> outcomes) =>
        File.WriteAllLines(PathOf(target), outcomes
            .Where(pair => pair.Value.Length <= InputMax)
            .OrderBy(pair => pair.Value.Length)
            .Take(InputsMax)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{Convert.ToHexStringLower(pair.Value)} {pair.Key}"));

    private static string PathOf(string target) => RepositoryFolder.Path("tests", "Fuzz", "Corpus", target + ".txt");
}
