namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// BLAKE3 over bytes that are all in memory. Source: the BLAKE3 specification (BLAKE3-team/BLAKE3-specs). Pure and
/// thread-safe; nothing is allocated and no memory is kept after return.
/// </summary>
public static class Blake3
{
    /// <summary>The kernel of this process: <c>avx512</c>, <c>avx2</c>, <c>v128</c> or <c>scalar</c>.</summary>
    public static string KernelName => Blake3Kernel.Name;

    /// <summary>The 32-byte hash.</summary>
    public static Hash256 Hash(ReadOnlySpan<byte> input)
    {
        Span<byte> output = stackalloc byte[Hash256.Size];
        Hash(input, output);
        return Hash256.From(output);
    }

    /// <summary>
    /// Fills <paramref name="output"/>, of any length, with the first bytes of the extended output.
    /// </summary>
    public static void Hash(ReadOnlySpan<byte> input, Span<byte> output) =>
        Blake3Tree.RootOf(input, Blake3Key.Plain).WriteRoot(output, 0);

    /// <summary>Keyed hashing with extended output; a key of another length than 32 bytes throws.</summary>
    public static void KeyedHash(ReadOnlySpan<byte> key32, ReadOnlySpan<byte> input, Span<byte> output) =>
        Blake3Tree.RootOf(input, Blake3Key.Keyed(key32)).WriteRoot(output, 0);

    /// <summary>
    /// Derives a key of any length from <paramref name="material"/>. The context is a hard-coded, application-unique
    /// string; it is taken as UTF-8.
    /// </summary>
    public static void DeriveKey(string context, ReadOnlySpan<byte> material, Span<byte> output) =>
        Blake3Tree.RootOf(material, Blake3Key.DeriveKey(context)).WriteRoot(output, 0);
}
