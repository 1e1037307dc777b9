using Omega.P2P.Federation.Fetching;
using Omega.P2P.Federation.Links;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Custody;

/// <summary>
/// Before an eviction: which peers can be shown to hold each content. A peer first says what it has, then proves
/// random groups of it, all of them when there are few. Retrievability is what this shows, not distinct disks.
/// </summary>
internal sealed class HolderProof
{
    private const long GroupBytes = BaoTree.DefaultGroupSize;

    private readonly TransferServices _services;
    private readonly ChallengeBook _challenges;
    private readonly CommandId _command;
    private readonly int _holders;
    private readonly Action<HolderProof> _onEnd;
    private readonly List<Item> _items;
    private int _probes;
    private int _inFlight;
    private bool _isOver;

    private sealed class Item(HeldContent content)
    {
        public HeldContent Content { get; } = content;

        public Queue<PeerId> Claimants { get; } = new();

        public List<PeerId> Proven { get; } = [];

        public int Challenged { get; set; }
    }

    public HolderProof(
        TransferServices services, ChallengeBook challenges, CommandId command, MeshCommand.ProveHolders prove,
        Action<HolderProof> onEnd)
    {
        _services = services;
        _challenges = challenges;
        _command = command;
        _holders = prove.Holders;
        _onEnd = onEnd;
        _items = prove.Contents.Select(c => new Item(c)).ToList();
    }

    public CommandId Command => _command;

    public void Start()
    {
        foreach (var item in _items)
            _challenges.Open(item.Content.Content.Hash);
        foreach (var link in _services.UsableLinks())
        {
            foreach (var batch in _items.Chunk(OmegaLimits.HaveIds))
                Probe(link, batch);
        }
        Advance();
    }

    public void Cancel()
    {
        if (Leave())
            _services.Outbox.Complete(_command, new CommandResult.Failed(MeshError.Cancelled, "given up"));
    }

    private void Probe(Link link, Item[] batch)
    {
        _probes++;
        var ids = batch.Select(i => i.Content.Content.Hash).ToList();
        _services.Blocks.Have(link, ids, (held, fault) =>
        {
            _probes--;
            if (held is null && fault is not (PeerFault.Disconnected or PeerFault.Refused))
                _services.Report(link.Peer, fault, "asked what it holds");
            for (var i = 0; held is not null && i < batch.Length; i++)
            {
                if (held[i])
                    batch[i].Claimants.Enqueue(link.Peer);
            }
            Advance();
        });
    }

    private void Advance()
    {
        foreach (var item in _items)
        {
            while (!_isOver && _inFlight < _services.Limits.ChallengesInFlight
                && item.Proven.Count + item.Challenged < _holders && item.Claimants.TryDequeue(out var peer))
                Challenge(item, peer);
        }
        if (!_isOver && _probes == 0 && _inFlight == 0)
            Finish();
    }

    private void Challenge(Item item, PeerId peer)
    {
        if (_services.Pick([peer]) is not { } link)
            return;
        if (item.Content.Size == 0)
        {
            item.Proven.Add(peer);
            return;
        }
        item.Challenged++;
        _inFlight++;
        _services.Blocks.Get(
            link, item.Content.Content.Hash, item.Content.Size, DrawRanges(item.Content.Size), NullSink.Instance,
            outcome => OnOutcome(item, peer, outcome));
    }

    private void OnOutcome(Item item, PeerId peer, BlocksOutcome outcome)
    {
        item.Challenged--;
        _inFlight--;
        if (outcome.Status == BlocksStatus.Done)
            item.Proven.Add(peer);
        else if (outcome.Status is not BlocksStatus.Cut)
            _services.Report(peer, PeerFault.FailedChallenge, $"{item.Content.Content}: {outcome.Status}");
        Advance();
    }

    private List<WireRange> DrawRanges(long size)
    {
        var groups = (size + GroupBytes - 1) / GroupBytes;
        var drawn = new SortedSet<long>();
        if (groups <= _services.Limits.ChallengeGroups)
        {
            return [new WireRange(0, size)];
        }
        while (drawn.Count < _services.Limits.ChallengeGroups)
            drawn.Add(_services.Outbox.Below(groups));
        return Join(drawn, size);
    }

    // Neighbouring groups become one range: ranges on the wire stand apart.
    private static List<WireRange> Join(SortedSet<long> groups, long size)
    {
        var ranges = new List<WireRange>();
        foreach (var group in groups)
        {
            var start = group * GroupBytes;
            var end = Math.Min(size, start + GroupBytes);
            if (ranges.Count > 0 && ranges[^1].End == start)
                ranges[^1] = new WireRange(ranges[^1].Start, end - ranges[^1].Start);
            else
                ranges.Add(new WireRange(start, end - start));
        }
        return ranges;
    }

    private void Finish()
    {
        if (!Leave())
            return;
        var proven = _items.Select(i => new ProvenContent(i.Content.Content, [.. i.Proven.Order()])).ToList();
        _services.Outbox.Complete(_command, new CommandResult.HoldersProven(proven));
    }

    private bool Leave()
    {
        if (_isOver)
            return false;
        _isOver = true;
        foreach (var item in _items)
            _challenges.Close(item.Content.Content.Hash);
        _onEnd(this);
        return true;
    }

    private sealed class NullSink : IVerifiedSink
    {
        public static NullSink Instance { get; } = new();

        public void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv)
        {
        }
    }
}
