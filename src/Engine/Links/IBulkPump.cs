using Omega.P2P.Federation;

namespace Omega.P2P.Engine.Links;

/// <summary>A driver with threads, as a session sees it (ADR 46, 67): told when there is bulk to move. It comes back on
/// a thread of its own, never from inside these calls.</summary>
public interface IBulkPump
{
    /// <summary>A sink has bytes to take: <see cref="LinkSession.TakeBulk"/>.</summary>
    void SinkWaits(StreamId stream);

    /// <summary>A source may fill a frame: <see cref="LinkSession.TurnSource"/>.</summary>
    void SourceWaits(StreamId stream);
}
