using System.Text;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Storage.Tests.Encryption;

public sealed class AgeDecryptorTests
{
    private const int Chunk = AgeFormat.ChunkSize;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData((2 * Chunk) - 1)]
    [InlineData(2 * Chunk)]
    [InlineData((2 * Chunk) + 1)]
    public void EverySizeComesBackFromPiecesOfAnySize(int size)
    {
        using var identity = AgeSample.Identity();
        var plain = AgeSample.Bytes(size);
        var file = AgeSample.Encrypt(plain, identity.Recipient);
        Assert.True(AgeFormat.IsAge(file));
        var armored = Encoding.ASCII.GetBytes(AgeSample.Armor(file));
        foreach (var step in (int[])[4093, Chunk, Chunk + 16, int.MaxValue / 2])
        {
            Assert.Equal(plain, AgeSample.Decrypt(file, step, identity).Plain);
            Assert.Equal(plain, AgeSample.Decrypt(armored, step, identity).Plain);
        }
    }

    [Fact]
    public void EverySplitOfASmallFileGivesTheSame()
    {
        using var identity = AgeSample.Identity();
        var plain = AgeSample.Bytes(100);
        var file = AgeSample.Encrypt(plain, identity.Recipient);
        for (var step = 1; step <= file.Length; step++)
        {
            var (got, error) = AgeSample.Decrypt(file, step, identity);
            Assert.Equal(AgeFault.None, error.Fault);
            Assert.Equal(plain, got);
        }
    }

    [Fact]
    public void AnyOfTheRecipientsOpensIt()
    {
        using var first = AgeSample.Identity(1);
        using var second = AgeSample.Identity(2);
        using var third = AgeSample.Identity(3);
        var file = AgeSample.Encrypt([1, 2, 3], first.Recipient, second.Recipient);
        Assert.Equal([1, 2, 3], AgeSample.Decrypt(file, 999, first).Plain);
        Assert.Equal([1, 2, 3], AgeSample.Decrypt(file, 999, second).Plain);
        Assert.Equal([1, 2, 3], AgeSample.Decrypt(file, 999, third, second).Plain);
        Assert.Equal(AgeFault.NoIdentity, AgeSample.Decrypt(file, 999, third).Error.Fault);
        Assert.Equal(AgeFault.NoIdentity, AgeSample.Decrypt(file, 999).Error.Fault);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 10)]
    [InlineData(2 * Chunk)]
    public void EveryCutIsSeen(int size)
    {
        using var identity = AgeSample.Identity();
        var plain = AgeSample.Bytes(size);
        var file = AgeSample.Encrypt(plain, identity.Recipient);
        var header = file.AsSpan().IndexOf("---"u8) + 48;
        for (var length = 0; length < file.Length; length += length is > 300 and < 65_500 ? 6_520 : 1)
        {
            if (length > 66_000 && file.Length - length > 40)
            {
                length = file.Length - 40;
            }

            var (got, error) = AgeSample.Decrypt(file[..length], 70_000, identity);
            Assert.Equal(length < header ? AgeFault.Header : AgeFault.Truncated, error.Fault);
            Assert.True(plain.AsSpan().StartsWith(got));
        }
    }

    [Fact]
    public void CutBetweenChunksIsSeenThoughEveryChunkVerifies()
    {
        using var identity = AgeSample.Identity();
        var file = AgeSample.Encrypt(AgeSample.Bytes(2 * Chunk), identity.Recipient);
        var (_, error) = AgeSample.Decrypt(file[..^(Chunk + 16)], Chunk, identity);
        Assert.Equal(AgeFault.Truncated, error.Fault);
    }

    [Fact]
    public void DamageInThePayloadReleasesNothingOfItsChunk()
    {
        using var identity = AgeSample.Identity();
        var plain = AgeSample.Bytes((3 * Chunk) + 5);
        var file = AgeSample.Encrypt(plain, identity.Recipient);
        var start = file.Length - plain.Length - (4 * 16);
        foreach (var (at, released) in ((int, int)[])[(start, 0), (start + Chunk + 40, 1), (start + (3 * Chunk), 2)])
        {
            var changed = file.ToArray();
            changed[at] ^= 0x10;
            var (got, error) = AgeSample.Decrypt(changed, 10_000, identity);
            Assert.Equal(AgeFault.Chunk, error.Fault);
            Assert.Equal(plain[..(released * Chunk)], got);
        }

        file[^1] ^= 1;
        Assert.Equal(AgeFault.Truncated, AgeSample.Decrypt(file, 10_000, identity).Error.Fault);
    }

    [Fact]
    public void BytesBehindTheEndAreRefused()
    {
        using var identity = AgeSample.Identity();
        var full = AgeSample.Encrypt(AgeSample.Bytes(Chunk), identity.Recipient);
        Assert.Equal(AgeFault.TrailingBytes, AgeSample.Decrypt([.. full, 0], 999, identity).Error.Fault);
        var shorter = AgeSample.Encrypt(AgeSample.Bytes(10), identity.Recipient);
        Assert.Equal(AgeFault.Truncated, AgeSample.Decrypt([.. shorter, 0], 999, identity).Error.Fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PK\u0003\u0004 something else entirely")]
    [InlineData("age-encryption.orG/v1\n")]
    public void OtherFilesAreNamedAsSuch(string text)
    {
        using var identity = AgeSample.Identity();
        var fault = AgeSample.Decrypt(Encoding.Latin1.GetBytes(text), 5, identity).Error.Fault;
        Assert.Equal(text.Length == 0 ? AgeFault.Header : AgeFault.NotAge, fault);
    }

    [Fact]
    public void EndlessHeaderEndsAtTheBound()
    {
        using var identity = AgeSample.Identity();
        var lines = Encoding.ASCII.GetBytes("age-encryption.org/v1\n" + string.Concat(
            Enumerable.Repeat("-> grease a b c\n\n", 10_000)));
        Assert.Equal(AgeFault.HeaderTooLong, AgeSample.Decrypt(lines, 4096, identity).Error.Fault);
        var line = Encoding.ASCII.GetBytes("age-encryption.org/v1\n-> " + new string('a', 200_000));
        Assert.Equal(AgeFault.HeaderTooLong, AgeSample.Decrypt(line, 4096, identity).Error.Fault);
    }

    [Fact]
    public void FailedStaysFailed()
    {
        using var identity = AgeSample.Identity();
        using var age = new AgeDecryptor([identity], _ => Assert.Fail("nothing is released"));
        Assert.False(age.Write("nonsense"u8));
        Assert.False(age.Write(AgeSample.Encrypt([1], identity.Recipient)));
        Assert.False(age.Finish());
        Assert.Equal(AgeFault.NotAge, age.Error.Fault);
    }

    [Theory]
    [InlineData("\r\n", "", "", true)]
    [InlineData("\n", " \n\t", "\n\n ", true)]
    [InlineData("\n", "x", "", false)]
    [InlineData("\n", "", "x", false)]
    [InlineData(" \n", "", "", false)]
    [InlineData("\n\n", "", "", false)]
    public void ArmorIsStrictButForWhiteSpaceAround(string newLine, string before, string after, bool isRead)
    {
        using var identity = AgeSample.Identity();
        var text = before + AgeSample.Armor(AgeSample.Encrypt([9], identity.Recipient), newLine) + after;
        var (got, error) = AgeSample.Decrypt(Encoding.ASCII.GetBytes(text), 3, identity);
        Assert.Equal(isRead, error.Fault == AgeFault.None);
        Assert.Equal(isRead ? [9] : Array.Empty<byte>(), isRead ? got : []);
    }

    [Fact]
    public void WhiteSpaceBeforeArmorIsBounded()
    {
        using var identity = AgeSample.Identity();
        var spaces = new byte[5_000];
        spaces.AsSpan().Fill((byte)' ');
        Assert.Equal(AgeFault.Armor, AgeSample.Decrypt(spaces, 100, identity).Error.Fault);
    }
}
