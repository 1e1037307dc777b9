using Omega.P2P.Federation;

namespace Omega.P2P.Engine;

/// <summary>
/// Everything a node asks of its driver. Closed; carried out in order. What an effect speaks of is durable already.
/// </summary>
public abstract record EngineEffect
{
    private EngineEffect()
    {
    }

    /// <summary>Something for the network.</summary>
    public sealed record Network(NetworkEffect Effect) : EngineEffect;

    /// <summary>A command has come to its end.</summary>
    public sealed record CommandCompleted(CommandId Id, EngineResult Result) : EngineEffect;

    /// <summary>Something the owner may want to see in the log.</summary>
    public sealed record Notice(MeshNotice What) : EngineEffect;
}
