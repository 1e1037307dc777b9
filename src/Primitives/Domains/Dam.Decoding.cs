using System.Buffers;
using System.Collections.Immutable;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Domains;

// Reads a payload from hostile bytes. Field names in errors are those of the top level.
public sealed partial class Dam
{
    private const int NodeCountMax = 16;
    private const int BraneCountMax = 256;
    private const int PeerCountMax = 256;
    private const int RoleCountMax = 8;
    private const int AudienceCountMax = 64;
    private const int MemberCountMax = 256;
    private const int TenantCountMax = 64;
    private const int RecipientCountMax = 16;
    private const int RecipientBytesMax = 128;
    private const int MeshCountMax = 16;
    private const int FollowCountMax = 256;
    private const int PetnameCharsMax = 64;
    private const int DidBytesMax = 64;

    private static readonly SearchValues<char> RecipientChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");

    private delegate bool ItemReader<T>(ref CborReader reader, out T item);

    private static bool TryReadFields(ReadOnlySpan<byte> bytes, out Fields fields, out DecodeError error)
    {
        fields = new Fields();
        var reader = new CborReader(bytes);
        var good = reader.TryReadMapStart(out var count)
            && (count == 13 || reader.Refuse("dam-shape", "", "A DAM has 13 fields."))
            && TryReadFirstFields(ref reader, fields)
            && TryReadLastFields(ref reader, fields)
            && reader.TryFinish()
            && AreDutiesApart(ref reader, fields);
        error = reader.Error;
        return good;
    }

    private static bool TryReadFirstFields(ref CborReader reader, Fields fields)
    {
        if (!reader.TryReadKey("head"u8) || !TryReadDid(ref reader, out var head)
            || !reader.TryReadKey("name"u8) || !TryReadTag(ref reader, out var name)
            || !reader.TryReadKey("nodes"u8)
            || !TryReadMap<Ed25519PublicKey>(ref reader, 1, NodeCountMax, Tag.IsValid, TryReadDid, out var nodes)
            || !reader.TryReadKey("peers"u8)
            || !TryReadMap<DamPeer>(ref reader, 0, PeerCountMax, IsPetname, TryReadPeer, out var peers)
            || !reader.TryReadKey("branes"u8)
            || !TryReadMap<Ed25519PublicKey>(ref reader, 0, BraneCountMax, Tag.IsValid, TryReadDid, out var branes)
            || !reader.TryReadKey("meshes"u8)
            || !TryReadSet<MeshId>(ref reader, 0, MeshCountMax, TryReadMesh, (a, b) => a.CompareTo(b), out var meshes)
            || !reader.TryReadKey("follows"u8)
            || !TryReadSet<DamFollow>(ref reader, 0, FollowCountMax, TryReadFollow,
                (a, b) => a.Domain.CompareTo(b.Domain), out var follows))
            return false;
        fields.HeadKey = head;
        fields.Name = name;
        fields.Nodes = nodes;
        fields.Peers = peers;
        fields.Branes = branes;
        fields.Meshes = meshes;
        fields.Follows = follows;
        return true;
    }

    private static bool TryReadLastFields(ref CborReader reader, Fields fields)
    {
        if (!reader.TryReadKey("tenants"u8)
            || !TryReadMap<ImmutableArray<string>>(
                ref reader, 0, TenantCountMax, Tag.IsValid, TryReadRecipients, out var tenants)
            || !reader.TryReadKey("version"u8) || !reader.TryReadSize(out var version)
            || !reader.TryReadKey("cosigner"u8)
            || !TryReadOptional<Ed25519PublicKey>(ref reader, TryReadDid, out var hasCosigner, out var cosigner)
            || !reader.TryReadKey("previous"u8)
            || !TryReadOptional<Hash256>(ref reader, TryReadHash, out var hasPrevious, out var previous)
            || !reader.TryReadKey("recovery"u8) || !TryReadDid(ref reader, out var recovery)
            || !reader.TryReadKey("audiences"u8)
            || !TryReadMap<ImmutableArray<Ed25519PublicKey>>(
                ref reader, 0, AudienceCountMax, Tag.IsValid, TryReadMembers, out var audiences))
            return false;
        if (version < 1 || (version == 1) == hasPrevious)
            return reader.Refuse("dam-version", "version", "Version 1 has no previous version, all others have one.");
        if (audiences.Keys.Any(Audience.IsBuiltIn))
            return reader.Refuse("dam-audience", "audiences", "internal, peers and public are built in.");
        fields.Tenants = tenants;
        fields.Version = version;
        fields.CosignerKey = hasCosigner ? cosigner : null;
        fields.Previous = hasPrevious ? previous : null;
        fields.RecoveryKey = recovery;
        fields.Audiences = audiences;
        return true;
    }

    // Separate keys for separate duties (design section 4): else a stolen one takes more than its own with it.
    private static bool AreDutiesApart(ref CborReader reader, Fields fields)
    {
        var keys = new List<Ed25519PublicKey> { fields.HeadKey, fields.RecoveryKey };
        if (fields.CosignerKey is { } cosigner)
            keys.Add(cosigner);
        keys.AddRange(fields.Nodes.Values.Distinct());
        keys.AddRange(fields.Branes.Values.Distinct());
        return keys.Distinct().Count() == keys.Count
            || reader.Refuse("dam-key-reuse", "", "One key stands in two duties.");
    }

    private static bool TryReadPeer(ref CborReader reader, out DamPeer peer)
    {
        peer = new DamPeer(default);
        if (!reader.TryReadMapStart(out var count))
            return false;
        if (count != 5)
            return reader.Refuse("dam-shape", "peers", "A peer has five fields.");
        if (!reader.TryReadKey("did"u8) || !TryReadDid(ref reader, out var key)
            || !reader.TryReadKey("mesh"u8)
            || !TryReadOptional<MeshId>(ref reader, TryReadMesh, out var hasMesh, out var mesh)
            || !reader.TryReadKey("roles"u8)
            || !TryReadSet<string>(ref reader, 0, RoleCountMax, TryReadTag, string.CompareOrdinal, out var roles)
            || !reader.TryReadKey("domain"u8)
            || !TryReadOptional<Hash256>(ref reader, TryReadHash, out var hasDomain, out var domain)
            || !reader.TryReadKey("operator"u8)
            || !TryReadOptional<string>(ref reader, TryReadTag, out var hasOperator, out var name))
            return false;
        peer = new DamPeer(
            key, hasDomain ? DomainId.From(domain) : null, hasMesh ? mesh : null, roles, hasOperator ? name : null);
        return true;
    }

    private static bool TryReadFollow(ref CborReader reader, out DamFollow follow)
    {
        follow = new DamFollow(default, 0, false);
        if (!reader.TryReadMapStart(out var count))
            return false;
        if (count != 3)
            return reader.Refuse("dam-shape", "follows", "A follow has three fields.");
        if (!reader.TryReadKey("domain"u8) || !TryReadHash(ref reader, out var domain)
            || !reader.TryReadKey("mirror"u8) || !reader.TryReadSize(out var mirrorBytes)
            || !reader.TryReadKey("witness"u8) || !reader.TryReadBool(out var witness))
            return false;
        follow = new DamFollow(DomainId.From(domain), mirrorBytes, witness);
        return true;
    }

    private static bool TryReadRecipients(ref CborReader reader, out ImmutableArray<string> recipients) =>
        TryReadSet<string>(ref reader, 1, RecipientCountMax, TryReadRecipient, string.CompareOrdinal, out recipients);

    private static bool TryReadMembers(ref CborReader reader, out ImmutableArray<Ed25519PublicKey> members) =>
        TryReadSet<Ed25519PublicKey>(
            ref reader, 0, MemberCountMax, TryReadDid, (a, b) => a.CompareTo(b), out members);

    private static bool TryReadRecipient(ref CborReader reader, out string recipient)
    {
        if (!reader.TryReadText(RecipientBytesMax, out recipient))
            return false;
        return (recipient.StartsWith("age1", StringComparison.Ordinal)
                && !recipient.AsSpan().ContainsAnyExcept(RecipientChars))
            || reader.Refuse("dam-recipient", "tenants", "An age recipient is age1 and lower-case letters and digits.");
    }

    private static bool TryReadDid(ref CborReader reader, out Ed25519PublicKey key)
    {
        key = default;
        if (!reader.TryReadText(DidBytesMax, out var did))
            return false;
        return (Ed25519PublicKey.TryParse(did, out key) && !key.IsDefault && key.ToDid() == did)
            || reader.Refuse("dam-key", "", "A key is the did:key of an Ed25519 key.");
    }

    private static bool TryReadTag(ref CborReader reader, out string tag)
    {
        if (!reader.TryReadText(Tag.LengthMax, out tag))
            return false;
        return Tag.IsValid(tag) || reader.Refuse("dam-name", "", "A name is [a-z0-9][a-z0-9._-]{0,63}.");
    }

    private static bool TryReadHash(ref CborReader reader, out Hash256 hash)
    {
        if (!reader.TryReadHash(out hash))
            return false;
        return !hash.IsDefault || reader.Refuse("dam-shape", "", "32 zero bytes name nothing.");
    }

    private static bool TryReadMesh(ref CborReader reader, out MeshId mesh)
    {
        mesh = default;
        if (!reader.TryReadBytes(MeshId.Length, out var bytes))
            return false;
        mesh = MeshId.From(bytes);
        return !mesh.IsDefault || reader.Refuse("dam-shape", "", "16 zero bytes name no mesh.");
    }

    // A petname is what its owner typed: any text of 1 to 64 characters that can be printed on one line.
    private static bool IsPetname(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= PetnameCharsMax && name.Trim().Length == name.Length
        && !name.ContainsAnyInRange('\0', '\u001f') && !name.ContainsAnyInRange('\u007f', '\u009f')
        && !name.ContainsAny('\u2028', '\u2029');

    private static bool TryReadOptional<T>(
        ref CborReader reader, ItemReader<T> read, out bool isThere, out T item)
    {
        isThere = reader.PeekKind() != CborKind.Null;
        if (isThere)
            return read(ref reader, out item);
        item = default!; // meaningless while isThere is false
        return reader.TryReadNull();
    }

    private static bool TryReadSet<T>(
        ref CborReader reader, int countMin, int countMax, ItemReader<T> read, Comparison<T> compare,
        out ImmutableArray<T> items)
    {
        items = [];
        if (!reader.TryReadArrayStart(out var count))
            return false;
        if (count < countMin || count > countMax)
            return reader.Refuse("dam-count", "", $"A list has {countMin} to {countMax} items.");
        var list = ImmutableArray.CreateBuilder<T>(count);
        for (var i = 0; i < count; i++)
        {
            if (!read(ref reader, out var item))
                return false;
            if (i > 0 && compare(list[i - 1], item) >= 0)
                return reader.Refuse("dam-order", "", "A list ascends and does not repeat.");
            list.Add(item);
        }
        items = list.MoveToImmutable();
        return true;
    }

    private delegate bool NameRule(ReadOnlySpan<char> name);

    private static bool TryReadMap<T>(
        ref CborReader reader, int countMin, int countMax, NameRule isName, ItemReader<T> read,
        out ImmutableSortedDictionary<string, T> map)
    {
        var entries = ImmutableSortedDictionary.CreateBuilder<string, T>(StringComparer.Ordinal);
        map = ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);
        if (!reader.TryReadMapStart(out var count))
            return false;
        if (count < countMin || count > countMax)
            return reader.Refuse("dam-count", "", $"A map has {countMin} to {countMax} entries.");
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadKey(out var utf8))
                return false;
            var name = System.Text.Encoding.UTF8.GetString(utf8);
            if (!isName(name))
                return reader.Refuse("dam-name", "", "A name is outside its grammar.");
            if (!read(ref reader, out var item))
                return false;
            entries.Add(name, item);
        }
        map = entries.ToImmutable();
        return true;
    }
}
