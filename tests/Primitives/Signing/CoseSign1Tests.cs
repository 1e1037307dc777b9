using System.Formats.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using CborWriter = System.Formats.Cbor.CborWriter;

namespace Omega.P2P.Primitives.Tests.Signing;

public sealed class CoseSign1Tests : IDisposable
{
    private const string Aad = "omega/test/1";
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.FromSeed(new SeededBytes(1).Bytes(32));

    public void Dispose() => _key.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(256)]
    [InlineData(70_000)]
    public void WhatWasSignedVerifies(int length)
    {
        byte[] payload = new SeededBytes(2).Bytes(length);
        byte[] signed = CoseSign1.Sign(_key, payload, Aad);

        CoseSign1Message message = Decoded(signed);
        Assert.Equal(payload, message.Payload.ToArray());
        Assert.Equal(payload, message.PayloadMemory.ToArray());
        Assert.Equal(signed, message.Bytes.ToArray());
        Assert.Equal(_key.PublicKey.ToDid(), message.KeyId);
        Assert.True(message.Verify(_key.PublicKey, Aad));
    }

    [Fact]
    public void AnotherCborWriterMakesTheSameMessage()
    {
        byte[] payload = new SeededBytes(3).Bytes(100);
        byte[] header = Written(w =>
        {
            w.WriteStartMap(2);
            w.WriteInt32(1);
            w.WriteInt32(-8);
            w.WriteInt32(4);
            w.WriteByteString(System.Text.Encoding.UTF8.GetBytes(_key.PublicKey.ToDid()));
            w.WriteEndMap();
        });
        byte[] structure = Written(w =>
        {
            w.WriteStartArray(4);
            w.WriteTextString("Signature1");
            w.WriteByteString(header);
            w.WriteByteString(System.Text.Encoding.UTF8.GetBytes(Aad));
            w.WriteByteString(payload);
            w.WriteEndArray();
        });
        byte[] signature = new byte[64];
        _key.Sign(structure, signature);
        byte[] expected = Written(w =>
        {
            w.WriteTag((CborTag)18);
            w.WriteStartArray(4);
            w.WriteByteString(header);
            w.WriteStartMap(0);
            w.WriteEndMap();
            w.WriteByteString(payload);
            w.WriteByteString(signature);
            w.WriteEndArray();
        });

        Assert.Equal(expected, CoseSign1.Sign(_key, payload, Aad));
    }

    [Fact]
    public void SignatureOfOneKindDoesNotPassForAnother()
    {
        CoseSign1Message message = Decoded(CoseSign1.Sign(_key, [1, 2, 3], Aad));
        Assert.False(message.Verify(_key.PublicKey, "omega/test/2"));
    }

    [Fact]
    public void SignatureDoesNotVerifyUnderAnotherKey()
    {
        using Ed25519PrivateKey other = Ed25519PrivateKey.Generate(new SeededBytes(4));
        CoseSign1Message message = Decoded(CoseSign1.Sign(_key, [1, 2, 3], Aad));
        Assert.False(message.Verify(other.PublicKey, Aad));
    }

    // The kid is protected: naming another signer under somebody's signature must not verify under either.
    [Fact]
    public void ExchangedKeyIdBreaksTheSignature()
    {
        using Ed25519PrivateKey other = Ed25519PrivateKey.Generate(new SeededBytes(5));
        byte[] signed = CoseSign1.Sign(_key, [1, 2, 3], Aad);
        System.Text.Encoding.UTF8.GetBytes(other.PublicKey.ToDid()).CopyTo(signed, 10);

        CoseSign1Message message = Decoded(signed);
        Assert.Equal(other.PublicKey, message.Key);
        Assert.False(message.Verify(other.PublicKey, Aad));
        Assert.False(message.Verify(_key.PublicKey, Aad));
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        byte[] signed = CoseSign1.Sign(_key, new SeededBytes(6).Bytes(300), Aad);
        for (int length = 0; length < signed.Length; length++)
        {
            Assert.False(CoseSign1.TryDecode(signed.AsSpan(0, length), out var message, out DecodeError e));
            Assert.Null(message);
            Assert.False(e.IsNone);
        }
    }

    [Fact]
    public void EveryFlippedBitIsRefusedOrFailsToVerify()
    {
        byte[] signed = CoseSign1.Sign(_key, new SeededBytes(7).Bytes(40), Aad);
        for (int bit = 0; bit < signed.Length * 8; bit++)
        {
            byte[] flipped = [.. signed];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            bool passes = CoseSign1.TryDecode(flipped, out CoseSign1Message? message, out _)
                && message.Verify(_key.PublicKey, Aad);
            Assert.False(passes, $"bit {bit}");
        }
    }

    [Fact]
    public void MutantsThatDecodeAreTheirOwnOneEncoding()
    {
        SeededBytes random = new(8);
        int accepted = 0;
        for (int i = 0; i < 4_000; i++)
        {
            byte[] mutant = random.Mutated(CoseSign1.Sign(_key, random.Bytes(random.Below(40)), Aad));
            if (!CoseSign1.TryDecode(mutant, out CoseSign1Message? message, out DecodeError error))
            {
                Assert.False(error.IsNone);
                continue;
            }

            accepted++;
            Assert.True(error.IsNone);
            Assert.Equal(CoseSign1.Sign(new Replay(message), message.Payload, Aad), mutant);
        }

        Assert.True(accepted > 100, $"only {accepted} mutants were accepted");
    }

    [Fact]
    public void RandomBytesBehindAGoodStartAreRefused()
    {
        SeededBytes random = new(9);
        byte[] good = CoseSign1.Sign(_key, [], Aad);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] noise = random.Bytes(random.Below(200));
            good.AsSpan(0, Math.Min(random.Below(60), noise.Length)).CopyTo(noise);
            Assert.False(CoseSign1.TryDecode(noise, out _, out DecodeError error));
            Assert.False(error.IsNone);
        }
    }

    [Theory]
    [InlineData("untagged", "84583ea2", "d284583ea2", "cbor-unexpected")]
    [InlineData("algorithm ES256", "a2012604", "a2012704", "cose-algorithm")]
    [InlineData("detached payload", "f6", "43010203", "cbor-unexpected")]
    [InlineData("payload head not shortest", "5803010203", "43010203", "cbor-not-shortest")]
    [InlineData("unprotected header present", "a1044100", "a0", "cbor-unexpected")]
    [InlineData("kid that is no did", "6469653a6b65793a7a", "6469643a6b65793a7a", "cose-kid")]
    [InlineData("tag 17", "d184", "d284", "cbor-unexpected")]
    [InlineData("five parts", "d285", "d284", "cbor-unexpected")]
    public void OtherFormsAreRefused(string label, string bad, string good, string code)
    {
        string signed = Hex.Encode(CoseSign1.Sign(_key, [1, 2, 3], Aad));
        int at = signed.IndexOf(good, StringComparison.Ordinal);
        Assert.True(at >= 0, label);
        Assert.True(Hex.TryDecode(signed[..at] + bad + signed[(at + good.Length)..], out byte[] changed));

        Assert.False(CoseSign1.TryDecode(changed, out _, out DecodeError error), label);
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public void TrailingByteIsRefused()
    {
        byte[] signed = [.. CoseSign1.Sign(_key, [1], Aad), 0];
        Assert.False(CoseSign1.TryDecode(signed, out _, out DecodeError error));
        Assert.Equal("cbor-trailing", error.Code);
    }

    private static CoseSign1Message Decoded(byte[] bytes)
    {
        Assert.True(CoseSign1.TryDecode(bytes, out CoseSign1Message? message, out DecodeError error), error.ToString());
        return message;
    }

    private static byte[] Written(Action<CborWriter> write)
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        write(writer);
        return writer.Encode();
    }

    // Signs with the key id and the signature that a message already has.
    private sealed class Replay(CoseSign1Message message) : ISigner
    {
        public Ed25519PublicKey PublicKey => message.Key;

        public void Sign(ReadOnlySpan<byte> toBeSigned, Span<byte> signature) => message.Signature.CopyTo(signature);
    }
}
