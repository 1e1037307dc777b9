namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>What a sink is at, as anybody may look at any time: where it is met most is what limits a transfer.
/// </summary>
public enum SinkActivity
{
    /// <summary>Nothing: it waits for bytes.</summary>
    Waiting,

    /// <summary>Proving what came.</summary>
    Verifying,

    /// <summary>Handing on what was proven.</summary>
    Writing,
}
