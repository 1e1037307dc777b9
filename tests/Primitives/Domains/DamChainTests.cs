using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Primitives.Tests.Notes;

namespace Omega.P2P.Primitives.Tests.Domains;

public sealed class DamChainTests
{
    [Fact]
    public void DomainIdIsTheHashOfTheGenesisPayload()
    {
        var chain = DamSamples.Chain();
        Assert.Equal(DomainId.From(DamSamples.Genesis().Hash), chain.Domain);
        Assert.Equal(chain.Domain, Append(chain, d => d.Name = "renamed", 1).Domain);
    }

    [Fact]
    public void TwoDomainsMayProposeOneName()
    {
        var draft = DamSamples.Draft();
        draft.RecoveryKey = DamSamples.Public(70);
        var other = DamChain.Start(DamSamples.Sign(Dam.Genesis(draft), 1));
        Assert.Equal(DamSamples.Chain().Current.Name, other.Current.Name);
        Assert.NotEqual(DamSamples.Chain().Domain, other.Domain);
    }

    [Fact]
    public void ChainVerifiesFromItsBytesAlone()
    {
        var chain = Append(DamSamples.Chain(), d => d.HeadKey = DamSamples.Public(6), 1);
        chain = Append(chain, d => d.RecoveryKey = DamSamples.Public(7), 2);
        chain = Append(chain, d => d.Name = "bob", 6);
        Assert.True(DamChain.TryVerify([.. chain.Versions.Select(v => v.Bytes)], out var read, out _));
        Assert.Equal(chain.Domain, read.Domain);
        Assert.Equal("bob", read.Current.Name);
        Assert.Equal(DamRelation.Same, read.Relate(chain));
    }

    [Fact]
    public void HeadKeyOrRecoveryKeyOfTheVersionBeforeSigns()
    {
        var chain = DamSamples.Chain();
        Refused("dam-authority", chain, chain.Current.Next(d => d.Name = "x"), signer: 4); // a node
        Refused("dam-authority", chain, chain.Current.Next(d => d.HeadKey = DamSamples.Public(6)), signer: 6); // itself
        Append(chain, d => d.Name = "x", 1);
        Append(chain, d => d.Name = "x", 2);
        var rotated = Append(chain, d => d.HeadKey = DamSamples.Public(6), 1);
        Refused("dam-authority", rotated, rotated.Current.Next(d => d.Name = "x"), signer: 1);
        Append(rotated, d => d.Name = "x", 6);
    }

    [Fact]
    public void OnlyTheRecoveryKeyReplacesTheRecoveryKey()
    {
        var chain = DamSamples.Chain();
        var next = chain.Current.Next(d => d.RecoveryKey = DamSamples.Public(7));
        Refused("dam-authority", chain, next, signer: 1);
        Assert.True(chain.TryAppend(DamSamples.Sign(next, 2), out _, out _));
    }

    [Fact]
    public void VersionsAreConsecutiveAndLinked()
    {
        var chain = DamSamples.Chain();
        var second = chain.Current.Next(d => d.Name = "x");
        Refused("dam-version", chain, second.Next(d => d.Name = "y"), signer: 1);
        Refused("dam-version", chain, chain.Current, signer: 1);
        var stranger = Dam.Genesis(Named("stranger")).Next(d => d.Name = "y");
        Refused("dam-previous", chain, stranger, signer: 1);
    }

    [Fact]
    public void GenesisIsVersionOneSignedByItsOwnHeadKey()
    {
        var genesis = DamSamples.Genesis();
        Assert.Throws<ArgumentException>(() => DamChain.Start(DamSamples.Sign(genesis, 2)));
        Assert.Throws<ArgumentException>(() => DamChain.Start(DamSamples.Sign(genesis.Next(_ => { }), 1)));
        RefusedChain("dam-authority", DamSamples.Sign(genesis, 2));
        RefusedChain("dam-genesis", DamSamples.Sign(genesis.Next(_ => { }), 1));
        RefusedChain("dam-count");
    }

    [Fact]
    public void SignatureOfAnotherKindOrWithAFlippedBitIsRefused()
    {
        using var head = TestKeys.Key(1);
        var genesis = DamSamples.Genesis();
        var asEpoch = CoseSign1.Sign(head, genesis.Bytes.Span, EpochRecord.ExternalAad);
        Assert.False(DamChain.TryVerify([asEpoch], out _, out var error));
        Assert.Equal("dam-signature", error.Code);
        var bytes = DamSamples.Sign(genesis, 1).Bytes.ToArray();
        for (var i = 0; i < bytes.Length; i += 7)
        {
            var flipped = bytes.ToArray();
            flipped[i] ^= 1;
            Assert.False(DamChain.TryVerify([flipped], out _, out _));
        }
    }

    [Fact]
    public void RecoveryKeyTakesTheDomainBackFromAStolenHeadKey()
    {
        var chain = DamSamples.Chain();
        var thief = Append(chain, d => d.HeadKey = DamSamples.Public(66), 1);
        var longer = Append(thief, d => d.Name = "mine-now", 66);
        var owner = Append(chain, d => d.HeadKey = DamSamples.Public(6), 2);
        Assert.Equal(DamRelation.Overrules, owner.Relate(longer));
        Assert.Equal(DamRelation.Overruled, longer.Relate(owner));
        Assert.Equal(DamRelation.Ahead, longer.Relate(thief));
        Assert.Equal(DamRelation.Behind, chain.Relate(thief));
    }

    [Fact]
    public void TwoVersionsUnderOneAuthorityAreAFork()
    {
        var chain = DamSamples.Chain();
        var left = Append(chain, d => d.Name = "left", 1);
        var right = Append(chain, d => d.Name = "right", 1);
        Assert.Equal(DamRelation.Fork, left.Relate(right));
        Assert.Equal(DamRelation.Fork, right.Relate(left));
        Assert.Equal(
            DamRelation.Fork, Append(chain, d => d.Name = "left", 2).Relate(Append(chain, d => d.Name = "right", 2)));
        Assert.Throws<ArgumentException>(
            () => chain.Relate(DamChain.Start(DamSamples.Sign(Dam.Genesis(Named("other")), 1))));
    }

    [Fact]
    public void KeysOfEarlierVersionsKeepTheAuthorityOverWhatTheySigned()
    {
        var chain = Append(DamSamples.Chain(), d => d.Branes["replay"] = DamSamples.Public(51), 1);
        chain = Append(chain, d => { d.Nodes.Clear(); d.Nodes["rack"] = DamSamples.Public(52); }, 1);
        chain = Append(chain, d => d.HeadKey = DamSamples.Public(6), 1);
        Assert.True(chain.IsBraneKey("replay", DamSamples.Public(5)));
        Assert.True(chain.IsBraneKey("replay", DamSamples.Public(51)));
        Assert.False(chain.IsBraneKey("replay", DamSamples.Public(52)));
        Assert.False(chain.IsBraneKey("other", DamSamples.Public(5)));
        Assert.True(chain.TryGetNodeName(DamSamples.Public(4), out var old));
        Assert.Equal("alice-pi", old);
        Assert.True(chain.TryGetNodeName(DamSamples.Public(52), out var now));
        Assert.Equal("rack", now);
        Assert.False(chain.TryGetNodeName(DamSamples.Public(1), out _));
        Assert.False(chain.IsHeadKey(DamSamples.Public(1)));
        Assert.True(chain.WasHeadKey(DamSamples.Public(1)));
        Assert.True(chain.IsHeadKey(DamSamples.Public(6)));
    }

    private static DamDraft Named(string name)
    {
        var draft = DamSamples.Draft();
        draft.Name = name;
        return draft;
    }

    private static DamChain Append(DamChain chain, Action<DamDraft> change, byte signer)
    {
        Assert.True(
            chain.TryAppend(DamSamples.Sign(chain.Current.Next(change), signer), out var next, out var error),
            error.ToString());
        return next;
    }

    private static void Refused(string code, DamChain chain, Dam next, byte signer)
    {
        Assert.False(chain.TryAppend(DamSamples.Sign(next, signer), out var longer, out var error));
        Assert.Null(longer);
        Assert.Equal(code, error.Code);
    }

    private static void RefusedChain(string code, params SignedDam[] versions)
    {
        Assert.False(DamChain.TryVerify([.. versions.Select(v => v.Bytes)], out _, out DecodeError error));
        Assert.Equal(code, error.Code);
    }
}
