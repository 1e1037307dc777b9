using System.Runtime.ExceptionServices;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Node.Hashing;

/// <summary>
/// Runs the pieces of one job on the calling thread and threads of the pool; returns when all are done. Pieces are
/// begun in the order of their index, so a job that hands the longest in first is well balanced. Where the pool has no
/// thread to spare, the caller does all.
/// </summary>
internal sealed class ThreadPoolScheduler : IParallelScheduler
{
    public ThreadPoolScheduler(int degree)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degree, 1);
        Degree = degree;
    }

    public int Degree { get; }

    /// <summary>One scheduler for the machine: as many threads as it has processors.</summary>
    public static IParallelScheduler OfMachine { get; } = Of(Environment.ProcessorCount);

    public static IParallelScheduler Of(int degree) =>
        degree <= 1 ? SequentialScheduler.Instance : new ThreadPoolScheduler(degree);

    public IRunningWork Begin(Action work) => new PoolWork(Task.Run(work));

    public void Run(int count, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (count == 1)
        {
            body(0);
            return;
        }

        var job = new Job(count, body);
        for (var helpers = Math.Min(Degree, count) - 1; helpers > 0; helpers--)
            ThreadPool.UnsafeQueueUserWorkItem(job, preferLocal: false);
        job.Execute();
        job.Wait();
    }

    private sealed class Job(int count, Action<int> body) : IThreadPoolWorkItem
    {
        private readonly object _waiting = new();
        private int _begun;
        private int _ended;
        private ExceptionDispatchInfo? _failure;

        /// <summary>Takes pieces until none is left.</summary>
        public void Execute()
        {
            for (int i; (i = Interlocked.Increment(ref _begun) - 1) < count;)
            {
                try
                {
                    body(i);
                }
                catch (Exception e)
                {
                    // The first as it was thrown: callers tell a full disk from a broken one by the exception's type.
                    Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
                }

                if (Interlocked.Increment(ref _ended) == count) Wake();
            }
        }

        /// <summary>Until every piece has ended, whoever took it; throws what the first one threw.</summary>
        public void Wait()
        {
            var spinner = new SpinWait();
            while (Volatile.Read(ref _ended) < count && !spinner.NextSpinWillYield) spinner.SpinOnce();
            lock (_waiting)
            {
                while (Volatile.Read(ref _ended) < count) Monitor.Wait(_waiting);
            }

            _failure?.Throw();
        }

        private void Wake()
        {
            lock (_waiting) Monitor.PulseAll(_waiting);
        }
    }

    private sealed class PoolWork(Task task) : IRunningWork
    {
        public void Wait() => task.GetAwaiter().GetResult();
    }
}
