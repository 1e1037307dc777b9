using System.Security.Cryptography;
using Omega.P2P.Protocol.Noise;

namespace Omega.P2P.Protocol.Tests.Noise;

public sealed class NoiseCipherTests
{
    private readonly byte[] _key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    [Fact]
    public void AesCountsItsNonceBigEndian()
    {
        using var cipher = new NoiseCipher(_key, NoiseCipherKind.AesGcm);
        using var plain = new AesGcm(_key, NoiseCipher.TagBytes);
        var (sealedBytes, tag) = (new byte[4], new byte[16]);
        var (expected, expectedTag) = (new byte[4], new byte[16]);
        for (byte counter = 0; counter < 3; counter++)
        {
            cipher.Encrypt(default, "abcd"u8, sealedBytes, tag);
            plain.Encrypt([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, counter], "abcd"u8, expected, expectedTag);
            Assert.Equal(expected, sealedBytes);
            Assert.Equal(expectedTag, tag);
        }
    }

    [Fact]
    public void AesTakesTheNextKeyOfTheNoiseFrameworkAfterSoManyFrames()
    {
        using var sending = new NoiseCipher(_key, NoiseCipherKind.AesGcm);
        using var receiving = new NoiseCipher(_key, NoiseCipherKind.AesGcm);
        var tag = new byte[16];
        for (ulong i = 0; i < NoiseCipher.RekeyEvery; i++) sending.Encrypt(default, default, default, tag);
        var bytes = new byte[4];
        sending.Encrypt(default, "next"u8, bytes, tag);

        var nextKey = new byte[32];
        using (var first = new AesGcm(_key, 16))
        {
            byte[] last = [0, 0, 0, 0, .. Enumerable.Repeat((byte)0xff, 8)];
            first.Encrypt(last, new byte[32], nextKey, new byte[16]);
        }

        using var second = new AesGcm(nextKey, 16);
        var opened = new byte[4];
        byte[] nonce = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0];
        second.Decrypt(nonce, bytes, tag, opened);
        Assert.Equal("next"u8.ToArray(), opened);
        Assert.Equal(NoiseError.DecryptFailed, receiving.Decrypt(default, bytes, tag, opened));
    }
}
