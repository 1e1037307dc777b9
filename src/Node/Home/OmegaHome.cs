using System.Security.Cryptography;
using System.Text;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Home;

/// <summary>
/// Where everything of one node lies. `--home`, else OMEGA_HOME, else $XDG_DATA_HOME/omega, else ~/.local/share/omega.
/// </summary>
internal sealed class OmegaHome
{
    /// <summary>
    /// A unix socket's address holds 108 bytes with its end mark; beyond 100 the path moves elsewhere.
    /// </summary>
    private const int SocketPathBytesMax = 100;

    private OmegaHome(string root) => Root = root;

    public string Root { get; }

    public string ConfigFile => Path.Combine(Root, "omega.toml");

    public string Keys => Path.Combine(Root, "keys");

    public string Mesh => Path.Combine(Root, "mesh");

    public string Domains => Path.Combine(Root, "asl", "domains");

    /// <summary>The secret that the control API on 127.0.0.1 asks for; 0600, made anew by each `up`.</summary>
    public string TokenFile => Path.Combine(Root, "control.token");

    /// <summary>Where the running daemon listens, `http://127.0.0.1:5310`.</summary>
    public string ControlFile => Path.Combine(Root, "control.url");

    public string Socket { get; private init; } = "";

    public static OmegaHome Of(string? flag, Func<string, string?> environment)
    {
        var root = NonEmpty(flag) ?? NonEmpty(environment("OMEGA_HOME")) ?? DefaultRoot(environment);
        root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        return new OmegaHome(root) { Socket = SocketPath(root, environment) };
    }

    public string Domain(string name) => Path.Combine(Domains, name);

    /// <summary>The name of the one domain of this home; null before `init`.</summary>
    public string? DomainName()
    {
        if (!Directory.Exists(Domains)) return null;
        var names = Directory.GetDirectories(Domains).Select(d => Path.GetFileName(d)!)
            .Where(n => !n.StartsWith('.')).Order(StringComparer.Ordinal).ToList();
        return names.Count switch
        {
            0 => null,
            1 => names[0],
            _ => throw new OmegaException(ExitCode.Error, "several_domains",
                $"{Domains} holds {string.Join(", ", names)}; a home has one domain")
            {
                Hint = "move the others to homes of their own",
            },
        };
    }

    public string RequireDomainName() => DomainName() ?? throw new OmegaException(ExitCode.NoStore, "no_store",
        $"there is no domain in {Root}")
    {
        Hint = "omega init makes one, and so does omega up",
    };

    private static string DefaultRoot(Func<string, string?> environment)
    {
        if (NonEmpty(environment("XDG_DATA_HOME")) is { } data && Path.IsPathRooted(data))
            return Path.Combine(data, "omega");
        var user = NonEmpty(environment("HOME")) ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (user.Length == 0)
            throw OmegaException.Usage("there is no home folder to keep things in", "home", "--home DIR");
        return Path.Combine(user, ".local", "share", "omega");
    }

    private static string SocketPath(string root, Func<string, string?> environment)
    {
        var usual = Path.Combine(root, "omega.sock");
        if (Encoding.UTF8.GetByteCount(usual) <= SocketPathBytesMax) return usual;
        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)).AsSpan(0, 8));
        var folder = NonEmpty(environment("XDG_RUNTIME_DIR")) ?? Path.GetTempPath();
        return Path.Combine(folder, $"omega-{mark}.sock");
    }

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
