using System.Text.Json;

namespace Omega.P2P.Primitives.Tests.Hashing;

/// <summary>One row of the official vectors (BLAKE3-team/BLAKE3, test_vectors/test_vectors.json).</summary>
internal sealed record Blake3Vector(int Length, byte[] Hash, byte[] Keyed, byte[] Derived)
{
    public byte[] Input => Blake3Vectors.Input(Length);
}

internal static class Blake3Vectors
{
    public const string Context = "BLAKE3 2019-12-27 16:29:52 test vectors context";

    public static byte[] Key => "whats the Elvish word for friend"u8.ToArray();

    public static IReadOnlyList<Blake3Vector> All { get; } = Load();

    /// <summary>Bytes i mod 251, so no two chunks are equal.</summary>
    public static byte[] Input(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)(i % 251);
        return bytes;
    }

    private static List<Blake3Vector> Load()
    {
        var path = RepositoryFolder.Path("tests", "Primitives", "Hashing", "blake3_test_vectors.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var cases = json.RootElement.GetProperty("cases").EnumerateArray().Select(row => new Blake3Vector(
            row.GetProperty("input_len").GetInt32(),
            Hex(row, "hash"), Hex(row, "keyed_hash"), Hex(row, "derive_key"))).ToList();
        Assert.Equal(35, cases.Count);
        return cases;
    }

    private static byte[] Hex(JsonElement row, string name) =>
        Convert.FromHexString(row.GetProperty(name).GetString()!);
}
