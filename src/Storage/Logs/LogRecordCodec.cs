using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Logs;

/// <summary>Records to canonical CBOR and back. Unknown fields are passed over, unknown kinds refused.</summary>
internal static partial class LogRecordCodec
{
    /// <summary>Block ids one record may name, so that it stays under its bound; longer lists become several
    /// records.</summary>
    public const int BlocksMax = 256;

    public static byte[] Encode(LogRecord record) => (record switch
    {
        LogRecord.Dam dam => new LogFields
        {
            Kind = "dam",
            Name = dam.Name,
            Hash = dam.Hash,
            Length = dam.Length,
            Leaf = dam.Leaf,
        },
        LogRecord.Add add => new LogFields
        {
            Kind = add.Source is null ? "add" : "import",
            Entry = add.Entry,
            Audience = add.Audience,
            Tenant = add.Tenant,
            At = add.AtMs,
            Source = add.Source?.Hash,
            Inline = NullIfEmpty(add.Inline),
        },
        LogRecord.Copy copy => new LogFields
        {
            Kind = "copy",
            Audience = copy.Audience,
            Tenant = copy.Tenant,
            Inline = copy.Inline,
        },
        LogRecord.Seal seal => new LogFields
        {
            Kind = "seal",
            Blocks = Hashes(seal.Blocks),
            Moved = seal.Moved,
            Through = seal.Moved is null ? null : seal.Through,
        },
        LogRecord.Evict evict => new LogFields
        {
            Kind = "evict",
            Blocks = Hashes(evict.Blocks),
            Keys = Hashes(evict.Keys),
            At = evict.AtMs,
        },
        LogRecord.Rehydrate back => new LogFields
        {
            Kind = "rehydrate",
            Blocks = Hashes(back.Blocks),
            Keys = Hashes(back.Keys),
            At = back.AtMs,
        },
        LogRecord.Drop drop => new LogFields { Kind = "drop", Blocks = Hashes(drop.Blocks) },
        LogRecord.Publish publish => new LogFields
        {
            Kind = publish.IsWithdrawn ? "unpublish" : "publish",
            Key = publish.Key.Hash,
            Audience = publish.Audience,
            At = publish.AtMs,
            Leaf = publish.Leaf,
        },
        LogRecord.PublicLeaf leaf => new LogFields { Kind = "leaf", Leaf = leaf.Bytes },
        LogRecord.Snapshot snapshot => new LogFields
        {
            Kind = "snapshot",
            Number = snapshot.Number,
            At = snapshot.AtMs,
            Leaf = snapshot.Leaf,
        },
        LogRecord.Epoch epoch => new LogFields
        {
            Kind = "epoch",
            Number = epoch.Number,
            Hash = epoch.Hash,
            Length = epoch.Length,
            Leaf = epoch.Leaf,
            At = epoch.AtMs,
        },
        _ => FieldsOfKeeping(record),
    }).Encode();

    public static bool TryDecode(ReadOnlySpan<byte> bytes, out LogRecord? record)
    {
        record = LogFields.TryDecode(bytes, out var fields) ? Build(fields) : null;
        return record is not null;
    }

    private static LogRecord? Build(LogFields f) => f switch
    {
        { Kind: "dam", Name: { } name, Hash: { } hash, Length: { } length } =>
            new LogRecord.Dam(name, hash, (int)length, f.Leaf),
        { Kind: "add" or "import", Entry: { } entry, Audience: { } audience, At: { } at } =>
            new LogRecord.Add(
                entry, audience, f.Tenant, at, f.Source is { } source ? DomainId.From(source) : null, f.Inline ?? []),
        { Kind: "copy", Audience: { } audience, Inline: { } inline } =>
            new LogRecord.Copy(audience, f.Tenant, inline),
        { Kind: "seal", Blocks: { } blocks } => new LogRecord.Seal(BlockIds(blocks), f.Moved, f.Through ?? 0),
        { Kind: "evict", Blocks: { } blocks, Keys: { } keys, At: { } at } =>
            new LogRecord.Evict(BlockIds(blocks), ArtifactKeys(keys), at),
        { Kind: "rehydrate", Blocks: { } blocks, Keys: { } keys, At: { } at } =>
            new LogRecord.Rehydrate(BlockIds(blocks), ArtifactKeys(keys), at),
        { Kind: "drop", Blocks: { } blocks } => new LogRecord.Drop(BlockIds(blocks)),
        { Kind: "publish" or "unpublish", Key: { } key, Audience: { } audience, At: { } at, Leaf: { } leaf } =>
            new LogRecord.Publish(ArtifactKey.From(key), audience, f.Kind == "unpublish", at, leaf),
        { Kind: "leaf", Leaf: { } leaf } => new LogRecord.PublicLeaf(leaf),
        { Kind: "snapshot", Number: { } number, At: { } at, Leaf: { } leaf } =>
            new LogRecord.Snapshot(number, at, leaf),
        { Kind: "epoch", Number: { } number, Hash: { } hash, Length: { } length, At: { } at } =>
            new LogRecord.Epoch(number, hash, (int)length, f.Leaf, at),
        _ => BuildKeeping(f),
    };

    private static IReadOnlyList<InlineObject>? NullIfEmpty(IReadOnlyList<InlineObject> inline) =>
        inline.Count == 0 ? null : inline;

    private static Hash256[] Hashes(IReadOnlyList<BlockId> ids) => [.. ids.Select(id => id.Hash)];

    private static Hash256[] Hashes(IReadOnlyList<ArtifactKey> keys) => [.. keys.Select(key => key.Hash)];

    private static BlockId[] BlockIds(IReadOnlyList<Hash256> hashes) => [.. hashes.Select(BlockId.From)];

    private static ArtifactKey[] ArtifactKeys(IReadOnlyList<Hash256> hashes) => [.. hashes.Select(ArtifactKey.From)];
}
