using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation;

/// <summary>
/// What federation may ask of the store. Closed; answered by the case of <see cref="StoreAnswer"/> named.
/// </summary>
public abstract record StoreQuery
{
    private StoreQuery()
    {
    }

    /// <summary>
    /// The newest signed head with its snapshot, or <see cref="StoreAnswer.Nothing"/> before the first.
    /// <paramref name="SinceSize"/> is a size of epoch <paramref name="SinceEpoch"/> that the asker holds (0, 0:
    /// none); the answer has a consistency proof when that epoch is the head's and the size lies in it.
    /// Openings are those of <paramref name="Audiences"/> only. Answer: <see cref="StoreAnswer.OwnHead"/>.
    /// </summary>
    public sealed record OwnHead(long SinceEpoch, long SinceSize, IReadOnlyList<string> Audiences) : StoreQuery;

    /// <summary>
    /// The newest epoch the own log has opened, with or without a head in it. Answer:
    /// <see cref="StoreAnswer.OwnEpoch"/>.
    /// </summary>
    public sealed record OwnEpoch : StoreQuery;

    /// <summary>The public log's root at a size of an epoch. Answer: <see cref="StoreAnswer.OwnRoot"/>.</summary>
    public sealed record OwnRoot(long Epoch, long Size) : StoreQuery;

    /// <summary>
    /// Leaves [<paramref name="From"/>, <paramref name="To"/>) of the public log: every commitment, and the bodies
    /// that <paramref name="Audiences"/> may read. Answer: <see cref="StoreAnswer.OwnLeaves"/>.
    /// </summary>
    public sealed record OwnLeaves(long Epoch, long From, long To, IReadOnlyList<string> Audiences) : StoreQuery;

    /// <summary>
    /// Nodes of one audience's published tree. Answer: <see cref="StoreAnswer.OwnItems"/>, same order.
    /// </summary>
    public sealed record OwnNodes(string Audience, IReadOnlyList<Hash256> Hashes) : StoreQuery;

    /// <summary>Entries published to one audience. Answer: <see cref="StoreAnswer.OwnItems"/>, same order.</summary>
    public sealed record OwnEntries(string Audience, IReadOnlyList<ArtifactKey> Keys) : StoreQuery;

    /// <summary>What is known of contents or blocks. Answer: <see cref="StoreAnswer.Contents"/>, same order.</summary>
    public sealed record Contents(IReadOnlyList<ContentTarget> Targets) : StoreQuery;

    /// <summary>
    /// Sends header and bao encoding of the ranges as bulk on the stream (the engine makes the
    /// <see cref="NetworkEffect.SendBulk"/>). Authorisation is done. Answer: <see cref="StoreAnswer.Done"/>
    /// once sending has begun, or <see cref="StoreAnswer.Failed"/> and nothing was sent.
    /// </summary>
    public sealed record ServeContent(StreamId Stream, ManyServing What) : StoreQuery;

    /// <summary>
    /// Sends the answers to many gets one behind the other as bulk on the stream. Authorisation is done; what went away
    /// since leaves as a refusal. Answer: <see cref="StoreAnswer.Done"/>.
    /// </summary>
    public sealed record ServeMany(StreamId Stream, IReadOnlyList<ManyServing> Items) : StoreQuery;

    /// <summary>
    /// Starts to bring artifacts of a followed domain here, made visible together. Answer:
    /// <see cref="StoreAnswer.TransferBegun"/> (nothing wanted when all is here already).
    /// </summary>
    public sealed record BeginImport(DomainId Source, IReadOnlyList<ImportedEntry> Entries) : StoreQuery;

    /// <summary>Starts to bring evicted bytes back. Answer: <see cref="StoreAnswer.TransferBegun"/>.</summary>
    public sealed record BeginRebuild(ArtifactKey Key) : StoreQuery;

    /// <summary>All wanted bytes were written: check, make durable, make visible. Answer: Done or Failed.</summary>
    public sealed record CompleteTransfer(TransferId Transfer) : StoreQuery;

    /// <summary>Gives a transfer up; staged bytes go. Answer: <see cref="StoreAnswer.Done"/>.</summary>
    public sealed record AbortTransfer(TransferId Transfer) : StoreQuery;

    /// <summary>
    /// Whether anybody may have these blocks: they are of contents that the own domain publishes to <c>public</c>, and
    /// here. Hashes are BLAKE3, of chunks, UnixFS nodes or small contents. Answer:
    /// <see cref="StoreAnswer.PublicBlocks"/>, same order.
    /// </summary>
    public sealed record PublicBlocks(IReadOnlyList<Hash256> Hashes) : StoreQuery;

    /// <summary>
    /// Sends bitswap answers as bulk on the stream (the engine makes the <see cref="NetworkEffect.SendBulk"/>);
    /// what is not public, or went away, leaves as DONT_HAVE. Answer: <see cref="StoreAnswer.Done"/>.
    /// </summary>
    public sealed record ServePublicBlocks(StreamId Stream, IReadOnlyList<BitswapAnswer> Answers) : StoreQuery;
}
