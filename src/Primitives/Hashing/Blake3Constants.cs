namespace Omega.P2P.Primitives.Hashing;

/// <summary>Sizes, flags and the initial value of the BLAKE3 specification (sections 2.1 to 2.4).</summary>
internal static class Blake3Constants
{
    public const int BlockSize = 64;
    public const int ChunkSize = 1024;
    public const int BlocksPerChunk = ChunkSize / BlockSize;
    public const int CvSize = 32;
    public const int ParentSize = 2 * CvSize;

    public const uint ChunkStart = 1;
    public const uint ChunkEnd = 2;
    public const uint Parent = 4;
    public const uint Root = 8;
    public const uint KeyedHash = 16;
    public const uint DeriveKeyContext = 32;
    public const uint DeriveKeyMaterial = 64;

    public static ReadOnlySpan<uint> InitialValue =>
    [
        0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
    ];
}
