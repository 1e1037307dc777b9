using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Time;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Node.Service;

/// <summary>Attests for a brane whose key the authority manifest binds. One object for each brane and node: puts that
/// end together are signed for together.</summary>
internal sealed class BraneAttester(Ed25519PrivateKey key, DomainId domain, string brane)
{
    public IReadOnlyList<Attestation> Attest(IReadOnlyList<Descriptor> descriptors) => AttestationBatch.Attest(
        key, descriptors, domain, brane, SystemRandom.Instance, SystemClock.Now().UnixMs);
}
