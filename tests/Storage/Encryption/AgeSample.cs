using Omega.P2P.Primitives.Keys;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Storage.Tests.Encryption;

/// <summary>Files and keys for these tests, the same in every run.</summary>
internal static class AgeSample
{
    public static AgeIdentity Identity(int seed = 1) => AgeIdentity.Generate(new Seeded(seed));

    public static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Seeded(length).Fill(bytes);
        return bytes;
    }

    public static byte[] Encrypt(byte[] plain, params AgeRecipient[] recipients)
    {
        using var age = new AgeEncryptor(recipients, new Seeded(7));
        var output = new MemoryStream();
        output.Write(age.Prologue.Span);
        var room = new byte[AgeFormat.ChunkSize + AgeFormat.TagSize];
        var at = 0;
        do
        {
            var length = Math.Min(AgeFormat.ChunkSize, plain.Length - at);
            var written = age.Seal(plain.AsSpan(at, length), at + length == plain.Length, room);
            output.Write(room, 0, written);
            at += length;
        }
        while (at < plain.Length);

        return output.ToArray();
    }

    /// <summary>What came out before the end or the fault, and the fault.</summary>
    public static (byte[] Plain, AgeError Error) Decrypt(byte[] file, int step, params AgeIdentity[] identities)
    {
        var output = new MemoryStream();
        using var age = new AgeDecryptor(identities, bytes => output.Write(bytes));
        var isGood = true;
        for (var at = 0; at < file.Length && isGood; at += step)
        {
            isGood = age.Write(file.AsSpan(at, Math.Min(step, file.Length - at)));
        }

        isGood = isGood && age.Finish();
        Assert.Equal(isGood, age.Error.Fault == AgeFault.None);
        return (output.ToArray(), age.Error);
    }

    /// <summary>The armor of a file.</summary>
    public static string Armor(byte[] file, string newLine = "\n")
    {
        var lines = Convert.ToBase64String(file).Chunk(64).Select(line => new string(line));
        string[] all = ["-----BEGIN AGE ENCRYPTED FILE-----", .. lines, "-----END AGE ENCRYPTED FILE-----", ""];
        return string.Join(newLine, all);
    }

    /// <summary>A small generator whose sequence is the same on every runtime.</summary>
    public sealed class Seeded(int seed) : IRandomSource
    {
        private ulong _state = ((ulong)(uint)seed * 0x9e3779b97f4a7c15) + 1;

        public void Fill(Span<byte> destination)
        {
            foreach (ref var value in destination)
            {
                _state ^= _state << 13;
                _state ^= _state >> 7;
                _state ^= _state << 17;
                value = (byte)(_state >> 24);
            }
        }
    }
}
