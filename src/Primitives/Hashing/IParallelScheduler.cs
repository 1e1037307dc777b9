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
}
