using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Tests.Ingest;

public sealed class WorkBesideTests
{
    [Fact]
    public void OnePieceAtATimeAndNoneAfterTheEnd()
    {
        var scheduler = new HeldScheduler();
        var work = new WorkBeside(scheduler);
        var runs = 0;
        work.Begin(() => runs++);
        work.Begin(() => runs += 100);
        scheduler.RunAll();
        Assert.Equal(1, runs);
        work.Begin(() => runs++);
        work.End(); // Waits for it, which runs it here.
        Assert.Equal(2, runs);
        work.Begin(() => runs++);
        scheduler.RunAll();
        Assert.Equal(2, runs);
    }

    [Fact]
    public void AFailedDiskIsTriedAgain()
    {
        var work = new WorkBeside(SequentialScheduler.Instance);
        var runs = 0;
        work.Begin(() =>
        {
            runs++;
            throw new IOException("full");
        });
        work.Begin(() => runs++);
        Assert.Equal(2, runs);
        work.End();
    }

    [Fact]
    public void AnyOtherFailureIsThrownToWhoeverBeginsNext()
    {
        var work = new WorkBeside(SequentialScheduler.Instance);
        work.Begin(() => throw new InvalidOperationException("a defect"));
        Assert.Throws<InvalidOperationException>(() => work.Begin(() => { }));
    }

    /// <summary>Runs what is begun when it is told to, or waited for.</summary>
    private sealed class HeldScheduler : IParallelScheduler
    {
        private readonly List<Held> _held = [];

        public int Degree => 1;

        public void Run(int count, Action<int> body) => SequentialScheduler.Instance.Run(count, body);

        public IRunningWork Begin(Action work)
        {
            _held.Add(new Held(work));
            return _held[^1];
        }

        public void RunAll() => _held.ForEach(held => held.Wait());

        private sealed class Held(Action work) : IRunningWork
        {
            private bool _isDone;

            public void Wait()
            {
                if (!_isDone) work();
                _isDone = true;
            }
        }
    }
}
