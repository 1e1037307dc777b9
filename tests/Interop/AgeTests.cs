using System.Buffers.Binary;
using System.Text;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Interop.Tests;

/// <summary>Files that Debian's age wrote are read, and files we wrote are read by it.</summary>
public sealed class AgeTests : IDisposable
{
    private const int Chunk = AgeFormat.ChunkSize;
    private const long Gigabyte = 1L << 30;

    private readonly string _folder = Directory.CreateTempSubdirectory("omega-age-").FullName;
    private readonly AgeIdentity _identity;
    private readonly string _keyFile;

    public AgeTests()
    {
        _keyFile = Path.Combine(_folder, "key");
        var made = AgeProgram.IsThere
            ? AgeProgram.Run("age-keygen", ["-o", _keyFile], _ => { }, stream => stream.CopyTo(Stream.Null))
            : -1;
        var line = made == 0 ? File.ReadAllLines(_keyFile)[^1] : "";
        if (!AgeIdentity.TryParse(Encoding.ASCII.GetBytes(line), out var identity))
            identity = AgeIdentity.Generate(new Counted());
        _identity = identity;
    }

    public static TheoryData<long, bool> Sizes
    {
        get
        {
            var sizes = new TheoryData<long, bool>();
            foreach (var size in (long[])[0, 1, Chunk - 1, Chunk, Chunk + 1, 3 * Chunk])
            {
                sizes.Add(size, false);
                sizes.Add(size, true);
            }

            if (Environment.GetEnvironmentVariable("OMEGA_FULL") == "1") sizes.Add(Gigabyte, false);
            return sizes;
        }
    }

    [AgeTheory]
    [MemberData(nameof(Sizes))]
    public void FilesOfAgeAreDecrypted(long size, bool isArmored)
    {
        var recipient = _identity.Recipient.ToString();
        using var hasher = Blake3Hasher.Create();
        using var age = new AgeDecryptor([_identity], bytes => hasher.Update(bytes));
        string[] arguments = isArmored ? ["-a", "-r", recipient] : ["-r", recipient];
        var exit = AgeProgram.Run("age", arguments, stream => Feed(size, stream.Write), stream =>
            Pump(stream, piece => Assert.True(age.Write(piece), age.Error.Message)));
        Assert.Equal(0, exit);
        Assert.True(age.Finish(), age.Error.Message);
        Assert.Equal(HashOf(size), hasher.Finish());
    }

    [AgeTheory]
    [MemberData(nameof(Sizes))]
    public void AgeDecryptsOurFiles(long size, bool hasMoreRecipients)
    {
        using var other = AgeIdentity.Generate(new Counted());
        using var hasher = Blake3Hasher.Create();
        using var age = new AgeEncryptor(
            hasMoreRecipients ? [other.Recipient, _identity.Recipient] : [_identity.Recipient], new Counted());
        var exit = AgeProgram.Run("age", ["-d", "-i", _keyFile], stream => Encrypt(size, age, stream),
            stream => Pump(stream, hasher.Update));
        Assert.Equal(0, exit);
        Assert.Equal(HashOf(size), hasher.Finish());
    }

    [AgeTheory]
    [InlineData(0)]
    [InlineData(2 * Chunk)]
    public void AgeRefusesOurFilesForSomebodyElse(long size)
    {
        using var other = AgeIdentity.Generate(new Counted());
        using var age = new AgeEncryptor([other.Recipient], new Counted());
        var exit = AgeProgram.Run("age", ["-d", "-i", _keyFile], stream => Encrypt(size, age, stream),
            stream => stream.CopyTo(Stream.Null));
        Assert.Equal(1, exit);
    }

    public void Dispose()
    {
        _identity.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private delegate void Take(ReadOnlySpan<byte> bytes);

    /// <summary>So many bytes in which no chunk is like another.</summary>
    private static void Feed(long size, Take take)
    {
        var chunk = new byte[Chunk];
        for (long at = 0; at < size; at += Chunk)
        {
            for (var i = 0; i < Chunk; i += 8) BinaryPrimitives.WriteInt64LittleEndian(chunk.AsSpan(i), (at + i) * 31);
            take(chunk.AsSpan(0, (int)Math.Min(Chunk, size - at)));
        }
    }

    private static Hash256 HashOf(long size)
    {
        using var hasher = Blake3Hasher.Create();
        Feed(size, hasher.Update);
        return hasher.Finish();
    }

    private static void Encrypt(long size, AgeEncryptor age, Stream target)
    {
        var room = new byte[Chunk + AgeFormat.TagSize];
        target.Write(age.Prologue.Span);
        var left = size;
        Feed(size, bytes =>
        {
            left -= bytes.Length;
            target.Write(room, 0, age.Seal(bytes, left == 0, room));
        });
        if (size == 0) target.Write(room, 0, age.Seal([], isLast: true, room));
    }

    private static void Pump(Stream stream, Take take)
    {
        var buffer = new byte[100_000];
        for (int read; (read = stream.Read(buffer)) > 0;) take(buffer.AsSpan(0, read));
    }

    private sealed class Counted : IRandomSource
    {
        private static int _used;

        public void Fill(Span<byte> destination)
        {
            var seed = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(seed, Interlocked.Increment(ref _used));
            for (var at = 0; at < destination.Length; at += 32)
            {
                seed = Blake3.Hash(seed).ToArray();
                seed.AsSpan(0, Math.Min(32, destination.Length - at)).CopyTo(destination[at..]);
            }
        }
    }
}
