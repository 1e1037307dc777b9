using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Tests.Artifacts;

namespace Omega.P2P.Primitives.Tests.Domains;

public sealed class DamTests
{
    [Fact]
    public void EncodingIsTheCommittedOne()
    {
        var genesis = DamSamples.Genesis();
        GoldenFile.AssertSame("dam-genesis", DamSamples.Sign(genesis, 1).Bytes.Span);
        var next = genesis.Next(d => d.HeadKey = DamSamples.Public(6));
        GoldenFile.AssertSame("dam-version-2", DamSamples.Sign(next, 2).Bytes.Span);
        GoldenFile.AssertSame("domain-id", DamChain.Start(DamSamples.Sign(genesis, 1)).Domain.AsSpan());
    }

    [Fact]
    public void FieldsComeBack()
    {
        Assert.True(Dam.TryDecode(DamSamples.Genesis().Bytes.Span, out var dam, out _));
        Assert.Equal(1, dam.Version);
        Assert.Null(dam.Previous);
        Assert.Equal("alice.personal", dam.Name);
        Assert.Equal(DamSamples.Public(1), dam.HeadKey);
        Assert.Equal(DamSamples.Public(2), dam.RecoveryKey);
        Assert.Equal(DamSamples.Public(3), dam.CosignerKey);
        Assert.Equal(DamSamples.Public(4), dam.Nodes["alice-pi"]);
        Assert.Equal(DamSamples.Public(5), dam.Branes["replay"]);
        Assert.Equal(DamSamples.Draft().Peers["Bob’s laptop"], dam.Peers["Bob’s laptop"]);
        Assert.Equal(new DamPeer(DamSamples.Public(41)), dam.Peers["Zoë"]);
        Assert.Equal(2, dam.Audiences["family"].Length);
        Assert.Single(dam.Tenants["clinic"]);
        Assert.Equal([DamSamples.Mesh], dam.Meshes.AsEnumerable());
        Assert.Equal([new DamFollow(DamSamples.Other, 1 << 30, true)], dam.Follows.AsEnumerable());
    }

    [Fact]
    public void NextVersionChangesOnlyWhatWasChanged()
    {
        var genesis = DamSamples.Genesis();
        var next = genesis.Next(d => d.Branes["build"] = DamSamples.Public(50));
        Assert.Equal(2, next.Version);
        Assert.Equal(genesis.Hash, next.Previous);
        Assert.Equal(["build", "replay"], next.Branes.Keys);
        var undone = genesis.Next(d => d.Branes["build"] = DamSamples.Public(50)).Next(d => d.Branes.Remove("build"));
        Assert.Equal(genesis.Branes.AsEnumerable(), undone.Branes);
        Assert.Equal(genesis.Peers.AsEnumerable(), undone.Peers);
        Assert.Equal(genesis.Follows.AsEnumerable(), undone.Follows);
        Assert.Equal(genesis.Tenants["clinic"].AsEnumerable(), undone.Tenants["clinic"]);
        Assert.Equal(genesis.Audiences["family"].AsEnumerable(), undone.Audiences["family"]);
        Assert.Equal(genesis.CosignerKey, undone.CosignerKey);
    }

    [Fact]
    public void OrderAndRepetitionInADraftDoNotMatter()
    {
        var other = DamSamples.Draft();
        other.Audiences["family"] = [DamSamples.Public(40), DamSamples.Public(41), DamSamples.Public(40)];
        Assert.Equal(DamSamples.Genesis().Hash, Dam.Genesis(other).Hash);
    }

    [Theory]
    [InlineData("public", 99, true)]
    [InlineData("peers", 40, true)]
    [InlineData("peers", 99, false)]
    [InlineData("family", 41, true)]
    [InlineData("family", 99, false)]
    [InlineData("internal", 40, false)]
    [InlineData("internal", 4, false)]
    [InlineData("unknown", 40, false)]
    public void AudienceAdmitsItsMembers(string audience, byte key, bool member)
    {
        var dam = DamSamples.Genesis();
        Assert.Equal(member, dam.IsMember(audience, DamSamples.Public(key)));
        Assert.Equal(audience != "unknown", dam.HasAudience(audience));
    }

    [Fact]
    public void DraftOutOfBoundsIsRefusedWithItsReason()
    {
        Refused("dam-name", d => d.Name = "Alice");
        Refused("dam-name", d => d.Nodes["a b"] = DamSamples.Public(60));
        Refused("dam-name", d => d.Peers[""] = new DamPeer(DamSamples.Public(60)));
        Refused("dam-name", d => d.Peers[" bob"] = new DamPeer(DamSamples.Public(60)));
        Refused("dam-name", d => d.Peers["a\nb"] = new DamPeer(DamSamples.Public(60)));
        Refused("dam-name", d => d.Peers["a\u009bb"] = new DamPeer(DamSamples.Public(60)));
        Refused("dam-name", d => d.Peers[new string('x', 65)] = new DamPeer(DamSamples.Public(60)));
        Refused("dam-count", d => d.Nodes.Clear());
        Refused("dam-count", d => d.Tenants["t"] = []);
        Refused("dam-audience", d => d.Audiences["public"] = [DamSamples.Public(60)]);
        Refused("dam-recipient", d => d.Tenants["t"] = ["AGE-SECRET-KEY-1"]);
        Refused("dam-recipient", d => d.Tenants["t"] = ["age1 "]);
        Refused("dam-key", d => d.HeadKey = default);
        Refused("dam-shape", d => d.Follows[default] = new DamFollow(default, 0, false));
        Refused("dam-shape", d => d.Meshes.Add(default));
        var longest = DamSamples.Draft();
        longest.Peers[new string('x', 64)] = new DamPeer(DamSamples.Public(60));
        Assert.Equal(3, Dam.Genesis(longest).Peers.Count);
    }

    [Fact]
    public void OneKeyHasOneDuty()
    {
        Refused("dam-key-reuse", d => d.RecoveryKey = d.HeadKey);
        Refused("dam-key-reuse", d => d.CosignerKey = d.HeadKey);
        Refused("dam-key-reuse", d => d.Nodes["n"] = d.HeadKey);
        Refused("dam-key-reuse", d => d.Branes["b"] = d.Nodes["alice-pi"]);
        Refused("dam-key-reuse", d => d.Branes["b"] = d.RecoveryKey);
        var twoBranes = DamSamples.Draft();
        twoBranes.Branes["second"] = twoBranes.Branes["replay"];
        Assert.Equal(2, Dam.Genesis(twoBranes).Branes.Count);
    }

    [Fact]
    public void CountsAreBounded()
    {
        Assert.Equal(256, Dam.Genesis(WithPeers(254)).Peers.Count);
        var error = Assert.Throws<ArgumentException>(() => Dam.Genesis(WithPeers(255)));
        Assert.StartsWith("dam-count", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryCutAndEveryFlippedBitIsRefusedOrAnotherDam()
    {
        var bytes = DamSamples.Genesis().Bytes.ToArray();
        for (var i = 0; i < bytes.Length; i++)
        {
            Assert.False(Dam.TryDecode(bytes.AsSpan(0, i), out _, out var error));
            Assert.False(error.IsNone);
            for (var bit = 0; bit < 8; bit += 3)
            {
                var flipped = bytes.ToArray();
                flipped[i] ^= (byte)(1 << bit);
                if (Dam.TryDecode(flipped, out var other, out _))
                    Assert.NotEqual(DamSamples.Genesis().Hash, other.Hash);
            }
        }
        Assert.False(Dam.TryDecode([.. bytes, 0], out _, out _));
        Assert.False(Dam.TryDecode(new byte[Dam.SizeBytesMax + 1], out _, out var tooLong));
        Assert.Equal("dam-size", tooLong.Code);
    }

    private static DamDraft WithPeers(int count)
    {
        var draft = DamSamples.Draft();
        for (var i = 0; i < count; i++)
            draft.Peers[$"p{i}"] = new DamPeer(DamSamples.Public(60));
        return draft;
    }

    private static void Refused(string code, Action<DamDraft> change)
    {
        var error = Assert.Throws<ArgumentException>(() => DamSamples.Genesis().Next(change));
        Assert.StartsWith(code, error.Message, StringComparison.Ordinal);
    }
}
