using System.Buffers.Binary;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Blocks;

/// <summary>
/// Which bytes may share a block and be stored once: those of one audience and tenant (design section 6). Chunk lists
/// and outboards lie in blocks of their own (<see cref="Lists"/>), which eviction leaves alone.
/// </summary>
internal sealed class StorageClass
{
    public const string Internal = "internal";
    public const string Public = "public";

    private StorageClass? _lists;

    public StorageClass(string audience, string? tenant, bool isLists = false)
    {
        Audience = audience;
        Tenant = tenant;
        IsLists = isLists;
        Tag = MakeTag();
    }

    /// <summary><c>internal</c>, <c>public</c> or a named audience.</summary>
    public string Audience { get; }

    /// <summary>The tenant, or null.</summary>
    public string? Tenant { get; }

    /// <summary>Whether these are the store's own objects rather than contents.</summary>
    public bool IsLists { get; }

    /// <summary>Name of the class inside a block.</summary>
    public ClassTag Tag { get; }

    /// <summary>The class of this one's chunk lists and outboards.</summary>
    public StorageClass Lists => _lists ??= IsLists ? this : new StorageClass(Audience, Tenant, isLists: true);

    /// <summary>Whether bytes kept in <paramref name="other"/> may serve as this class's own: internal may lean on any
    /// audience, a named one on public, never the reverse.</summary>
    public bool MayUse(StorageClass other) =>
        other.Tenant == Tenant && other.IsLists == IsLists
        && (other.Audience == Audience || Audience == Internal
            || (Audience != Public && other.Audience == Public));

    private ClassTag MakeTag()
    {
        var writer = new CborWriter();
        writer.WriteArrayStart(3);
        writer.WriteText(Audience);
        if (Tenant is null)
        {
            writer.WriteNull();
        }
        else
        {
            writer.WriteText(Tenant);
        }

        writer.WriteBool(IsLists);
        Span<byte> tag = stackalloc byte[ClassTag.Size];
        Blake3.DeriveKey("omega storage class v1", writer.Written, tag);
        return ClassTag.From(tag);
    }
}

/// <summary>First 16 bytes of BLAKE3.derive_key("omega storage class v1", CBOR [audience, tenant or null,
/// lists]).</summary>
internal readonly record struct ClassTag(UInt128 Value)
{
    public const int Size = 16;

    public static ClassTag From(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    public override string ToString() => Value.ToString("x32", null);
}
