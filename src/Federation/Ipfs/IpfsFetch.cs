using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Links;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Federation.Ipfs;

/// <summary>
/// Fetches the blocks of one <see cref="UnixFsWalk"/> from named peers by <c>/ipfs/bitswap/1.2.0</c>: a machine of its
/// own (sans-IO), that needs no domain and trusts nobody, for every block is held against its CID before it is given.
/// A peer is asked for a batch of blocks at a time, and for the next when it has brought them: Helia sends everything
/// that it still owes once more for each message it gets. Who has a block not, says nothing or breaks off is replaced.
/// One caller at a time; the same driver as for a node carries out the effects.
/// </summary>
public sealed class IpfsFetch
{
    private readonly UnixFsWalk _walk;
    private readonly IpfsFetchLimits _limits;
    private readonly Outbox _outbox;
    private readonly StreamTable _streams = new();
    private readonly List<IpfsSource> _sources = [];
    private readonly Dictionary<Cid, IpfsWant> _wants = [];
    private long _progressAtMs;

    /// <summary>Dials every peer.</summary>
    /// <param name="walk">What is wanted; its blocks come by <see cref="Handle"/>, its parts are the caller's.</param>
    /// <param name="from">Addresses of one or several peers, at most <see cref="IpfsFetchLimits.Peers"/>; those with
    /// the same <c>/p2p/</c> are tried beside each other.</param>
    /// <param name="random">Chance.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="now">The present.</param>
    /// <param name="effects">Takes what has to happen first.</param>
    /// <exception cref="ArgumentException">No address, or too many peers.</exception>
    public IpfsFetch(
        UnixFsWalk walk, IReadOnlyList<Multiaddr> from, IRandomSource random, IpfsFetchLimits limits, Instant now,
        ICollection<MeshEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(walk);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(limits);
        _walk = walk;
        _limits = limits;
        _outbox = new Outbox(random);
        _outbox.Begin(now, effects);
        _progressAtMs = now.RunningMs;
        // Who is not named is a peer of its own: nothing says that two addresses are one.
        var peers = from.GroupBy(a => a.Peer?.ToString() ?? a.ToString(), StringComparer.Ordinal).ToList();
        if (peers.Count == 0 || peers.Count > limits.Peers)
            throw new ArgumentException($"1 to {limits.Peers} peers are asked.", nameof(from));
        foreach (var group in peers)
        {
            _sources.Add(new IpfsSource(
                group.First().Peer, [.. group.Select(a => a.WithoutPeer().ToString())], _outbox, _streams,
                FederationLimits.Default, Reassign)
            {
                OnMessage = OnMessage,
            });
        }
        foreach (var source in _sources)
            source.Dial();
        Look();
    }

    /// <summary>Why it is over before its end; null while it goes on.</summary>
    public CommandResult.Failed? Failure { get; private set; }

    /// <summary>Blocks given to the walk.</summary>
    public long Blocks { get; private set; }

    /// <summary>Bytes of messages that came.</summary>
    public long BytesWire { get; private set; }

    /// <summary>Who gave blocks, most first.</summary>
    public IReadOnlyList<PeerId> Peers =>
        [.. _sources.Where(s => s is { BlocksGiven: > 0, Proven: not null }).OrderByDescending(s => s.BlocksGiven)
            .Select(s => s.Proven!.Value)]; // asked for just now

    /// <summary>How it stands, in a few words for a person: who is asked, or what is waited for.</summary>
    public string Standing => string.Join(", ", _sources.Select(s => s.Gone is { } reason ? $"{s.Name}: {reason}"
        : s.IsUp ? $"{s.Name}{(s.IsSlow ? " (slow)" : "")}" : $"{s.Name} (dialling)"));

    /// <summary>Takes an input and appends, in order, what has to happen.</summary>
    public void Handle(NetworkInput input, Instant now, ICollection<MeshEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(input);
        _outbox.Begin(now, effects);
        switch (input)
        {
            case NetworkInput.LinkUp up:
                OnLinkUp(up);
                break;
            case NetworkInput.LinkDown down:
                OnLinkDown(down);
                break;
            case NetworkInput.DialFailed failed:
                _sources.Exists(s => s.OnDialFailed(failed.Dial, failed.Reason));
                break;
            case NetworkInput.StreamOpened opened:
                if (_sources.Find(s => s.Link == opened.Link) is { } source)
                    source.Take(opened.Stream, _limits.StreamsPerPeer);
                else
                    _outbox.Reset(opened.Stream);
                break;
            case NetworkInput.StreamReady ready:
                _outbox.OnStreamReady(ready.Request, ready.Stream, ready.Protocol);
                break;
            case NetworkInput.StreamFailed failed:
                _outbox.OnStreamFailed(failed.Request, failed.Reason);
                break;
            case NetworkInput.FrameArrived frame:
                _streams.OnFrame(frame.Stream, frame.Payload);
                break;
            case NetworkInput.StreamEnded ended:
                _streams.OnEnded(ended.Stream, ended.Reset);
                break;
            case NetworkInput.TimerFired fired:
                _outbox.OnTimer(fired.Timer);
                break;
            default:
                break; // identify's addresses, and what only bulk and gossip streams tell
        }
        Ask();
    }

    /// <summary>The walk was read on: more of it may be wanted now.</summary>
    public void GoOn(Instant now, ICollection<MeshEffect> effects)
    {
        _outbox.Begin(now, effects);
        // While nobody read there was nothing to wait for.
        if (_wants.Count == 0)
            _progressAtMs = now.RunningMs;
        Ask();
    }

    /// <summary>Hangs up; nothing may be handled afterwards.</summary>
    public void Stop(Instant now, ICollection<MeshEffect> effects)
    {
        _outbox.Begin(now, effects);
        Failure ??= new CommandResult.Failed(MeshError.Cancelled, "it is over");
        foreach (var source in _sources)
            source.Leave("done");
    }

    private void OnLinkUp(NetworkInput.LinkUp up)
    {
        if (!_sources.Exists(s => s.TryTake(up)))
            _outbox.Add(new NetworkEffect.DropLink(up.Link, "nobody asked for it"));
        Reassign();
    }

    private void OnLinkDown(NetworkInput.LinkDown down)
    {
        var source = _sources.Find(s => s.Link == down.Link);
        source?.OnLinkDown();
        _outbox.OnLinkDown(down.Link, down.Reason);
        _streams.OnLinkDown(down.Link);
        if (source is null)
            return;
        if (source.Gone is null && source.Tries < _limits.Tries)
            source.Dial();
        else
            source.Leave($"the link broke: {down.Reason}");
        Reassign();
    }

    private void OnMessage(IpfsSource source, ReadOnlyMemory<byte> payload)
    {
        if (source.Gone is not null)
            return;
        BytesWire += payload.Length;
        if (!BitswapMessage.TryDecode(payload, out var message, out var error))
        {
            source.Leave($"its message is none: {error}");
            return;
        }
        var given = message.Blocks.Count(block => TryTake(source, block));
        foreach (var presence in message.Presences.Where(p => !p.Has))
            OnDontHave(source, presence.Cid);
        source.UselessMessages += given > 0 ? 0 : 1;
        if (source.UselessMessages > _limits.UselessMessages
            || source.UnaskedBytes - source.BytesGiven > _limits.UnaskedBytes)
            source.Leave("it sends what nobody asked for");
    }

    private bool TryTake(IpfsSource source, BitswapBlock block)
    {
        if (Find(block) is not { } cid)
        {
            source.UnaskedBytes += block.Data.Length + block.Prefix.Length;
            return false;
        }
        _wants.Remove(cid);
        foreach (var other in _sources.Where(s => s.Asked.Remove(cid)))
            other.Received.Add(cid);
        source.WaitingSinceMs = _progressAtMs = _outbox.Now.RunningMs;
        (source.BlocksGiven, source.IsSlow) = (source.BlocksGiven + 1, false);
        source.BytesGiven += block.Data.Length;
        Blocks++;
        // A copy: the walk may keep it for long, and the message around it shall not stay for its sake.
        return _walk.TryGive(cid, block.Data.ToArray());
    }

    /// <summary>The want that a block meets: by what it hashes to, for nothing else is to be believed.</summary>
    private Cid? Find(BitswapBlock block)
    {
        if (!BitswapMessage.TryReadPrefix(block.Prefix.Span, out var version, out var codec, out var hash)
            || hash is not (Cid.HashSha256 or Cid.HashBlake3))
            return null;
        var cid = CidHash.Of(codec, hash, block.Data.Span);
        if (version == 1 && _wants.ContainsKey(cid))
            return cid;
        return _wants.Keys.FirstOrDefault(wanted => wanted.Multihash.SequenceEqual(cid.Multihash));
    }

    private void OnDontHave(IpfsSource source, Cid cid)
    {
        if (!_wants.TryGetValue(cid, out var want) || !source.Asked.Remove(cid))
            return;
        want.No.Add(source);
        want.At.Remove(source);
        source.WaitingSinceMs = _progressAtMs = _outbox.Now.RunningMs;
    }

    private void Ask()
    {
        if (Failure is not null)
            return;
        foreach (var cid in _walk.TakeWants())
            _wants.Add(cid, new IpfsWant(cid));
        var free = _sources.Where(s => s is { IsUp: true, Asked.Count: 0 }).ToList();
        var batches = free.ToDictionary(s => s, _ => new List<BitswapWant>());
        foreach (var want in _wants.Values.Where(w => w.At.TrueForAll(s => s.IsSlow)))
        {
            var source = free.Where(s => !want.No.Contains(s) && !want.At.Contains(s))
                .OrderBy(s => s.IsSlow).ThenBy(s => batches[s].Count).FirstOrDefault();
            if (source is null || batches[source].Count >= _limits.Batch)
                continue;
            want.At.Add(source);
            batches[source].Add(new BitswapWant(want.Cid, SendDontHave: true));
        }
        foreach (var (source, batch) in batches.Where(b => b.Value.Count > 0))
        {
            source.WaitingSinceMs = _outbox.Now.RunningMs;
            source.Ask(batch);
        }
        Judge();
    }

    /// <summary>Whether anybody is left who could bring what is missing.</summary>
    private void Judge()
    {
        if (_sources.TrueForAll(s => s.Gone is not null))
        {
            Fail(MeshError.Unreachable, $"no peer is left: {Standing}");
            return;
        }
        if (_sources.Exists(s => s is { Gone: null, Link: null }))
            return;
        var missing = _wants.Values.FirstOrDefault(
            w => _sources.TrueForAll(s => s.Gone is not null || w.No.Contains(s)));
        if (missing is not null)
            Fail(MeshError.NotFound, $"none of the peers has block {missing.Cid}");
    }

    /// <summary>A peer is gone: what it was asked for is free for others.</summary>
    private void Reassign()
    {
        foreach (var source in _sources.Where(s => !s.IsUp))
            Free(source);
    }

    private void Free(IpfsSource source)
    {
        foreach (var cid in source.Asked)
            _wants[cid].At.Remove(source);
        source.Asked.Clear();
    }

    /// <summary>Time passes: what a peer keeps us waiting for is asked of others, and at last of itself once more.
    /// </summary>
    private void Look() => _outbox.After(_limits.LookEvery, () =>
    {
        if (Failure is not null)
            return;
        var nowMs = _outbox.Now.RunningMs;
        if (_wants.Count > 0 && nowMs - _progressAtMs >= _limits.Patience.TotalMilliseconds)
        {
            Fail(MeshError.NotAvailable, $"no block came for {_limits.Patience.TotalSeconds:0} s: {Standing}");
            return;
        }
        foreach (var source in _sources.Where(s => s.IsUp && s.Asked.Count > 0))
        {
            var waitedMs = nowMs - source.WaitingSinceMs;
            source.IsSlow |= waitedMs >= _limits.StallAfter.TotalMilliseconds;
            if (waitedMs >= _limits.RepeatAfter.TotalMilliseconds)
                Free(source);
        }
        Look();
    });

    private void Fail(MeshError code, string message) => Failure ??= new CommandResult.Failed(code, message);

    /// <summary>A block that is missing.</summary>
    private sealed class IpfsWant(Cid cid)
    {
        public Cid Cid { get; } = cid;

        /// <summary>Who was asked and may still bring it.</summary>
        public List<IpfsSource> At { get; } = [];

        /// <summary>Who has it not.</summary>
        public HashSet<IpfsSource> No { get; } = [];
    }
}
