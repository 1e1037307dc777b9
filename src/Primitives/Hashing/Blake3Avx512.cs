using System.Runtime.Intrinsics.X86;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>Sixteen inputs at once in 512-bit vectors: one whole 16 KiB group is one pass.</summary>
internal static unsafe partial class Blake3Avx512
{
    public static bool IsSupported => Avx512F.IsSupported;
}
