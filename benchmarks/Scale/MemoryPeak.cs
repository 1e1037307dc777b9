namespace Omega.P2P.Benchmarks.Scale;

/// <summary>The most anonymous memory (RssAnon) of this process since it began to look, 50 times a second.</summary>
internal sealed class MemoryPeak : IDisposable
{
    private readonly long _idle = Anonymous();
    private readonly Thread _watch;
    private long _peak;
    private volatile bool _isOver;

    private MemoryPeak()
    {
        _watch = new Thread(Watch) { IsBackground = true };
        _watch.Start();
    }

    public static MemoryPeak Begin() => new();

    /// <summary>Bytes above what there was in the beginning.</summary>
    public long AboveIdle() => Math.Max(Interlocked.Read(ref _peak), Anonymous()) - _idle;

    public void Dispose()
    {
        _isOver = true;
        _watch.Join();
    }

    private void Watch()
    {
        while (!_isOver)
        {
            Interlocked.Exchange(ref _peak, Math.Max(_peak, Anonymous()));
            Thread.Sleep(20);
        }
    }

    private static long Anonymous()
    {
        var line = File.ReadLines("/proc/self/status")
            .First(text => text.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }
}
