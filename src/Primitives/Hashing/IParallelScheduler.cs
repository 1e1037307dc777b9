using System.Runtime.ExceptionServices;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// Runs independent pieces of pure work, perhaps at once. The pure rooms have no threads; whoever owns some lends
/// them.
/// </summary>
public interface IParallelScheduler
{
    /// <summary>
    /// How many pieces may run at the same time, at least 1. Work is cut into a few times as many pieces.
    /// </summary>
    int Degree { get; }

    /// <summary>
    /// Calls <paramref name="body"/> once for each index from 0 to <paramref name="count"/> - 1, in any order, on any
    /// thread, and returns when all calls have returned. What a call throws is thrown to the caller after all have
    /// ended.
    /// </summary>
    void Run(int count, Action<int> body);

    /// <summary>
    /// Begins <paramref name="work"/>, perhaps beside the caller, who waits for it later. Without threads it is done on
    /// return.
    /// </summary>
    IRunningWork Begin(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            work();
            return EndedWork.Well;
        }
        catch (IOException failure)
        {
            return new EndedWork(failure);
        }
    }
}

/// <summary>Work that was done when it was begun.</summary>
internal sealed class EndedWork(Exception? failure) : IRunningWork
{
    public static EndedWork Well { get; } = new(null);

    public void Wait()
    {
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }
}
