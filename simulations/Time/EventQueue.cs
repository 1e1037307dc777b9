namespace Omega.P2P.Simulations.Time;

/// <summary>Virtual time: actions ordered by (due, sequence number); equal times keep their order of birth.</summary>
public sealed class EventQueue
{
    private readonly PriorityQueue<Action, (long AtUs, long Sequence)> _heap = new();
    private long _sequence;

    /// <summary>Virtual microseconds since the start of the run.</summary>
    public long NowUs { get; private set; }

    /// <summary>Events carried out so far.</summary>
    public long Executed { get; private set; }

    /// <summary>Due time of the next event, or null when nothing is planned.</summary>
    public long? NextUs => _heap.TryPeek(out _, out var priority) ? priority.AtUs : null;

    /// <summary>Plans an action; a delay below zero counts as zero.</summary>
    public void After(long delayUs, Action action) =>
        _heap.Enqueue(action, (NowUs + Math.Max(0, delayUs), _sequence++));

    /// <summary>Carries out everything due up to a time, then stands at that time.</summary>
    public void RunUntil(long endUs)
    {
        while (_heap.TryPeek(out var action, out var priority) && priority.AtUs <= endUs)
        {
            _heap.Dequeue();
            NowUs = priority.AtUs;
            Executed++;
            action();
        }

        NowUs = Math.Max(NowUs, endUs);
    }
}
