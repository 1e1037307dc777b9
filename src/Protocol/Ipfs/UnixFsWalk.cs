using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>
/// Walks a UnixFS file or folder from its root, wherever the blocks come from: says which blocks it wants next, takes
/// them in any order, and hands out the tree in its own order. What is wanted or given and not yet taken is bounded
/// (<see cref="IpfsLimits.BytesAhead"/>), so a reader that stops stops the walk. Total: any blocks lead to the whole
/// tree or to one <see cref="Error"/>, which is sticky. Not thread-safe.
/// </summary>
/// <remarks>
/// The giver answers for a block being that of its CID (<see cref="CidHash.Matches"/>). Sizes are held against each
/// other: a child gives exactly the bytes that its parent says, and one that says none is not looked at, so work is
/// bounded by the size told and by <see cref="IpfsLimits.TreeEntries"/>, also where one block is linked from
/// everywhere. </remarks>
public sealed partial class UnixFsWalk
{
    private readonly LinkedList<Slot> _slots = new();
    private readonly Dictionary<Cid, List<LinkedListNode<Slot>>> _waiting = [];
    private LinkedListNode<Slot>? _nextWant;
    private long _bytesAhead;
    private int _blocksAhead;
    private int _openLinks = 1;
    private int _entries;

    /// <summary>Begins at a root, which is the first block wanted.</summary>
    public UnixFsWalk(Cid root)
    {
        ArgumentNullException.ThrowIfNull(root);
        _nextWant = _slots.AddLast(new Slot(root, path: "", expected: null, depth: 0));
    }

    /// <summary>The first thing wrong.</summary>
    public UnixFsError Error { get; private set; }

    /// <summary>The block at fault; null without an <see cref="Error"/>.</summary>
    public Cid? ErrorAt { get; private set; }

    /// <summary>Everything was handed out.</summary>
    public bool IsDone => Error == UnixFsError.None && _slots.Count == 0;

    /// <summary>Blocks that were told as wanted and did not come yet.</summary>
    public IReadOnlyCollection<Cid> Waiting => _waiting.Keys;

    /// <summary>
    /// Blocks to fetch from here on, each told once until it is given; one that occurs again later is told again.
    /// </summary>
    public IReadOnlyList<Cid> TakeWants()
    {
        var wants = new List<Cid>();
        while (Error == UnixFsError.None && _nextWant is { } at)
        {
            var before = at.Previous;
            if (at.Value is { IsAsked: false, Part: null } slot)
            {
                // The first is always asked for: nothing can be taken before it.
                if (before is not null
                    && (_bytesAhead + slot.Cost > IpfsLimits.BytesAhead || _blocksAhead >= IpfsLimits.BlocksAhead))
                    break;
                Want(at, wants);
            }

            // A block that its CID holds is there at once, and others stand in its place.
            _nextWant = at.List is not null ? at.Next : before is null ? _slots.First : before.Next;
        }

        return wants;
    }

    /// <summary>Takes a block; its memory is kept until it was handed out. False for one that is not waited for.
    /// </summary>
    public bool TryGive(Cid cid, ReadOnlyMemory<byte> block)
    {
        ArgumentNullException.ThrowIfNull(cid);
        if (Error != UnixFsError.None || !_waiting.Remove(cid, out var slots))
            return false;
        foreach (var slot in slots)
        {
            if (Error == UnixFsError.None)
                Fill(slot, block);
        }

        return true;
    }

    /// <summary>The next thing of the tree; false when a block is missing for it, at the end, and on an
    /// error.</summary>
    public bool TryTake([NotNullWhen(true)] out UnixFsPart? part)
    {
        part = Error == UnixFsError.None ? _slots.First?.Value.Part : null;
        if (part is null)
            return false;
        var first = _slots.First!; // it has the part
        Release(first.Value);
        if (_nextWant == first)
            _nextWant = first.Next;
        _slots.RemoveFirst();
        return true;
    }

    private void Want(LinkedListNode<Slot> at, List<Cid> wants)
    {
        var slot = at.Value;
        var cid = slot.Cid!; // a slot without a part has one
        if (cid.Codec is not (Cid.CodecRaw or Cid.CodecDagPb))
        {
            Fail(UnixFsError.UnsupportedCodec, cid);
            return;
        }

        if (!CidHash.IsSupported(cid))
        {
            Fail(UnixFsError.UnsupportedHash, cid);
            return;
        }

        slot.IsAsked = true;
        _blocksAhead++;
        _bytesAhead += slot.Cost;
        if (cid.HashCode == Cid.HashIdentity)
        {
            Fill(at, cid.Digest.ToArray());
            return;
        }

        if (!_waiting.TryGetValue(cid, out var slots))
        {
            _waiting.Add(cid, slots = []);
            wants.Add(cid);
        }

        slots.Add(at);
    }

    private void Release(Slot slot)
    {
        if (!slot.IsAsked)
            return;
        slot.IsAsked = false;
        _blocksAhead--;
        _bytesAhead -= slot.Cost;
    }

    private void Fail(UnixFsError error, Cid at)
    {
        Error = error;
        ErrorAt = at;
        _slots.Clear();
        _waiting.Clear();
        _nextWant = null;
    }

    /// <summary>A place in the order of the tree: a block that is not there yet, or what has to be handed out.
    /// </summary>
    /// <param name="cid">The block; null for a part that is none.</param>
    /// <param name="path">Of the file or folder that begins here; null inside a file.</param>
    /// <param name="expected">Bytes of the file below; null where nobody has said.</param>
    /// <param name="depth">Nodes of the same file, or parts of the same folder, above.</param>
    private sealed class Slot(Cid? cid, string? path, long? expected, int depth)
    {
        public Cid? Cid { get; } = cid;

        public string? Path { get; } = path;

        public long? Expected { get; } = expected;

        public int Depth { get; } = depth;

        /// <summary>A part of a sharded folder, whose path it has.</summary>
        public bool IsShard { get; init; }

        public UnixFsPart? Part { get; init; }

        /// <summary>Counts as ahead.</summary>
        public bool IsAsked { get; set; }

        /// <summary>What the block that these bytes are of counted as.</summary>
        public long? Held { get; set; }

        /// <summary>What it may hold in memory: a node above more bytes than a block holds may itself be as large as
        /// a block.</summary>
        public long Cost => Held ?? (Expected is >= 0 and <= IpfsLimits.BlockBytes
            ? Expected.Value
            : IpfsLimits.BlockBytes);
    }
}
