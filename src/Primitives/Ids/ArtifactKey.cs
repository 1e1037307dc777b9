using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Ids;

/// <summary>Names an artifact's meaning: <c>BLAKE3.derive_key("omega artifact-key v1", descriptor bytes)</c>.</summary>
/// <remarks>
/// Two artifacts of equal bytes and different descriptors have different keys.
/// Text: <c>key:&lt;64 hex&gt;</c>, lower case.
/// <c>default</c> (all zero) names nothing and is refused at boundaries.
/// </remarks>
public readonly record struct ArtifactKey : IComparable<ArtifactKey>
{
    /// <summary>First characters of the text form.</summary>
    public const string Prefix = "key:";

    private readonly Hash256 _hash;

    private ArtifactKey(Hash256 hash) => _hash = hash;

    /// <summary>The 32 bytes as a hash.</summary>
    public Hash256 Hash => _hash;

    /// <summary>True for 32 zero bytes.</summary>
    public bool IsDefault => _hash.IsDefault;

    /// <summary>Gives a hash this meaning; nothing is checked.</summary>
    public static ArtifactKey From(Hash256 hash) => new(hash);

    /// <summary>Reads the text form and nothing else: full length, lower case, no spaces.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ArtifactKey id)
    {
        bool parsed = HashText.TryParse(text, Prefix, out Hash256 hash);
        id = new(hash);
        return parsed;
    }

    /// <summary>The 32 bytes, inside this value.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> AsSpan() => _hash.AsSpan();

    /// <summary>Unsigned bytewise order.</summary>
    public int CompareTo(ArtifactKey other) => _hash.CompareTo(other._hash);

    /// <summary>The text form, 4 + 64 characters.</summary>
    public override string ToString() => HashText.Format(Prefix, _hash);

    /// <summary>Bytewise order.</summary>
    public static bool operator <(ArtifactKey left, ArtifactKey right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(ArtifactKey left, ArtifactKey right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(ArtifactKey left, ArtifactKey right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(ArtifactKey left, ArtifactKey right) => left.CompareTo(right) >= 0;
}
