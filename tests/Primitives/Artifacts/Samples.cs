using System.Collections.Immutable;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Tests.Notes;

namespace Omega.P2P.Primitives.Tests.Artifacts;

/// <summary>One artifact with its signatures, the same in every run.</summary>
internal static class Samples
{
    public const long Time = 1_760_000_000_000;
    public static readonly DomainId Domain = DomainId.From(Blake3.Hash("a domain"u8));
    public static readonly byte[] Nonce = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
    public static readonly byte[] Salt = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static ArtifactKey OtherArtifact => ArtifactKey.From(Blake3.Hash("another artifact"u8));

    public static Descriptor Descriptor(string content = "content") =>
        Primitives.Artifacts.Descriptor.Create(
            ContentId.Of(System.Text.Encoding.UTF8.GetBytes(content)),
            content.Length,
            "snapshot.vm",
            new CborValue.Map([new("host", new CborValue.Text("pi")), new("cpus", new CborValue.Int(4))]),
            [
                new ArtifactRole("program", [ArtifactRef.To(OtherArtifact, Domain)]),
                new ArtifactRole("input", [ArtifactRef.To(OtherArtifact), ArtifactRef.Blind(OtherArtifact, Salt)]),
            ]);

    public static ReceivedAttestation Received(
        Descriptor descriptor, byte braneKey = 10, byte nodeKey = 20, string brane = "replay", DomainId? domain = null)
    {
        using var producer = TestKeys.Key(braneKey);
        using var node = TestKeys.Key(nodeKey);
        var attestation = Attestation.Create(producer, descriptor.Key, domain ?? Domain, brane, Nonce, Time);
        return new ReceivedAttestation(attestation, Receipt.Create(node, attestation, domain ?? Domain, Time + 5));
    }

    /// <summary>Attestations of the descriptors of these contents under one signature.</summary>
    public static IReadOnlyList<Attestation> Batch(params string[] contents)
    {
        using var producer = TestKeys.Key(10);
        return AttestationBatch.Create(
            producer, [.. contents.Select(content => Descriptor(content).Key)], Domain, "replay",
            new SeededBytes(1), Time);
    }

    public static SignedArtifact Entry()
    {
        var descriptor = Descriptor();
        return SignedArtifact.Create(descriptor, Received(descriptor));
    }

    /// <summary>Binds brane keys (number to name) and lists node keys.</summary>
    public sealed class Authority(Dictionary<byte, string> branes, Dictionary<byte, string> nodes) : IKeyAuthority
    {
        public DomainId Domain => Samples.Domain;

        public bool IsBraneKey(string brane, Ed25519PublicKey key) =>
            branes.Any(b => b.Value == brane && Public(b.Key) == key);

        public bool TryGetNodeName(Ed25519PublicKey key, out string name)
        {
            name = nodes.FirstOrDefault(n => Public(n.Key) == key).Value ?? "";
            return name.Length > 0;
        }

        private static Ed25519PublicKey Public(byte number)
        {
            using var key = TestKeys.Key(number);
            return key.PublicKey;
        }
    }
}
