namespace Omega.P2P.Primitives.Hashing;

/// <summary>Work begun by <see cref="IParallelScheduler.Begin"/> that may still be going on.</summary>
public interface IRunningWork
{
    /// <summary>Returns when the work has ended; throws what it threw. May be called again.</summary>
    void Wait();
}
