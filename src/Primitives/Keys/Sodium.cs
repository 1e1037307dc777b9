using System.Reflection;
using System.Runtime.InteropServices;

namespace Omega.P2P.Primitives.Keys;

/// <summary>The calls into the distribution's libsodium; nothing else in the project knows of it.</summary>
/// <remarks>
/// Signatures follow libsodium's headers; each returns 0 for success and -1 for refusal. Buffers have the lengths its
/// manual states, which the callers in this folder guarantee. Safe for several threads after initialisation, which the
/// static constructor does.
/// </remarks>
internal static partial class Sodium
{
    private const string Library = "libsodium";

    // Newest first; 23 is libsodium 1.0.1x (Debian, Ubuntu), 26 is 1.0.20 and later.
    private static readonly string[] Candidates =
    [
        "libsodium.so.26", "libsodium.so.23", "libsodium.so", "libsodium.26.dylib", "libsodium.23.dylib",
        "libsodium.dylib", "/opt/homebrew/lib/libsodium.dylib", "/usr/local/lib/libsodium.dylib", "libsodium.dll",
        "libsodium",
    ];

#pragma warning disable CA1810 // An explicit static constructor is what makes the resolver precede the first call.
    static Sodium()
#pragma warning restore CA1810
    {
        NativeLibrary.SetDllImportResolver(typeof(Sodium).Assembly, Resolve);
        if (Initialise() < 0)
            throw new InvalidOperationException("libsodium could not initialise.");
    }

    [LibraryImport(Library, EntryPoint = "crypto_sign_ed25519_seed_keypair")]
    internal static partial int SignSeedKeyPair(Span<byte> public32, Span<byte> secret64, ReadOnlySpan<byte> seed32);

    [LibraryImport(Library, EntryPoint = "crypto_sign_ed25519_detached")]
    internal static partial int SignDetached(
        Span<byte> signature64,
        nint signatureLength,
        ReadOnlySpan<byte> message,
        ulong length,
        ReadOnlySpan<byte> secret64);

    [LibraryImport(Library, EntryPoint = "crypto_sign_ed25519_verify_detached")]
    internal static partial int VerifyDetached(
        ReadOnlySpan<byte> signature64, ReadOnlySpan<byte> message, ulong length, ReadOnlySpan<byte> public32);

    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519")]
    internal static partial int ScalarMult(
        Span<byte> shared32, ReadOnlySpan<byte> secret32, ReadOnlySpan<byte> public32);

    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519_base")]
    internal static partial int ScalarMultBase(Span<byte> public32, ReadOnlySpan<byte> secret32);

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int Initialise();

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Library)
            return 0;
        foreach (string candidate in Candidates)
        {
            if (NativeLibrary.TryLoad(candidate, assembly, searchPath, out nint handle))
                return handle;
        }

        throw new DllNotFoundException("libsodium is not installed (Debian: libsodium23; macOS: libsodium).");
    }
}
