using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Links;
using Omega.P2P.Federation.Standing;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Fetching;

/// <summary>
/// Brings the wanted ranges of one import or rebuild here. Every usable trusted peer is asked what it holds; each
/// content comes in order, from one holder at a time, several contents at once. A holder that fails is replaced and
/// what was proven before stays; one that proves false is demoted.
/// </summary>
internal sealed class Transfer
{
    private readonly TransferServices _services;
    private readonly TransferId _id;
    private readonly Action<Transfer, CommandResult> _onEnd;
    private readonly List<Want> _wants;
    private readonly SortedSet<PeerId> _asked = [];
    private readonly SortedSet<PeerId> _sources = [];
    private int _probes;
    private int _inFlight;
    private TimerId? _patience;
    private bool _isOver;
    private MeshError _worst = MeshError.NotAvailable;
    private string _worstDetail = "nobody reachable has it";
    private long _bytes;
    private long _bytesWire;
    private long _bytesRefetched;
    private int _requests;

    private sealed class Want(WantedContent content, Queue<Piece> pieces)
    {
        public WantedContent Content { get; } = content;

        public Queue<Piece> Pieces { get; } = pieces;

        public Piece? Retry { get; set; }

        public SortedSet<PeerId> Holders { get; } = [];

        public int Tries { get; set; }

        public bool IsBusy { get; set; }

        public bool IsDone => !IsBusy && Retry is null && Pieces.Count == 0;
    }

    public Transfer(
        TransferServices services, CommandId command, StoreAnswer.TransferBegun begun,
        Action<Transfer, CommandResult> onEnd)
    {
        _services = services;
        Command = command;
        _id = begun.Transfer;
        _onEnd = onEnd;
        _wants = begun.Wanted
            .Select(w => new Want(w, Piece.Plan(w.Ranges, services.Limits.RangeBytes, OmegaLimits.Ranges)))
            .ToList();
    }

    public CommandId Command { get; }

    public void Start()
    {
        foreach (var link in _services.UsableLinks())
            Probe(link);
        Advance();
    }

    /// <summary>Somebody trusted came up: it may hold what is missing.</summary>
    public void OnLinkUp(Link link)
    {
        if (_isOver || !_services.Standing.IsUsable(link.Peer))
            return;
        Probe(link);
    }

    public void Cancel() => End(new CommandResult.Failed(MeshError.Cancelled, "given up"));

    private void Probe(Link link)
    {
        if (!_asked.Add(link.Peer))
            return;
        foreach (var batch in _wants.Where(w => !w.IsDone).Chunk(OmegaLimits.HaveIds))
        {
            _probes++;
            var ids = batch.Select(w => w.Content.Content.Hash).ToList();
            _services.Blocks.Have(link, ids, (held, fault) => OnHave(link.Peer, batch, held, fault));
        }
    }

    private void OnHave(PeerId peer, Want[] batch, IReadOnlyList<bool>? held, PeerFault fault)
    {
        _probes--;
        if (held is null)
            _asked.Remove(peer);
        if (held is null && fault is not (PeerFault.Disconnected or PeerFault.Refused))
            _services.Report(peer, fault, "asked what it holds");
        for (var i = 0; held is not null && i < batch.Length; i++)
        {
            if (held[i])
                batch[i].Holders.Add(peer);
        }
        if (!_isOver)
            Advance();
    }

    private void Advance()
    {
        foreach (var want in _wants)
        {
            if (_isOver || _inFlight >= _services.Limits.RangesInFlight)
                return;
            if (!want.IsBusy && !want.IsDone)
                Request(want);
        }
        var isIdle = _inFlight == 0 && _probes == 0;
        if (_wants.TrueForAll(w => w.IsDone) || (isIdle && _wants.TrueForAll(w => w.IsDone || !w.Content.IsRequired)))
            Complete();
        else if (isIdle)
            WaitForHolders();
        else
            StopWaiting();
    }

    private void Request(Want want)
    {
        if (_services.Pick(want.Holders) is not { } link)
            return;
        var piece = want.Retry ?? want.Pieces.Dequeue();
        want.Retry = null;
        want.IsBusy = true;
        _inFlight++;
        _requests++;
        var content = want.Content;
        _services.Blocks.Get(
            link, content.Content.Hash, content.Size, piece.Ranges, content.Sink,
            outcome => OnOutcome(want, piece, link.Peer, outcome));
    }

    private void OnOutcome(Want want, Piece piece, PeerId peer, BlocksOutcome outcome)
    {
        want.IsBusy = false;
        _inFlight--;
        _bytes += outcome.BytesVerified;
        _bytesWire += outcome.BytesWire;
        if (outcome.BytesVerified > 0)
            _sources.Add(peer);
        if (outcome.Status == BlocksStatus.LocalFault)
        {
            End(new CommandResult.Failed(MeshError.StoreFailed, outcome.Detail));
            return;
        }
        if (outcome.Status != BlocksStatus.Done)
            OnFailed(want, piece, peer, outcome);
        if (!_isOver)
            Advance();
    }

    private void OnFailed(Want want, Piece piece, PeerId peer, BlocksOutcome outcome)
    {
        want.Retry = piece.After(outcome.VerifiedTo);
        _bytesRefetched += Math.Max(0, piece.Bytes - outcome.BytesVerified - (want.Retry?.Bytes ?? 0));
        want.Holders.Remove(peer);
        want.Tries++;
        if (BlocksClient.FaultOf(outcome.Status) is { } fault)
        {
            _services.Report(peer, fault, outcome.Detail);
            if (fault is PeerFault.BadBlockHash or PeerFault.TruncatedStream or PeerFault.Malformed)
                (_worst, _worstDetail) = (MeshError.VerificationFailed, $"{fault} from {peer}");
        }
        if (outcome.Status == BlocksStatus.Cut)
            _asked.Remove(peer);
        if (want.Tries >= _services.Limits.RangeTries)
            End(new CommandResult.Failed(_worst, _worstDetail));
    }

    private void WaitForHolders() =>
        _patience ??= _services.Outbox.After(
            _services.Limits.HolderWait, () => End(new CommandResult.Failed(_worst, _worstDetail)));

    private void StopWaiting()
    {
        if (_patience is { } timer)
            _services.Outbox.Forget(timer);
        _patience = null;
    }

    private void Complete()
    {
        if (_isOver)
            return;
        _isOver = true;
        StopWaiting();
        _services.Outbox.Ask(new StoreQuery.CompleteTransfer(_id), answer => _onEnd(this, answer switch
        {
            StoreAnswer.Done => new CommandResult.Fetched(
                new TransferFigures(_bytes, _bytesWire, _requests, _bytesRefetched, [.. _sources])),
            StoreAnswer.Failed failed => new CommandResult.Failed(
                failed.Fault == StoreFault.WrongBytes ? MeshError.VerificationFailed : MeshError.StoreFailed,
                failed.Message),
            _ => new CommandResult.Failed(MeshError.StoreFailed, "the store did not complete the transfer"),
        }));
    }

    // A piece still under way writes to a sink that is about to be thrown away: the abort waits for nobody, because
    // the store's sinks refuse writes after it.
    private void End(CommandResult result)
    {
        if (_isOver)
            return;
        _isOver = true;
        StopWaiting();
        _services.Outbox.Ask(new StoreQuery.AbortTransfer(_id), _ => _onEnd(this, result));
    }
}
