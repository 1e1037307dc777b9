using System.Runtime.ExceptionServices;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Node.Hashing;

/// <summary>Runs the pieces of one job on the thread pool and the calling thread; returns when all are done.</summary>
internal sealed class ThreadPoolScheduler : IParallelScheduler
{
    private readonly ParallelOptions _options;

    public ThreadPoolScheduler(int degree)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degree, 1);
        Degree = degree;
        _options = new ParallelOptions { MaxDegreeOfParallelism = degree };
    }

    public int Degree { get; }

    /// <summary>One scheduler for the machine: as many threads as it has processors.</summary>
    public static IParallelScheduler OfMachine { get; } = Of(Environment.ProcessorCount);

    public static IParallelScheduler Of(int degree) =>
        degree <= 1 ? SequentialScheduler.Instance : new ThreadPoolScheduler(degree);

    public void Run(int count, Action<int> body)
    {
        if (count == 1)
        {
            body(0);
            return;
        }

        try
        {
            Parallel.For(0, count, _options, body);
        }
        catch (AggregateException e)
        {
            // The first failure as it was thrown: callers tell a full disk from a broken one by the exception's type.
            ExceptionDispatchInfo.Capture(e.Flatten().InnerExceptions[0]).Throw();
        }
    }
}
