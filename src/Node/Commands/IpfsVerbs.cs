using System.CommandLine;
using Omega.P2P.Federation.Ipfs;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Ipfs;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega ipfs get`.</summary>
internal static class IpfsVerbs
{
    private static readonly Argument<string> CidText = new("CID")
    {
        Description = "A raw block or a UnixFS file or folder, by SHA2-256 or BLAKE3; ipfs:// and /ipfs/ before it "
            + "count for nothing",
    };

    private static readonly Option<string[]> From = new("--from")
    {
        Description = "Where a peer that has it may be reached, such as /ip4/192.0.2.1/tcp/4001/p2p/12D3…; repeatable",
        HelpName = "MULTIADDR",
        Required = true,
    };

    private static readonly Option<string> Patience = new("--patience")
    {
        Description = "Give up when no block came for so long",
        HelpName = "TIME",
        DefaultValueFactory = _ => "30s",
    };

    public static Verb Create() => new Verb("ipfs", "Peers that speak IPFS").With(
        new Verb("get", "Fetch a CID from IPFS peers by bitswap, each block checked, and take it in: a file, or a "
            + "folder as a package",
            "omega ipfs get bafy… --from /ip4/127.0.0.1/tcp/4001/p2p/12D3…",
            "omega ipfs get Qm… --from /dns4/node.lan/tcp/4001 --kind snapshot.vm --publish")
            .With(CidText, From, Patience, PutOptions.Kind, PutOptions.Brane, PutOptions.Meta, PutOptions.Publish,
                PutOptions.Public, PutOptions.Audience)
            .Does(Get));

    private static ExitCode Get(CommandContext context)
    {
        var root = CidOf(context.Get(CidText));
        var from = (context.Get(From) ?? []).Select(AddressOf).ToList();
        var limits = IpfsFetchLimits.Default with
        {
            Patience = TimeSpan.FromMilliseconds(Periods.Parse(context.Get(Patience)!, "--patience")),
        };
        if (from.Count > limits.Peers)
            throw OmegaException.Usage($"at most {limits.Peers} peers are asked", "--from");
        var order = PutOptions.Order(context);
        using var service = Services.Open(context);
        using var client = new IpfsClient(from, limits);
        var import = new TreeImport(service, order, client)
        {
            OnProgress = (bytes, total) => Show(context.Terminal, client, bytes, total),
        };
        context.Terminal.Progress($"looking for {root}");
        var put = import.Import(root, context.Cancel);
        ImportAnswer.Show(context.Terminal, order, new ImportAnswer(root.ToString(), put) { Fetched = client.Figures });
        return ExitCode.Ok;
    }

    private static void Show(Terminal terminal, IpfsClient client, long bytes, long total)
    {
        var seconds = Math.Max(client.Figures.Seconds, 0.001);
        var done = total < 0 ? Figures.Bytes(bytes) : $"{Figures.Bytes(bytes)} of {Figures.Bytes(total)}";
        terminal.Progress($"{done}, {Figures.Bytes((long)(bytes / seconds))}/s from {client.Standing}");
    }

    private static Cid CidOf(string text)
    {
        var bare = text;
        foreach (var prefix in (string[])["ipfs://", "/ipfs/"])
        {
            if (bare.StartsWith(prefix, StringComparison.Ordinal)) bare = bare[prefix.Length..];
        }

        bare = bare.TrimEnd('/');
        if (bare.Contains('/', StringComparison.Ordinal))
            throw OmegaException.Usage("a path below a CID is not followed", "CID",
                "get the folder, or the file's own CID");
        return Cid.TryParse(bare, out var cid)
            ? cid
            : throw OmegaException.Usage($"'{text}' is no CID", "CID",
                "it begins with b (version 1) or Qm (version 0)");
    }

    private static Multiaddr AddressOf(string text) =>
        Multiaddr.TryParse(text, out var address, out _) && address.TryGetTcp(out _, out _)
            ? address
            : throw OmegaException.Usage($"'{text}' is no address of TCP", "--from",
                "write /ip4/192.0.2.1/tcp/4001/p2p/12D3…, /ip6/… or /dns4/…");
}
