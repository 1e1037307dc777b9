using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Tests.Notes;

namespace Omega.P2P.Primitives.Tests.Domains;

/// <summary>A domain whose keys are numbers: 1 head, 2 recovery, 3 cosigner, 4 node, 5 brane; 40 and up are
/// others.</summary>
internal static class DamSamples
{
    public static readonly DomainId Other = DomainId.From(Blake3.Hash("another domain"u8));
    public static readonly MeshId Mesh = MeshId.From([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

    public static Ed25519PublicKey Public(byte number)
    {
        using var key = TestKeys.Key(number);
        return key.PublicKey;
    }

    public static DamDraft Draft()
    {
        var draft = new DamDraft { Name = "alice.personal", HeadKey = Public(1), RecoveryKey = Public(2) };
        draft.CosignerKey = Public(3);
        draft.Nodes["alice-pi"] = Public(4);
        draft.Branes["replay"] = Public(5);
        draft.Peers["Bob’s laptop"] = new DamPeer(Public(40), Other, Mesh, ["custody", "witness"], "bob");
        draft.Peers["Zoë"] = new DamPeer(Public(41));
        draft.Audiences["family"] = [Public(41), Public(40)];
        draft.Tenants["clinic"] = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"];
        draft.Meshes.Add(Mesh);
        draft.Follows[Other] = new DamFollow(Other, 1 << 30, Witness: true);
        return draft;
    }

    public static Dam Genesis() => Dam.Genesis(Draft());

    public static SignedDam Sign(Dam dam, byte signer)
    {
        using var key = TestKeys.Key(signer);
        return SignedDam.Create(dam, key);
    }

    public static DamChain Chain() => DamChain.Start(Sign(Genesis(), 1));
}
