using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Bulk;

namespace Omega.P2P.Federation;

/// <summary>
/// Everything a federation core can ask for. The set is closed and carried out in order; documents, authority
/// manifests and epochs are durable before any later network effect leaves.
/// </summary>
public abstract record MeshEffect
{
    private protected MeshEffect()
    {
    }

    /// <summary>Asks the store; exactly one <see cref="MeshInput.StoreAnswered"/> with this number follows.</summary>
    public sealed record AskStore(QueryId Query, StoreQuery Question) : MeshEffect;

    /// <summary>
    /// Keeps a document. Key at most 256 bytes of ASCII, value at most 1 MiB. All documents of one
    /// <see cref="FederationCore.Handle"/> call are one batch: all or none after a crash.
    /// </summary>
    public sealed record PutDocument(string Key, ReadOnlyMemory<byte> Value) : MeshEffect;

    /// <summary>Forgets a document; one that is not there is no error. Same batch rule.</summary>
    public sealed record DeleteDocument(string Key) : MeshEffect;

    /// <summary>
    /// Appends the next signed version of the own authority manifest (COSE_Sign1, <c>omega/dam/1</c>).
    /// </summary>
    public sealed record AppendDam(ReadOnlyMemory<byte> SignedDam) : MeshEffect;

    /// <summary>
    /// Opens the next epoch of the own domain (COSE_Sign1, <c>omega/epoch/1</c>); the store is writable again.
    /// </summary>
    public sealed record OpenEpoch(ReadOnlyMemory<byte> Record) : MeshEffect;

    /// <summary>The own domain signs nothing any more (law 9) until <see cref="OpenEpoch"/>.</summary>
    public sealed record SetReadOnly(string Reason) : MeshEffect;

    /// <summary>A command of the owner has come to its end.</summary>
    public sealed record CommandCompleted(CommandId Id, CommandResult Result) : MeshEffect;

    /// <summary>Something the owner may want to see.</summary>
    public sealed record Notice(MeshNotice What) : MeshEffect;
}

/// <summary>What the network's driver carries out. Closed.</summary>
public abstract record NetworkEffect : MeshEffect
{
    private NetworkEffect()
    {
    }

    /// <summary>
    /// Tries one address (a textual multiaddr); the link counts only if the far end proves to be
    /// <paramref name="Peer"/>, when that is given.
    /// </summary>
    public sealed record Dial(DialId Id, string Address, PeerId? Peer) : NetworkEffect;

    /// <summary>
    /// Gives up a dial that has given neither a link nor a failure. What comes of it all the same counts for nothing.
    /// </summary>
    public sealed record CancelDial(DialId Id) : NetworkEffect;

    /// <summary>Wants a stream that speaks <paramref name="Protocol"/>; for gossip, any version we speak.</summary>
    public sealed record OpenStream(RequestId Request, LinkId Link, string Protocol) : NetworkEffect;

    /// <summary>Sends one frame (the driver adds the length); payload at most 1 MiB, immutable from here on.</summary>
    public sealed record SendFrame(StreamId Stream, ReadOnlyMemory<byte> Payload) : NetworkEffect;

    /// <summary>
    /// Lets the peer be read on: so many frames more. For streams that the peer speaks on unasked (gossip, bitswap); on
    /// others
    /// each answer makes room for the next request.
    /// </summary>
    public sealed record ReadFrames(StreamId Stream, int Count) : NetworkEffect;

    /// <summary>Sends raw bytes to the end of the source and then closes our direction.
    /// <see cref="NetworkInput.BulkSent"/> follows.</summary>
    public sealed record SendBulk(StreamId Stream, IBulkSource Source) : NetworkEffect;

    /// <summary>Hands the incoming direction, from its first byte, to a sink.</summary>
    public sealed record ReceiveBulk(StreamId Stream, IBulkSink Sink) : NetworkEffect;

    /// <summary>Closes our direction after what was sent before.</summary>
    public sealed record CloseStream(StreamId Stream) : NetworkEffect;

    /// <summary>
    /// Cuts a stream in both directions; nothing more is heard of it, except the
    /// <see cref="NetworkInput.BulkFinished"/> of a sink that it has.
    /// </summary>
    public sealed record ResetStream(StreamId Stream) : NetworkEffect;

    /// <summary>Cuts a link; <see cref="NetworkInput.LinkDown"/> follows.</summary>
    public sealed record DropLink(LinkId Link, string Reason) : NetworkEffect;

    /// <summary>Wants <see cref="NetworkInput.TimerFired"/> after this much running time.</summary>
    public sealed record ArmTimer(TimerId Timer, TimeSpan After) : NetworkEffect;

    /// <summary>A timer that nobody waits for any more. One that fires all the same counts for nothing.</summary>
    public sealed record CancelTimer(TimerId Timer) : NetworkEffect;
}
