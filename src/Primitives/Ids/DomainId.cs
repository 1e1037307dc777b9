using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Ids;

/// <summary>Names a domain for ever: BLAKE3-256 of the payload of its genesis authority manifest.</summary>
/// <remarks>
/// Names such as <c>alice.personal</c> are only proposals; this is what they stand for.
/// Text: <c>dom:&lt;64 hex&gt;</c>, lower case.
/// <c>default</c> (all zero) names nothing and is refused at boundaries.
/// </remarks>
public readonly record struct DomainId : IComparable<DomainId>
{
    /// <summary>First characters of the text form.</summary>
    public const string Prefix = "dom:";

    private readonly Hash256 _hash;

    private DomainId(Hash256 hash) => _hash = hash;

    /// <summary>The 32 bytes as a hash.</summary>
    public Hash256 Hash => _hash;

    /// <summary>True for 32 zero bytes.</summary>
    public bool IsDefault => _hash.IsDefault;

    /// <summary>Gives a hash this meaning; nothing is checked.</summary>
    public static DomainId From(Hash256 hash) => new(hash);

    /// <summary>Reads the text form and nothing else: full length, lower case, no spaces.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DomainId id)
    {
        bool parsed = HashText.TryParse(text, Prefix, out Hash256 hash);
        id = new(hash);
        return parsed;
    }

    /// <summary>The 32 bytes, inside this value.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> AsSpan() => _hash.AsSpan();

    /// <summary>Unsigned bytewise order.</summary>
    public int CompareTo(DomainId other) => _hash.CompareTo(other._hash);

    /// <summary>The text form, 4 + 64 characters.</summary>
    public override string ToString() => HashText.Format(Prefix, _hash);

    /// <summary>Bytewise order.</summary>
    public static bool operator <(DomainId left, DomainId right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(DomainId left, DomainId right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(DomainId left, DomainId right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(DomainId left, DomainId right) => left.CompareTo(right) >= 0;
}
