using Omega.P2P.Node.Files;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Node.Keys;

/// <summary>
/// The private keys of a node, `keys/` (0700): node.key (the substrate, also the PeerId), head.key (signs the domain's
/// heads), branes/NAME.key. The recovery key is never here: it is shown once and kept offline. Wiped on disposal.
/// </summary>
internal sealed class KeyFolder : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder;
    private readonly Dictionary<string, Ed25519PrivateKey> _branes = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    private KeyFolder(string folder, Ed25519PrivateKey node, Ed25519PrivateKey head)
    {
        _folder = folder;
        Node = node;
        Head = head;
    }

    public Ed25519PrivateKey Node { get; }

    public Ed25519PrivateKey Head { get; }

    /// <summary>
    /// Opens the keys, making those that are not there: an interrupted `init` is completed by the next.
    /// </summary>
    public static KeyFolder OpenOrCreate(string folder)
    {
        Directory.CreateDirectory(folder, Private);
        KeyFile.RequirePrivate(folder, Private);
        Directory.CreateDirectory(Path.Combine(folder, "branes"), Private);
        foreach (var name in (string[])["node", "head"])
        {
            if (File.Exists(PathOf(folder, name))) continue;
            using var made = Ed25519PrivateKey.Generate(SystemRandom.Instance);
            KeyFile.Write(PathOf(folder, name), made);
        }

        return Open(folder);
    }

    public static KeyFolder Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new OmegaException(ExitCode.NoStore, "no_keys", $"there are no keys in {folder}")
            {
                Hint = "omega init makes them",
            };
        KeyFile.RequirePrivate(folder, Private);
        var node = KeyFile.Read(Require(folder, "node"));
        try
        {
            return new KeyFolder(folder, node, KeyFile.Read(Require(folder, "head")));
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>The key of a brane, made on its first use; <paramref name="made"/> says that it was made now.</summary>
    public Ed25519PrivateKey Brane(string name, out bool made)
    {
        lock (_lock)
        {
            made = false;
            if (_branes.TryGetValue(name, out var known)) return known;
            var path = Path.Combine(_folder, "branes", name + ".key");
            if (!File.Exists(path))
            {
                var branes = Path.Combine(_folder, "branes");
                if (!Directory.Exists(branes))
                {
                    Directory.CreateDirectory(branes, Private);
                    DiskFileSystem.SyncFolder(_folder);
                }

                using var fresh = Ed25519PrivateKey.Generate(SystemRandom.Instance);
                KeyFile.Write(path, fresh);
                made = true;
            }

            return _branes[name] = KeyFile.Read(path);
        }
    }

    public void Dispose()
    {
        Node.Dispose();
        Head.Dispose();
        foreach (var brane in _branes.Values) brane.Dispose();
    }

    private static string PathOf(string folder, string name) => Path.Combine(folder, name + ".key");

    private static string Require(string folder, string name)
    {
        var path = PathOf(folder, name);
        return File.Exists(path) ? path : throw KeyFile.Unusable(path, "it is missing");
    }
}
