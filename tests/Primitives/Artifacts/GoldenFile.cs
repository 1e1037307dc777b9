using Omega.P2P.Primitives.Tests.Hashing;

namespace Omega.P2P.Primitives.Tests.Artifacts;

/// <summary>
/// Committed encodings of everything that gets signed or hashed into a name: one <c>name.hex</c> each. A difference is
/// a change of a format that others hold signatures over. With OMEGA_WRITE_GOLDEN=1 missing files are written.
/// </summary>
internal static class GoldenFile
{
    private const int CharsPerLine = 96;

    private static string Folder => RepositoryFolder.Path("tests", "Primitives", "Artifacts", "Golden");

    public static void AssertSame(string name, ReadOnlySpan<byte> actual)
    {
        var path = Path.Combine(Folder, name + ".hex");
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("OMEGA_WRITE_GOLDEN") == "1")
        {
            var lines = Convert.ToHexStringLower(actual).Chunk(CharsPerLine).Select(c => new string(c));
            File.WriteAllText(path, string.Join('\n', lines) + "\n");
        }
        var expected = string.Concat(File.ReadAllLines(path));
        Assert.Equal(expected, Convert.ToHexStringLower(actual));
    }

    public static byte[] Read(string name) =>
        Convert.FromHexString(string.Concat(File.ReadAllLines(Path.Combine(Folder, name + ".hex"))));
}
