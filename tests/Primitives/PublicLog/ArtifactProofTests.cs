using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Primitives.Tests.Artifacts;
using Omega.P2P.Primitives.Tests.Notes;

namespace Omega.P2P.Primitives.Tests.PublicLog;

/// <summary>A file that proves a publication to whoever has it.</summary>
public sealed class ArtifactProofTests : IDisposable
{
    private const int Index = 5;

    private readonly Ed25519PrivateKey _head = TestKeys.Key(30);
    private readonly Ed25519PrivateKey _other = TestKeys.Key(31);
    private readonly SignedDam _genesis;
    private readonly SignedDam _second;
    private readonly SignedArtifact _entry;

    public ArtifactProofTests()
    {
        using var node = TestKeys.Key(20);
        using var brane = TestKeys.Key(10);
        var draft = new DamDraft { Name = "alice", HeadKey = _head.PublicKey, RecoveryKey = _other.PublicKey };
        draft.Nodes.Add("pi", node.PublicKey);
        _genesis = SignedDam.Create(Dam.Genesis(draft), _head);
        _second = SignedDam.Create(_genesis.Dam.Next(d => d.Branes.Add("replay", brane.PublicKey)), _head);
        var descriptor = Samples.Descriptor();
        _entry = SignedArtifact.Create(descriptor, Samples.Received(descriptor, domain: Domain));
    }

    private DomainId Domain => DomainId.From(_genesis.Dam.Hash);

    private ReadOnlyMemory<byte>[] Manifests => [_genesis.Bytes, _second.Bytes];

    public void Dispose()
    {
        _head.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void ProofHoldsByDomainByKeyAndByItself()
    {
        var read = Again(Proof());
        ProofTrust[] trusts = [new(Domain, null), new(null, _head.PublicKey), new(Domain, _head.PublicKey), default];
        foreach (var trust in trusts)
        {
            var verdict = read.Verify(trust);
            Assert.Equal(ArtifactProofFault.None, verdict.Fault);
            Assert.Equal((Domain, 3L, 11L), (verdict.Domain, verdict.Epoch, verdict.Size));
            Assert.Equal(_head.PublicKey, verdict.Head);
            Assert.Equal(["replay", "pi"], verdict.Signatures.Select(s => s.Name));
        }

        Assert.Equal(Index, read.Index);
        Assert.Equal(_entry.Bytes, read.Entry.Bytes);
        Assert.Equal("peers", read.Publication.Audience);
    }

    [Fact]
    public void WithoutManifestsOnlyAKeyIsTrustEnough()
    {
        var read = Again(Proof(manifests: []));
        Assert.False(read.HasManifests);
        Assert.Equal(ArtifactProofFault.NoManifests, read.Verify(new(Domain, null)).Fault);
        var verdict = read.Verify(new(Domain, _head.PublicKey));
        Assert.Equal(ArtifactProofFault.None, verdict.Fault);
        Assert.Empty(verdict.Signatures);
    }

    [Fact]
    public void ManifestsThatDoNotFitAreLeftOut()
    {
        ReadOnlyMemory<byte>[] many = [.. Enumerable.Repeat(_genesis.Bytes, 200)];
        Assert.False(Again(Proof(manifests: many)).HasManifests);
    }

    [Fact]
    public void EveryLieHasItsName()
    {
        Assert.Equal(
            ArtifactProofFault.OtherDomain, Proof().Verify(new(DomainId.From(Blake3.Hash([1])), null)).Fault);
        Assert.Equal(ArtifactProofFault.BadHead, Proof().Verify(new(null, _other.PublicKey)).Fault);
        Assert.Equal(ArtifactProofFault.BadHead, Proof(signer: _other).Verify(new(Domain, null)).Fault);
        Assert.Equal(ArtifactProofFault.NotInLog, Proof(at: Index + 1).Verify(default).Fault);
        Assert.Equal(ArtifactProofFault.BadManifests, Proof(manifests: [_second.Bytes]).Verify(default).Fault);
        // The genesis alone binds no brane: whoever signed the artifact is not known to be the domain's.
        Assert.Equal(ArtifactProofFault.BadArtifact, Proof(manifests: [_genesis.Bytes]).Verify(default).Fault);
        var others = SignedArtifact.Create(
            Samples.Descriptor("other"), Samples.Received(Samples.Descriptor("other"), domain: Domain));
        Assert.Equal(ArtifactProofFault.NotThisArtifact, Proof(shown: others).Verify(default).Fault);
    }

    [Fact]
    public void LeafOfAnotherKindIsNoArtifactsProof()
    {
        var body = new PublicRecord.Unpublish(_entry.Key, "peers").Encode();
        Assert.Contains("publication", Assert.Throws<ArgumentException>(() => Proof(body: body)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void NoDefectOfTheFileIsBelieved()
    {
        var file = Proof().Encode();
        var random = new SeededBytes(7);
        for (var round = 0; round < 3000; round++)
        {
            var mutated = random.Mutated(file);
            if (mutated.AsSpan().SequenceEqual(file) || !ArtifactProof.TryParse(mutated, out var proof, out _))
                continue;
            var verdict = proof.Verify(new ProofTrust(Domain, null));
            // What is left is the same proof in other words, such as a further signature line.
            if (verdict.Fault == ArtifactProofFault.None)
                Assert.Equal(_entry.Bytes, proof.Entry.Bytes);
        }
    }

    [Fact]
    public void EveryBeginningOfTheFileIsRefused()
    {
        var file = Proof().Encode();
        for (var length = 0; length < file.Length; length++)
            Assert.False(ArtifactProof.TryParse(file.AsSpan(0, length), out _, out _), $"{length} bytes");
    }

    private ArtifactProof Proof(
        ReadOnlyMemory<byte>[]? manifests = null, Ed25519PrivateKey? signer = null, int at = Index, byte[]? body = null,
        SignedArtifact? shown = null)
    {
        var nodes = new NodeHashes();
        var log = new LogTree();
        var salt = Blake3.Hash("salt"u8);
        body ??= new PublicRecord.Publish(_entry.Key, "peers", _entry.Identity).Encode();
        for (var i = 0; i < 11; i++)
        {
            var commitment = i == Index ? LogCommitment.Create(salt.AsSpan(), body) : Blake3.Hash([(byte)i]);
            log.Append(LogCommitment.LeafHash(commitment), nodes);
        }

        var origin = new LogOrigin(Domain, 3).ToString();
        var text = new Checkpoint(origin, 11, Proofs.RootAt(nodes, 11)).ToText();
        var note = SignedNote.Create(text, [new NoteSigner(origin, signer ?? _head).Sign(text)]);
        var place = new TlogProof(at, Proofs.Inclusion(nodes, Index, 11), note);
        return ArtifactProof.Create(place, salt, body, (shown ?? _entry).Bytes, manifests ?? Manifests);
    }

    private static ArtifactProof Again(ArtifactProof proof)
    {
        Assert.True(ArtifactProof.TryParse(proof.Encode(), out var read, out var error), error.ToString());
        Assert.Equal(proof.Encode(), read.Encode());
        return read;
    }
}
