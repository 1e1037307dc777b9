using System.Text;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Storage.Tests.Encryption;

public sealed class AgeKeyTests
{
    private const string Secret = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    private const string Public = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

    [Fact]
    public void ExampleOfTheSpecificationHoldsTogether()
    {
        Assert.True(AgeIdentity.TryParse(Encoding.ASCII.GetBytes(Secret), out var identity));
        using (identity)
        {
            Assert.Equal(Public, identity.Recipient.ToString());
            var text = new byte[AgeIdentity.TextLength];
            identity.Export(text);
            Assert.Equal(Secret, Encoding.ASCII.GetString(text));
        }

        Assert.True(AgeRecipient.TryParse(Public, out var recipient));
        Assert.Equal(Public, recipient.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ")]
    [InlineData("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwq")]
    [InlineData("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujw")]
    [InlineData("age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e")]
    public void OtherTextIsNoRecipient(string? text) => Assert.False(AgeRecipient.TryParse(text, out _));

    [Fact]
    public void KeysOfSmallOrderAreNoRecipients()
    {
        foreach (var first in (byte[])[0, 1])
        {
            var key = new byte[32];
            key[0] = first;
            Assert.False(AgeRecipient.TryParse(new AgeRecipient(key).ToString(), out _));
        }
    }

    [Fact]
    public void LowerCaseSecretIsRefused() =>
        Assert.False(AgeIdentity.TryParse(Encoding.ASCII.GetBytes(Secret.ToLowerInvariant()), out _));

    [Fact]
    public void ChunksOutOfFormAreRefused()
    {
        using var identity = AgeSample.Identity();
        using var age = new AgeEncryptor([identity.Recipient], new AgeSample.Seeded(1));
        var room = new byte[AgeFormat.ChunkSize + AgeFormat.TagSize];
        Assert.Throws<ArgumentException>(() => age.Seal(new byte[5], isLast: false, room));
        age.Seal(new byte[AgeFormat.ChunkSize], isLast: false, room);
        Assert.Throws<ArgumentException>(() => age.Seal([], isLast: true, room));
        age.Seal([1], isLast: true, room);
        Assert.Throws<ArgumentException>(() => age.Seal([1], isLast: true, room));
        Assert.Throws<ArgumentException>(() => new AgeEncryptor([], new AgeSample.Seeded(1)));
    }

    [Fact]
    public void TwoFilesOfTheSameBytesShareNothing()
    {
        using var identity = AgeSample.Identity();
        var random = new AgeSample.Seeded(5);
        using var one = new AgeEncryptor([identity.Recipient], random);
        using var two = new AgeEncryptor([identity.Recipient], random);
        var (first, second) = (new byte[32], new byte[32]);
        one.Seal(new byte[16], isLast: true, first);
        two.Seal(new byte[16], isLast: true, second);
        Assert.NotEqual(first, second);
        Assert.False(one.Prologue.Span.SequenceEqual(two.Prologue.Span));
    }
}
