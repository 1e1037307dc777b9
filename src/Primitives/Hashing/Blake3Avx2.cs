using System.Runtime.Intrinsics.X86;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>Eight inputs at once in 256-bit vectors.</summary>
internal static unsafe partial class Blake3Avx2
{
    public static bool IsSupported => Avx2.IsSupported;
}
