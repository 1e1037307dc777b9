using System.Security.Cryptography;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Packages;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Node.Keys;

/// <summary>
/// One private key in one file: the line `ed25519-seed:` + 64 hex digits, mode 0600. What was read is wiped; a file
/// that others may read, or that another user owns, is refused rather than repaired: the key may be known already.
/// </summary>
internal static class KeyFile
{
    private const int LengthMax = 256;

    private static ReadOnlySpan<byte> Mark => "ed25519-seed:"u8;

    public static Ed25519PrivateKey Read(string path)
    {
        RequirePrivate(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var handle = File.OpenHandle(path);
        Span<byte> text = stackalloc byte[LengthMax];
        Span<byte> seed = stackalloc byte[Ed25519PrivateKey.SeedLength];
        try
        {
            var length = RandomAccess.Read(handle, text, 0);
            var line = text[..length].TrimEnd("\n"u8);
            if (!line.StartsWith(Mark) || line.Length != Mark.Length + 2 * seed.Length ||
                !TryFromHex(line[Mark.Length..], seed))
                throw Unusable(path, "it is not a key file");
            return Ed25519PrivateKey.FromSeed(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Writes a new file, durable with its name; an existing one is never overwritten.</summary>
    public static void Write(string path, Ed25519PrivateKey key)
    {
        Span<byte> seed = stackalloc byte[Ed25519PrivateKey.SeedLength];
        Span<byte> line = stackalloc byte[Mark.Length + 2 * seed.Length + 1];
        try
        {
            key.ExportSeed(seed);
            Mark.CopyTo(line);
            for (var i = 0; i < seed.Length; i++)
            {
                line[Mark.Length + 2 * i] = Digit(seed[i] >> 4);
                line[Mark.Length + 2 * i + 1] = Digit(seed[i] & 15);
            }

            line[^1] = (byte)'\n';
            WriteDurably(path, line);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
            CryptographicOperations.ZeroMemory(line);
        }
    }

    /// <summary>The line of a key, for the one that is shown and not stored.</summary>
    public static string Text(Ed25519PrivateKey key)
    {
        Span<byte> seed = stackalloc byte[Ed25519PrivateKey.SeedLength];
        try
        {
            key.ExportSeed(seed);
            return "ed25519-seed:" + Convert.ToHexStringLower(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Refuses a path that anyone but this user can reach, and one that another user owns.</summary>
    public static void RequirePrivate(string path, UnixFileMode allowed)
    {
        var stat = PathCalls.StatOf(path);
        var wanted = stat.Kind == PathKind.Folder ? "700" : "600";
        if (stat.Owner != LibC.UserId() && stat.Owner != 0)
            throw Reachable(path, $"belongs to another user (id {stat.Owner})", $"chown $(id -u) '{path}'");
        if ((stat.Mode & ~(int)allowed) != 0)
        {
            var mode = Convert.ToString(stat.Mode, 8);
            throw Reachable(path, $"may be used by others (mode {mode})", $"chmod {wanted} '{path}'");
        }
    }

    private static OmegaException Reachable(string path, string how, string cure) =>
        new(ExitCode.WrongKey, "key_permissions", $"{path} {how}")
        {
            Hint = $"{cure}, and make new keys if somebody may have read it",
            Field = path,
        };

    public static OmegaException Unusable(string path, string why) =>
        new(ExitCode.WrongKey, "bad_key", $"{path} cannot be used: {why}") { Field = path };

    /// <summary>Writes a new file, 0600, durable with its name; an existing one is never overwritten.</summary>
    public static void WriteDurably(string path, ReadOnlySpan<byte> line)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(line);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: false);
        DiskFileSystem.SyncFolder(Path.GetDirectoryName(path)!);
    }

    private static byte Digit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);

    private static bool TryFromHex(ReadOnlySpan<byte> hex, Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            int high = Value(hex[2 * i]), low = Value(hex[2 * i + 1]);
            if (high < 0 || low < 0) return false;
            bytes[i] = (byte)((high << 4) | low);
        }

        return true;
    }

    private static int Value(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        _ => -1,
    };
}
