using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Fetching;

/// <summary>
/// Brings the wanted ranges of one import or rebuild here. Every usable trusted peer is asked what it holds. A content
/// with one holder comes in one request; several holders share it, each in pieces of what it brings in a quarter of a
/// second, and one that has nothing left to do takes half of what another still has to bring. Small contents come many
/// to a request. A holder that fails or stalls is replaced and what was proven before stays; one that proves false is
/// demoted.
/// </summary>
internal sealed partial class Transfer
{
    private readonly TransferServices _services;
    private readonly TransferId _id;
    private readonly Action<Transfer, CommandResult> _onEnd;
    private readonly List<Want> _wants;
    private readonly SortedSet<PeerId> _sources = [];
    private readonly SortedDictionary<PeerId, long> _brought = [];
    private readonly List<Want> _single;
    private int _firstOpen;
    private int _underWay;
    private TimerId? _looking;
    private bool _isOver;
    private MeshError _worst = MeshError.NotAvailable;
    private string _worstDetail = "nobody reachable has it";
    private long _bytes;
    private readonly long _bytesWanted;
    private long _bytesWire;
    private long _bytesRefetched;
    private int _requests;

    public Transfer(
        TransferServices services, CommandId command, StoreAnswer.TransferBegun begun,
        Action<Transfer, CommandResult> onEnd)
    {
        _services = services;
        Command = command;
        _id = begun.Transfer;
        _bytesRefetched = begun.BytesAgain;
        _onEnd = onEnd;
        _wants = begun.Wanted.Select(w => new Want(w)).ToList();
        var small = _wants.Where(IsSmall).ToList();
        if (small.Count > 1)
        {
            small.ForEach(want => want.IsBatched = true);
            small.ForEach(want => _waiting.AddLast(want));
        }
        _single = _wants.Where(want => !want.IsBatched).ToList();
        _bytesWanted = begun.Wanted.Sum(w => w.Ranges.Sum(r => r.Length));
    }

    public CommandId Command { get; }

    private FederationLimits Limits => _services.Limits;

    private long NowMs => _services.Outbox.Now.RunningMs;

    private bool IsIdle => _probes == 0 && _underWay == 0;

    public void Start()
    {
        _startedMs = NowMs;
        foreach (var link in _services.LinksNotDemoted())
        {
            if (_services.Standing.IsUsable(link.Peer))
                Probe(link);
            else
                _lacking.Add(link.Peer);
        }
        Advance();
    }

    public void Cancel() => End(new CommandResult.Failed(MeshError.Cancelled, "given up"));

    private void Advance()
    {
        SpreadBatches();
        while (_firstOpen < _single.Count && _single[_firstOpen].IsDone)
            _firstOpen++;
        for (var i = _firstOpen; i < _single.Count && !_isOver && IsRoomAnywhere(); i++)
        {
            if (!_single[i].IsDone)
                Spread(_single[i]);
        }
        if (_isOver)
            return;
        if (_wants.TrueForAll(w => w.IsDone || (IsIdle && !w.Content.IsRequired)))
            Complete();
        else if (_underWay == 0)
            WaitForHolders();
        if (_isOver)
            return;
        AskAgainLater();
        if (_looking is null && _underWay > 0)
            LookLater();
    }

    private void OnOutcome(Leg leg, BlocksOutcome outcome)
    {
        var want = leg.Want;
        want.Legs.Remove(leg);
        See(leg, outcome.VerifiedTo);
        Account(leg.Peer, leg.IsVoid, outcome.BytesWire, outcome.BytesVerified);
        want.Tries = outcome.BytesVerified > 0 ? 0 : want.Tries;
        if (outcome.Status == BlocksStatus.LocalFault)
        {
            End(new CommandResult.Failed(MeshError.StoreFailed, outcome.Detail));
            return;
        }
        Settle(leg, outcome);
        if (!_isOver)
            Advance();
    }

    /// <summary>Takes down what a request that has ended brought.</summary>
    /// <param name="peer">Who was asked.</param>
    /// <param name="isVoid">Whether it had come from elsewhere before.</param>
    /// <param name="wire">Bytes received.</param>
    /// <param name="verified">Bytes proven.</param>
    private void Account(PeerId peer, bool isVoid, long wire, long verified)
    {
        _underWay--;
        _services.OnLegEnded(peer);
        _bytesWire += wire;
        if (isVoid)
            _bytesRefetched += verified;
        else
            _bytes += verified;
        if (verified <= 0)
            return;
        _sources.Add(peer);
        TallyOf(peer).Bytes += verified;
        StopWaiting();
    }

    /// <summary>What became of a leg's ranges: all proven, or somebody else's now.</summary>
    private void Settle(Leg leg, BlocksOutcome outcome)
    {
        var twin = leg.Twin;
        if (twin is not null)
            (twin.Twin, leg.Twin) = (null, null);
        var rest = leg.Piece.After(outcome.VerifiedTo);
        if (rest is null && twin is not null)
        {
            twin.IsVoid = true;
            twin.Fetch?.Cut();
        }
        else if (rest is not null && twin is null && !leg.IsVoid)
        {
            leg.Want.Todo.Add(rest.Ranges);
        }
        if (outcome.Status != BlocksStatus.Done && !leg.IsVoid)
            OnFailed(leg, outcome);
    }

    private void OnFailed(Leg leg, BlocksOutcome outcome)
    {
        var (want, peer) = (leg.Want, leg.Peer);
        want.Holders.Remove(peer);
        _lacking.Add(peer);
        want.Tries++;
        Report(peer, outcome.Status, outcome.Detail);
        if (outcome.Status == BlocksStatus.BadHash)
            _bytesRefetched += Math.Min(leg.Piece.End - outcome.VerifiedTo, RangeQueue.GroupBytes);
        if (want.Tries >= Limits.RangeTries)
            GiveUpOn(want);
    }

    /// <summary>Too many failures since the last proven byte; but while somebody else is at it, it is not over.
    /// </summary>
    private void GiveUpOn(Want want)
    {
        var isAtIt = want.Legs.Count > 0 || want.Batches > 0;
        if (!isAtIt || want.Tries >= Limits.RangeTries * 4)
            End(new CommandResult.Failed(_worst, _worstDetail));
    }

    private void Report(PeerId peer, BlocksStatus status, string detail)
    {
        if (BlocksClient.FaultOf(status) is not { } fault)
            return;
        _services.Report(peer, fault, detail);
        if (fault is not (PeerFault.BadBlockHash or PeerFault.TruncatedStream or PeerFault.Malformed))
            return;
        TallyOf(peer).IsFalse = true;
        (_worst, _worstDetail) = (MeshError.VerificationFailed, $"{fault} from {peer}");
    }

    private void Complete()
    {
        Leave();
        var figures = new TransferFigures(_bytes, _bytesWire, _requests, _bytesRefetched, [.. _sources])
        {
            Holders = ViewHolders(isOver: true),
        };
        _services.Outbox.Ask(new StoreQuery.CompleteTransfer(_id), answer => _onEnd(this, answer switch
        {
            StoreAnswer.Done => new CommandResult.Fetched(figures),
            StoreAnswer.Failed failed => new CommandResult.Failed(
                failed.Fault switch
                {
                    StoreFault.WrongBytes => MeshError.VerificationFailed,
                    StoreFault.NoRoom => MeshError.NoRoom,
                    _ => MeshError.StoreFailed,
                },
                failed.Message),
            _ => new CommandResult.Failed(MeshError.StoreFailed, "the store did not complete the transfer"),
        }));
    }

    // A leg still under way writes to a sink that is about to be thrown away: the abort waits for nobody, because
    // the store's sinks refuse writes after it.
    private void End(CommandResult result)
    {
        if (_isOver)
            return;
        Leave();
        _services.Outbox.Ask(new StoreQuery.AbortTransfer(_id), _ => _onEnd(this, result));
    }

    private void Leave()
    {
        _isOver = true;
        StopWaiting();
        StopAsking();
        if (_looking is { } timer)
            _services.Outbox.Forget(timer);
        foreach (var leg in _wants.SelectMany(w => w.Legs).ToList())
        {
            leg.IsVoid = true;
            leg.Fetch?.Cut();
        }
        foreach (var batch in _batches.ToList())
        {
            batch.IsVoid = true;
            batch.Fetch?.Cut();
        }
    }
}
