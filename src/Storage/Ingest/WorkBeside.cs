using System.Runtime.ExceptionServices;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Ingest;

/// <summary>Upkeep that writers set off and do not wait for; one piece at a time.</summary>
/// <param name="scheduler">Where it runs; without threads it is done on return.</param>
internal sealed class WorkBeside(IParallelScheduler scheduler)
{
    private readonly Lock _gate = new();
    private IRunningWork? _last;
    private ExceptionDispatchInfo? _failure;
    private bool _isRunning;
    private bool _isEnded;

    /// <summary>Whoever waits for the end of what is under way wants it soon.</summary>
    public bool IsEnding => Volatile.Read(ref _isEnded);

    /// <summary>Begins a piece, unless one is under way. A disk that fails under it is nobody's concern here: what is
    /// still due is begun again, and the writer who cannot go on without it does it himself and is told.</summary>
    public void Begin(Action work)
    {
        lock (_gate)
        {
            _failure?.Throw();
            if (_isRunning || _isEnded)
            {
                return;
            }

            _isRunning = true;
        }

        var begun = scheduler.Begin(() => Run(work));
        lock (_gate)
        {
            _last = begun;
        }
    }

    /// <summary>Waits for what is under way, and lets nothing begin from now on.</summary>
    public void End()
    {
        IRunningWork? last;
        lock (_gate)
        {
            Volatile.Write(ref _isEnded, true);
            last = _last;
        }

        last?.Wait();
    }

    private void Run(Action work)
    {
        ExceptionDispatchInfo? failure = null;
        try
        {
            work();
        }
        catch (Exception thrown)
        {
            failure = thrown is IOException ? null : ExceptionDispatchInfo.Capture(thrown);
        }

        lock (_gate)
        {
            (_isRunning, _failure) = (false, failure ?? _failure);
        }
    }
}
