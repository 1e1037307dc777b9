using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage;

/// <summary>The use ledger being brought up: while nothing else is to be done, beside writers that brought much, and as
/// far as a moment allows for whoever asks.</summary>
public sealed partial class DomainStore
{
    /// <summary>Batches of the use ledger a call settles at most (guess: a tenth of a second).</summary>
    private const int LedgerBatchesPerCall = 64;

    /// <summary>Batches settled beside others under one hold of the maintenance lock: a few milliseconds.</summary>
    private const int LedgerBatchesBeside = 8;

    /// <summary>Contents one commit brings that are settled at once, and not by the first who asks (guess).</summary>
    private const int SettledBesideMin = 64;

    /// <summary>How long a question waits for the ledger while it is settled beside (guess).</summary>
    private const int SettlingWaitMs = 20;

    private readonly WorkBeside _settling;
    private volatile bool _isSettlingBeside;
    private volatile bool _isLedgerStuck;

    /// <summary>Brings the use ledger up, so that a plan has little left to do. Under the maintenance lock.</summary>
    private void SettleSome()
    {
        if (!_isLedgerStuck)
        {
            SettleBatches(LedgerBatchesPerCall);
        }
    }

    /// <summary>Has the ledger brought up beside the caller after a commit that touched so many contents: the first
    /// peer who asks for them would wait for it.</summary>
    private void SettleBeside(int contents)
    {
        if (contents >= SettledBesideMin && !_isLedgerStuck)
        {
            _settling.Begin(SettleAll);
        }
    }

    private void SettleAll()
    {
        _isSettlingBeside = true;
        try
        {
            for (var isMore = true; isMore && !_settling.IsEnding;)
            {
                lock (_core.Maintenance)
                {
                    isMore = SettleBatches(LedgerBatchesBeside);
                }

                if (_core.Index.IsFull)
                {
                    SealIndexWhenFull();
                }
            }
        }
        finally
        {
            _isSettlingBeside = false;
        }
    }

    /// <returns>Whether more may be left.</returns>
    private bool SettleBatches(int countMax)
    {
        try
        {
            return CatchUp(countMax);
        }
        catch (StoreDamagedException)
        {
            // Whoever plans a collection is told, and verify says what is damaged: no reason to try each second.
            _isLedgerStuck = true;
            return false;
        }
    }

    /// <summary>Brings the ledger up as far as a moment allows, for a question; not at all where somebody else is at
    /// work on the store.</summary>
    private void CatchUpBriefly()
    {
        if (!_core.Maintenance.TryEnter()
            && !(_isSettlingBeside && _core.Maintenance.TryEnter(SettlingWaitMs)))
        {
            return;
        }

        try
        {
            CatchUp(LedgerBatchesPerCall);
        }
        finally
        {
            _core.Maintenance.Exit();
        }
    }

    /// <summary>Under the maintenance lock.</summary>
    /// <returns>Whether more may be left.</returns>
    private bool CatchUp(int batchesMax)
    {
        var isMore = true;
        for (var batch = 0; isMore && batch < batchesMax; batch++)
        {
            isMore = _state.Uses.CatchUpSome(int.MaxValue);
        }

        return isMore;
    }
}
