using Omega.P2P.Federation;

namespace Omega.P2P.Engine;

/// <summary>What is being brought here, as its owner sees it: a look, which changes nothing and cannot fail.</summary>
public sealed partial class OmegaNode
{
    private EngineResult.Transfers TransfersNow()
    {
        var rows = new List<TransferRow>();
        foreach (var view in _mesh.Transfers)
        {
            if (_pending.GetValueOrDefault(view.Command) is Pending.Getting getting)
                rows.Add(new TransferRow(getting.Wanted.Row, view));
        }

        return new EngineResult.Transfers(rows);
    }
}
