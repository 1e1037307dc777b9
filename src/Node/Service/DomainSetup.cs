using System.Net;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Home;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Time;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Storage;

namespace Omega.P2P.Node.Service;

/// <summary>What `init` made or found.</summary>
/// <param name="Peer">PeerId of the node key.</param>
/// <param name="DomainName">The name the domain proposes.</param>
/// <param name="DomainId">`dom:…`; empty where the domain was there before (its status tells it).</param>
/// <param name="RecoveryKey">The secret half, when the domain was made now; it is stored nowhere.</param>
internal sealed record DomainSetup(string Peer, string DomainName, string DomainId, string? RecoveryKey)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// Makes keys and domain where they are missing. A name is needed only then; another one later is refused.
    /// </summary>
    public static DomainSetup Ensure(OmegaHome home, string? name)
    {
        if (Existing(home) is { } existing)
        {
            if (name is not null && name != existing)
                throw new OmegaException(ExitCode.Refused, "domain_exists", $"{home.Root} holds {existing} already")
                {
                    Field = "--name",
                    Hint = "another --home holds another domain",
                };
            using var known = KeyFolder.Open(home.Keys);
            return new(known.Node.PublicKey.ToPeerId().ToString(), existing, "", null);
        }

        name = Names.RequireDomainName(name ?? Names.DefaultDomainName(Environment.UserName));
        Directory.CreateDirectory(home.Root, Private);
        using var keys = KeyFolder.OpenOrCreate(home.Keys);
        using var recovery = Ed25519PrivateKey.Generate(SystemRandom.Instance);
        var genesis = Genesis(name, keys, recovery.PublicKey);
        var disk = new DiskFileSystem(home.Domain(name));
        using (var store = DomainStore.Create(disk, OptionsOf(name), new StoreKeys(keys.Node, keys.Head),
            genesis.Bytes.ToArray(), SystemClock.Now()))
        {
            store.KeepReserve();
            foreach (var folder in (string[])[home.Domains, Path.GetDirectoryName(home.Domains)!, home.Root])
                DiskFileSystem.SyncFolder(folder);
            var peer = keys.Node.PublicKey.ToPeerId().ToString();
            return new(peer, name, store.DomainId.ToString(), KeyFile.Text(recovery));
        }
    }

    public static StoreOptions OptionsOf(string name) => new()
    {
        DomainName = name,
        Random = SystemRandom.Instance,
        Scheduler = Hashing.ThreadPoolScheduler.OfMachine,
    };

    /// <summary>A folder that an interrupted `init` left without a log is no domain yet.</summary>
    private static string? Existing(OmegaHome home) =>
        home.DomainName() is { } name && DomainStore.Exists(new DiskFileSystem(home.Domain(name))) ? name : null;

    private static SignedDam Genesis(string name, KeyFolder keys, Ed25519PublicKey recovery)
    {
        var draft = new DamDraft { Name = name, HeadKey = keys.Head.PublicKey, RecoveryKey = recovery };
        draft.Nodes.Add(NodeName(name, Dns.GetHostName()), keys.Node.PublicKey);
        return SignedDam.Create(Dam.Genesis(draft), keys.Head);
    }

    /// <summary>`alice-pi`: the domain's first word and the machine's name, as far as a tag can hold them.</summary>
    internal static string NodeName(string domain, string machine)
    {
        var host = string.Concat(machine.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
        var name = $"{domain.Split('.')[0]}-{host}".Trim('-');
        return Tag.IsValid(name) ? name : "node";
    }
}
