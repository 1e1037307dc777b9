using System.Security.Cryptography;
using System.Text;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Node.Keys;

/// <summary>
/// A file of age identities as age-keygen writes it: one `AGE-SECRET-KEY-1…` a line, blank lines and `#` comments.
/// Mode 0600 or it is refused, like every key file. What was read is wiped.
/// </summary>
internal static class IdentityFile
{
    private const int LengthMax = 64 * 1024;

    /// <summary>At least one identity; the caller disposes them.</summary>
    /// <exception cref="OmegaException">Exit 12: it may be read by others, or holds no usable identity.</exception>
    public static IReadOnlyList<AgeIdentity> Read(string path)
    {
        if (!File.Exists(path))
            throw new OmegaException(ExitCode.NotFound, "no_such_file", $"there is no file {path}")
            {
                Field = "--identity",
            };
        KeyFile.RequirePrivate(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var text = GC.AllocateUninitializedArray<byte>(LengthMax + 1, pinned: true);
        try
        {
            using var handle = File.OpenHandle(path);
            var length = RandomAccess.Read(handle, text, 0);
            if (length > LengthMax) throw KeyFile.Unusable(path, $"it is over {LengthMax} bytes");
            return Parse(path, text.AsSpan(0, length));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>Writes a new file, 0600, durable with its name; an existing one is never overwritten.</summary>
    public static void Write(string path, AgeIdentity identity, Instant now)
    {
        var created = Figures.Time(now.UnixMs);
        var head = Encoding.ASCII.GetBytes($"# created: {created}\n# public key: {identity.Recipient}\n");
        var text = GC.AllocateUninitializedArray<byte>(head.Length + AgeIdentity.TextLength + 1, pinned: true);
        try
        {
            head.CopyTo(text, 0);
            identity.Export(text.AsSpan(head.Length, AgeIdentity.TextLength));
            text[^1] = (byte)'\n';
            var target = Path.GetFullPath(path);
            if (File.Exists(target) || Directory.Exists(target))
                throw new OmegaException(ExitCode.Refused, "file_exists", $"{path} is there already")
                {
                    Hint = "a key file is never replaced: name another",
                    Field = "--output",
                };
            if (!Directory.Exists(Path.GetDirectoryName(target)))
                throw OmegaException.Usage($"there is no folder {Path.GetDirectoryName(target)}", "--output");
            KeyFile.WriteDurably(target, text);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private static List<AgeIdentity> Parse(string path, ReadOnlySpan<byte> text)
    {
        var identities = new List<AgeIdentity>();
        var number = 0;
        try
        {
            foreach (var range in text.Split((byte)'\n'))
            {
                number++;
                var line = text[range].TrimEnd((byte)'\r');
                if (line.IsEmpty || line[0] == '#') continue;
                if (!AgeIdentity.TryParse(line, out var identity))
                    throw KeyFile.Unusable(path, $"line {number} is no X25519 identity of age");
                identities.Add(identity);
            }

            return identities.Count > 0 ? identities : throw KeyFile.Unusable(path, "it holds no identity");
        }
        catch
        {
            identities.ForEach(identity => identity.Dispose());
            throw;
        }
    }
}
