using Omega.P2P.Federation;

namespace Omega.P2P.Node.Host;

/// <summary>Carries out what the node wants of the network; called on the loop's thread, must not block long.</summary>
internal interface INetworkDriver
{
    void Carry(NetworkEffect effect);
}

/// <summary>No network at all: the command line working on the store itself. Every dial fails at once.</summary>
internal sealed class NoNetwork(Action<NetworkInput> tell) : INetworkDriver
{
    public void Carry(NetworkEffect effect)
    {
        if (effect is NetworkEffect.Dial dial) tell(new NetworkInput.DialFailed(dial.Id, "no daemon is running"));
        else if (effect is NetworkEffect.OpenStream open)
            tell(new NetworkInput.StreamFailed(open.Request, "no daemon is running"));
        else if (effect is NetworkEffect.SendBulk bulk) bulk.Source.Dispose();
    }
}
