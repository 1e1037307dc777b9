using Omega.P2P.Federation;

namespace Omega.P2P.Engine;

/// <summary>Everything a node can be told by its driver. Closed.</summary>
public abstract record EngineInput
{
    private EngineInput()
    {
    }

    /// <summary>A link, stream, frame or timer.</summary>
    public sealed record Network(NetworkInput Input) : EngineInput;

    /// <summary>The owner wants something; exactly one <see cref="EngineEffect.CommandCompleted"/> follows.</summary>
    public sealed record CommandIssued(CommandId Id, EngineCommand Command) : EngineInput;
}
