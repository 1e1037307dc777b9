using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Domains;

// Writes a draft; what is out of bounds is refused by decoding the result.
public sealed partial class Dam
{
    private static byte[] Encode(DamDraft draft, long version, Hash256? previous)
    {
        var writer = new CborWriter(1024);
        writer.WriteMapStart(13);
        writer.WriteKey("head"u8);
        WriteKey(writer, draft.HeadKey);
        writer.WriteKey("name"u8);
        writer.WriteText(draft.Name);
        writer.WriteKey("nodes"u8);
        WriteMap(writer, draft.Nodes, key => WriteKey(writer, key));
        writer.WriteKey("peers"u8);
        WriteMap(writer, draft.Peers, peer => WritePeer(writer, peer));
        writer.WriteKey("branes"u8);
        WriteMap(writer, draft.Branes, key => WriteKey(writer, key));
        writer.WriteKey("meshes"u8);
        WriteArray(writer, draft.Meshes.Order(), mesh => writer.WriteBytes(mesh.ToArray()));
        writer.WriteKey("follows"u8);
        WriteArray(writer, draft.Follows.OrderBy(f => f.Key).Select(f => f.Value with { Domain = f.Key }),
            follow => WriteFollow(writer, follow));
        writer.WriteKey("tenants"u8);
        WriteMap(writer, draft.Tenants, recipients =>
            WriteArray(writer, recipients.Distinct().Order(StringComparer.Ordinal), writer.WriteText));
        writer.WriteKey("version"u8);
        writer.WriteUInt((ulong)version);
        writer.WriteKey("cosigner"u8);
        if (draft.CosignerKey is { } cosigner)
            WriteKey(writer, cosigner);
        else
            writer.WriteNull();
        writer.WriteKey("previous"u8);
        WriteHash(writer, previous);
        writer.WriteKey("recovery"u8);
        WriteKey(writer, draft.RecoveryKey);
        writer.WriteKey("audiences"u8);
        WriteMap(writer, draft.Audiences, members =>
            WriteArray(writer, members.Distinct().Order(), member => WriteKey(writer, member)));
        return writer.ToArray();
    }

    private static void WritePeer(CborWriter writer, DamPeer peer)
    {
        writer.WriteMapStart(5);
        writer.WriteKey("did"u8);
        WriteKey(writer, peer.Key);
        writer.WriteKey("mesh"u8);
        if (peer.Mesh is { } mesh)
            writer.WriteBytes(mesh.ToArray());
        else
            writer.WriteNull();
        writer.WriteKey("roles"u8);
        WriteArray(writer, peer.Roles.Distinct().Order(StringComparer.Ordinal), writer.WriteText);
        writer.WriteKey("domain"u8);
        WriteHash(writer, peer.Domain?.Hash);
        writer.WriteKey("operator"u8);
        if (peer.Operator is { } name)
            writer.WriteText(name);
        else
            writer.WriteNull();
    }

    private static void WriteFollow(CborWriter writer, DamFollow follow)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(follow.MirrorBytes, nameof(follow));
        writer.WriteMapStart(3);
        writer.WriteKey("domain"u8);
        writer.WriteBytes(follow.Domain.AsSpan());
        writer.WriteKey("mirror"u8);
        writer.WriteUInt((ulong)follow.MirrorBytes);
        writer.WriteKey("witness"u8);
        writer.WriteBool(follow.Witness);
    }

    private static void WriteKey(CborWriter writer, Ed25519PublicKey key) => writer.WriteText(key.ToDid());

    private static void WriteHash(CborWriter writer, Hash256? hash)
    {
        if (hash is { } value)
            writer.WriteBytes(value.AsSpan());
        else
            writer.WriteNull();
    }

    private static void WriteMap<T>(CborWriter writer, IDictionary<string, T> map, Action<T> write)
    {
        var entries = map
            .Select(e => (Key: System.Text.Encoding.UTF8.GetBytes(e.Key), e.Value))
            .ToArray();
        Array.Sort(entries, (a, b) => DagCbor.CompareKeys(a.Key, b.Key));
        writer.WriteMapStart(entries.Length);
        foreach (var (key, value) in entries)
        {
            writer.WriteKey(key);
            write(value);
        }
    }

    private static void WriteArray<T>(CborWriter writer, IEnumerable<T> items, Action<T> write)
    {
        var list = items.ToList();
        writer.WriteArrayStart(list.Count);
        foreach (var item in list)
            write(item);
    }
}
