using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Protobuf;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>One wish of a peer.</summary>
/// <param name="Cid">Of what block.</param>
/// <param name="Priority">Larger is sooner; 1 when the peer does not say.</param>
/// <param name="Cancel">Takes an earlier wish back.</param>
/// <param name="WantHave">Asks only whether we have it; false wants the block.</param>
/// <param name="SendDontHave">Wants to hear of a no too.</param>
public sealed record BitswapWant(
    Cid Cid, int Priority = 1, bool Cancel = false, bool WantHave = false, bool SendDontHave = false);

/// <summary>A block as it travels: the CID without its digest, and the bytes. Nothing is checked yet.</summary>
/// <param name="Prefix">Varints: version, codec, hash function, digest length.</param>
/// <param name="Data">The block.</param>
public readonly record struct BitswapBlock(ReadOnlyMemory<byte> Prefix, ReadOnlyMemory<byte> Data);

/// <summary>Whether a peer has a block.</summary>
public readonly record struct BitswapPresence(Cid Cid, bool Has);

/// <summary>
/// A message of <c>/ipfs/bitswap/1.2.0</c> (specs.ipfs.tech/bitswap-protocol), one protobuf behind a varint length:
/// <code>
/// 1 wantlist        1 entries repeated { 1 cid bytes, 2 priority int32, 3 cancel, 4 wantType 0 block 1 have,
///                                        5 sendDontHave }, 2 full bool
/// 3 payload         repeated { 1 prefix bytes, 2 data bytes }
/// 4 blockPresences  repeated { 1 cid bytes, 2 type 0 have 1 dont have }
/// 5 pendingBytes    int32
/// </code>
/// Fields not listed are passed over; the blocks of 1.0.0 (field 2) too.
/// </summary>
public sealed partial record BitswapMessage
{
    /// <summary>The id by which the protocol is negotiated.</summary>
    public const string ProtocolName = "/ipfs/bitswap/1.2.0";

    /// <summary>At most <see cref="IpfsLimits.Entries"/>.</summary>
    public IReadOnlyList<BitswapWant> Wants { get; init; } = [];

    /// <summary>The wants are all there are: earlier ones not among them are taken back.</summary>
    public bool IsFull { get; init; }

    /// <summary>At most <see cref="IpfsLimits.Blocks"/>.</summary>
    public IReadOnlyList<BitswapBlock> Blocks { get; init; } = [];

    /// <summary>At most <see cref="IpfsLimits.Entries"/>.</summary>
    public IReadOnlyList<BitswapPresence> Presences { get; init; } = [];

    /// <summary>Bytes of blocks the sender still has queued for the receiver; never negative.</summary>
    public int PendingBytes { get; init; }

    /// <summary>The CID without its digest, as a block carries it.</summary>
    public static byte[] PrefixOf(Cid cid)
    {
        ArgumentNullException.ThrowIfNull(cid);
        // A version 0 CID has no such bytes of its own: the specification spells it 00 70 12 20.
        return cid.Version == 0
            ? [0x00, 0x70, 0x12, 0x20]
            : cid.Bytes[..^cid.Digest.Length].ToArray();
    }

    /// <summary>Reads what a block carries of its CID; false for anything else, and for digests of other than 32 bytes.
    /// </summary>
    public static bool TryReadPrefix(
        ReadOnlySpan<byte> prefix, out ulong version, out ulong codec, out ulong hashCode)
    {
        (codec, hashCode) = (0, 0);
        return TryNext(ref prefix, out version) && version <= 1 && TryNext(ref prefix, out codec)
            && TryNext(ref prefix, out hashCode) && TryNext(ref prefix, out var length) && length == 32
            && prefix.IsEmpty;

        static bool TryNext(ref ReadOnlySpan<byte> rest, out ulong value)
        {
            if (Varint.TryRead(rest, out value, out var read) != VarintStatus.Done)
                return false;
            rest = rest[read..];
            return true;
        }
    }

    /// <summary>The message without its length prefix.</summary>
    public byte[] Encode()
    {
        var writer = new ProtobufWriter();
        if (Wants.Count > 0 || IsFull)
        {
            var list = new ProtobufWriter();
            foreach (var want in Wants)
                list.Bytes(1, Encode(want).Written);
            if (IsFull)
                list.Number(2, 1);
            writer.Bytes(1, list.Written);
        }

        foreach (var block in Blocks)
            writer.Bytes(3, new ProtobufWriter().Bytes(1, block.Prefix.Span).Bytes(2, block.Data.Span).Written);
        foreach (var presence in Presences)
            writer.Bytes(4, Encode(presence).Written);
        if (PendingBytes > 0)
            writer.Number(5, (ulong)PendingBytes);
        return writer.ToArray();
    }

    private static ProtobufWriter Encode(BitswapWant want)
    {
        var entry = new ProtobufWriter().Bytes(1, want.Cid.Bytes).Number(2, unchecked((ulong)(long)want.Priority));
        if (want.Cancel)
            entry.Number(3, 1);
        if (want.WantHave)
            entry.Number(4, 1);
        if (want.SendDontHave)
            entry.Number(5, 1);
        return entry;
    }

    private static ProtobufWriter Encode(BitswapPresence presence)
    {
        var entry = new ProtobufWriter().Bytes(1, presence.Cid.Bytes);
        return presence.Has ? entry : entry.Number(2, 1);
    }
}
