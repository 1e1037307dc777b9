using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>
/// What an artifact is: its bytes by id, their count, its type, open metadata and references. Immutable, and always
/// within the bounds. The hash of these bytes is the artifact's name, the <see cref="ArtifactKey"/>.
/// </summary>
/// <remarks>
/// Canonical CBOR map of exactly five fields, at most 8,192 bytes:
/// <code>
/// "meta"     map, open                            "refs"  map role -> [ reference, 1..64 ], 0..32 roles
/// "size"     0..2^63-1, bytes of the content      "type"  tag
/// "content"  link: CIDv1, raw, BLAKE3
/// </code>
/// </remarks>
public sealed class Descriptor
{
    /// <summary>Longest encoding, in bytes.</summary>
    public const int SizeBytesMax = 8 * 1024;

    /// <summary>Most roles.</summary>
    public const int RoleCountMax = 32;

    /// <summary>Most references in one role.</summary>
    public const int RefCountMax = 64;

    private const string KeyContext = "omega artifact-key v1";

    private Descriptor(
        ReadOnlyMemory<byte> bytes, ContentId content, long size, string type, CborValue.Map meta,
        ImmutableArray<ArtifactRole> refs)
    {
        Bytes = bytes;
        Content = content;
        Size = size;
        Type = type;
        Meta = meta;
        Refs = refs;
        Span<byte> key = stackalloc byte[32];
        Blake3.DeriveKey(KeyContext, bytes.Span, key);
        Key = ArtifactKey.From(Hash256.From(key));
    }

    /// <summary>The canonical bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>BLAKE3.derive_key("omega artifact-key v1", <see cref="Bytes"/>).</summary>
    public ArtifactKey Key { get; }

    /// <summary>The bytes it describes; of the ciphertext when a tenant encrypted.</summary>
    public ContentId Content { get; }

    /// <summary>Length of the content in bytes.</summary>
    public long Size { get; }

    /// <summary>Type tag, such as <c>snapshot.vm</c>.</summary>
    public string Type { get; }

    /// <summary>Open metadata.</summary>
    public CborValue.Map Meta { get; }

    /// <summary>References by role, in the order of the encoding (shorter roles first, then bytewise).</summary>
    public ImmutableArray<ArtifactRole> Refs { get; }

    /// <summary>A descriptor of our own making.</summary>
    /// <exception cref="ArgumentException">A field is outside its grammar or bound; the message names it.</exception>
    public static Descriptor Create(
        ContentId content, long size, string type, CborValue.Map? meta = null, IEnumerable<ArtifactRole>? refs = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        List<ArtifactRole> roles = refs is null or IReadOnlyCollection<ArtifactRole> { Count: 0 }
            ? []
            : [.. refs.OrderBy(r => r.Role.Length).ThenBy(r => r.Role, StringComparer.Ordinal)];
        var writer = CborWriter.Rent();
        writer.WriteMapStart(5);
        writer.WriteKey("meta"u8);
        (meta ?? new CborValue.Map([])).Write(writer);
        writer.WriteKey("refs"u8);
        writer.WriteMapStart(roles.Count);
        foreach (var role in roles)
        {
            writer.WriteKey(role.Role);
            writer.WriteArrayStart(role.Refs.Length);
            foreach (var reference in role.Refs)
                reference.Write(writer);
        }
        writer.WriteKey("size"u8);
        writer.WriteUInt((ulong)size);
        writer.WriteKey("type"u8);
        writer.WriteText(type);
        writer.WriteKey("content"u8);
        writer.WriteLink(content.ToCid().Bytes);
        if (!TryDecode(writer.Written, out var descriptor, out var error))
            throw new ArgumentException(error.ToString(), error.Field);
        writer.Return();
        return descriptor;
    }

    /// <summary>
    /// Reads a descriptor; the bytes are copied. Errors: those of the CBOR reader, and <c>descriptor-size</c>,
    /// <c>descriptor-shape</c>, <c>descriptor-type</c>, <c>descriptor-role</c>, <c>descriptor-content</c>,
    /// <c>descriptor-meta</c>, <c>ref-shape</c>.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Descriptor? descriptor, out DecodeError error)
    {
        descriptor = null;
        if (bytes.Length > SizeBytesMax)
        {
            error = new DecodeError("descriptor-size", "", "A descriptor has at most 8,192 bytes.");
            return false;
        }
        var reader = new CborReader(bytes);
        TryRead(ref reader, bytes, out descriptor);
        error = reader.Error;
        return descriptor is not null;
    }

    private static void TryRead(ref CborReader reader, ReadOnlySpan<byte> bytes, out Descriptor? descriptor)
    {
        descriptor = null;
        if (!reader.TryReadMapStart(out var count))
            return;
        if (count != 5)
        {
            reader.Refuse("descriptor-shape", "", "A descriptor has five fields.");
            return;
        }
        if (!reader.TryReadKey("meta"u8) || CborValue.Read(ref reader) is not { } meta)
            return;
        if (meta is not CborValue.Map map)
        {
            reader.Refuse("descriptor-meta", "meta", "Metadata is a map.");
            return;
        }
        if (!reader.TryReadKey("refs"u8) || !TryReadRefs(ref reader, out var refs)
            || !reader.TryReadKey("size"u8) || !reader.TryReadSize(out var size)
            || !reader.TryReadKey("type"u8) || !reader.TryReadText(Tag.LengthMax, out var type)
            || !reader.TryReadKey("content"u8) || !reader.TryReadLink(out var link) || !reader.TryFinish())
            return;
        if (!Tag.IsValid(type))
            reader.Refuse("descriptor-type", "type", "A type is [a-z0-9][a-z0-9._-]{0,63}.");
        else if (!Cid.TryFromBytes(link, out var cid) || !ContentId.TryFromCid(cid, out var content))
            reader.Refuse("descriptor-content", "content", "The content is a CIDv1, raw, BLAKE3.");
        else
            descriptor = new Descriptor(bytes.ToArray(), content, size, type, map, refs);
    }

    private static bool TryReadRefs(ref CborReader reader, out ImmutableArray<ArtifactRole> refs)
    {
        refs = [];
        if (!reader.TryReadMapStart(out var roles))
            return false;
        if (roles > RoleCountMax)
            return reader.Refuse("descriptor-role", "refs", "A descriptor has at most 32 roles.");
        var read = ImmutableArray.CreateBuilder<ArtifactRole>(roles);
        for (var i = 0; i < roles; i++)
        {
            if (!reader.TryReadKey(out var utf8))
                return false;
            var role = System.Text.Encoding.UTF8.GetString(utf8);
            if (!Tag.IsValid(role))
                return reader.Refuse("descriptor-role", "refs", "A role is [a-z0-9][a-z0-9._-]{0,63}.");
            if (!reader.TryReadArrayStart(out var count))
                return false;
            if (count is 0 or > RefCountMax)
                return reader.Refuse("descriptor-role", "refs", "A role has 1 to 64 references.");
            var list = ImmutableArray.CreateBuilder<ArtifactRef>(count);
            for (var j = 0; j < count; j++)
            {
                if (!ArtifactRef.TryRead(ref reader, out var reference))
                    return false;
                list.Add(reference);
            }
            read.Add(new ArtifactRole(role, list.MoveToImmutable()));
        }
        refs = read.MoveToImmutable();
        return true;
    }
}
