namespace Omega.P2P.Primitives.Hashing;

/// <summary>Runs every piece on the caller's thread, in index order.</summary>
public sealed class SequentialScheduler : IParallelScheduler
{
    private SequentialScheduler()
    {
    }

    /// <summary>The one instance; it has no state.</summary>
    public static SequentialScheduler Instance { get; } = new();

    /// <summary>Always 1.</summary>
    public int Degree => 1;

    /// <inheritdoc/>
    public void Run(int count, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        for (var i = 0; i < count; i++) body(i);
    }
}
