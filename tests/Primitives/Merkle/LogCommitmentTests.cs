using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

public sealed class LogCommitmentTests
{
    private static readonly byte[] Salt = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void CommitmentIsDeriveKeyOfSaltAndBody()
    {
        byte[] material = [.. Salt, .. "body"u8];
        var expected = new byte[32];
        Blake3.DeriveKey("omega log-commitment v1", material, expected);
        Assert.Equal(Hash256.From(expected), LogCommitment.Create(Salt, "body"u8));
    }

    [Fact]
    public void OnlyTheSameSaltAndBodyOpenIt()
    {
        var commitment = LogCommitment.Create(Salt, "body"u8);
        var otherSalt = Salt.ToArray();
        otherSalt[31] ^= 1;
        Assert.True(LogCommitment.Opens(commitment, Salt, "body"u8));
        Assert.False(LogCommitment.Opens(commitment, otherSalt, "body"u8));
        Assert.False(LogCommitment.Opens(commitment, Salt, "bodY"u8));
        Assert.False(LogCommitment.Opens(commitment, Salt, ""u8));
        byte[] shifted = [Salt[31], .. "body"u8];
        Assert.False(LogCommitment.Opens(commitment, Salt.AsSpan(0, 31), shifted));
    }

    [Fact]
    public void LeafHashIsOverTheCommitmentAlone()
    {
        var commitment = LogCommitment.Create(Salt, "body"u8);
        Assert.Equal(Rfc6962.LeafHash(commitment.ToArray()), LogCommitment.LeafHash(commitment));
    }
}
