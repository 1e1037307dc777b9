using System.Security.Cryptography;
using System.Text.Json;
using Omega.P2P.Engine.Ipfs;
using Omega.P2P.Federation.Ipfs;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Ipfs;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Storage;

namespace Omega.P2P.Interop.Tests;

/// <summary>Unmodified Helia, with BLAKE3 among its hash functions, and a node of ours.</summary>
public sealed class HeliaTests : IDisposable
{
    private const int Patience = 55_000;
    private const int NotThere = 1_000;
    private readonly OurNode _ours = new();

    private DomainStore Store => _ours.Service.Store;

    public void Dispose() => _ours.Dispose();

    [HeliaFact]
    public async Task HeliaFetchesAPublishedFileByItsUnixFsRoot()
    {
        var bytes = OurNode.Content("published", 64 << 20);
        var root = _ours.Put(bytes, "public").UnixFs ?? "";
        Assert.StartsWith("bafyb4i", root, StringComparison.Ordinal);
        using var helia = await DialledAsync();
        AssertSame(bytes, await helia.CallAsync("cat", root, Patience));
    }

    [HeliaFact]
    public async Task HeliaFetchesEveryChunkAndASmallContentByRawCids()
    {
        // Helia takes its time with blocks one by one: all 64 MiB with OMEGA_FULL=1.
        var size = Environment.GetEnvironmentVariable("OMEGA_FULL") == "1" ? 64 << 20 : 16 << 20;
        var bytes = OurNode.Content("chunks", size);
        var content = Published(bytes, "public");
        var (small, whole) = (OurNode.Content("small", 1000), OurNode.Content("whole", 900_000));
        var chunks = Store.ChunksOf(content);
        Assert.InRange(chunks.Count, size >> 20, size >> 14);
        using var helia = await DialledAsync();
        var got = await helia.CallAsync("blocks", chunks.Select(c => UnixFsFile.CidOf(c).ToString()), 4 * Patience);
        Assert.Equal(bytes.Length, got.GetInt32());
        AssertSame(small, await helia.CallAsync("block", Published(small, "public").ToCid().ToString(), Patience));
        AssertSame(whole, await helia.CallAsync("block", Published(whole, "public").ToCid().ToString(), Patience));
    }

    [HeliaFact]
    public async Task HeliaGetsNothingThatIsNotPublic()
    {
        var hidden = new[] { "internal", "peers" }
            .Select(audience => Published(OurNode.Content(audience, 1000), audience)).ToList();
        var taken = OurNode.Content("taken back", 1000);
        using var helia = await DialledAsync();
        foreach (var content in hidden)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(
                () => helia.CallAsync("block", content.ToCid().ToString(), NotThere));
        }

        AssertSame(taken, await helia.CallAsync("block", Published(taken, "public").ToCid().ToString(), Patience));
    }

    [HeliaFact]
    public async Task RestartedNodeServesTheSameRoot()
    {
        var bytes = OurNode.Content("restart", 3 << 20);
        var content = Published(bytes, "public");
        var root = UnixFsFile.RootOf(Store, content);
        _ours.Stop();
        _ours.Start();
        Assert.Equal(root, UnixFsFile.RootOf(Store, content));
        using var helia = await DialledAsync();
        AssertSame(bytes, await helia.CallAsync("cat", root.ToString(), Patience));
    }

    [HeliaFact]
    public async Task WeFetchAFileAFolderAndARawBlockFromHelia()
    {
        using var helia = await JsPeer.StartInAsync(JsFactAttribute.HeliaFolder);
        var bytes = OurNode.Content("theirs", 64 << 20);
        var root = (await helia.CallAsync("add", "theirs", 64 << 20)).GetString() ?? "";
        var file = await GetAsync(helia, root);
        Assert.Equal((ContentId.Of(bytes).ToString(), 64 << 20), (file.Put.Cid, (int)file.Put.Size));
        Assert.Equal([helia.PeerId], file.Fetched?.Peers);
        Assert.InRange(file.Fetched?.BytesWire ?? 0, 64 << 20, 66 << 20);
        var small = await GetAsync(helia, (await helia.CallAsync("addRaw", "just a few bytes")).GetString() ?? "");
        Assert.Equal(ContentId.Of("just a few bytes"u8).ToString(), small.Put.Cid);
        var folder = await GetAsync(helia, (await helia.CallAsync("addFolder", 300)).GetString() ?? "");
        Assert.Equal(301, folder.Put.Files);
        Assert.True(ContentId.TryParse(folder.Put.Cid, out var content));
        Assert.Contains(Store.ReadPackage(content).Files, f => f.Path == "a/b/7" && f.Content == ContentId.Of("7"u8));
    }

    [HeliaFact]
    public async Task BlockThatTwoPeersLackIsNotFoundAndOneThatOnlyTheSecondHasIs()
    {
        using var one = await JsPeer.StartInAsync(JsFactAttribute.HeliaFolder);
        using var two = await JsPeer.StartInAsync(JsFactAttribute.HeliaFolder);
        var root = (await two.CallAsync("add", "second", 5 << 20)).GetString() ?? "";
        var got = await GetAsync(root, await AddressOf(one), await AddressOf(two));
        Assert.Equal(ContentId.Of(OurNode.Content("second", 5 << 20)).ToString(), got.Put.Cid);
        Assert.Equal([two.PeerId], got.Fetched?.Peers);
        var absent = ContentId.Of("nobody has this"u8).ToCid().ToString();
        var failure = await Assert.ThrowsAsync<OmegaException>(
            async () => await GetAsync(absent, await AddressOf(one), await AddressOf(two)));
        Assert.Equal(ExitCode.NotFound, failure.Exit);
    }

    private Task<ImportAnswer> GetAsync(JsPeer helia, string cid) => Task.Run(
        async () => await GetAsync(cid, await AddressOf(helia)));

    private Task<ImportAnswer> GetAsync(string cid, params string[] from) => Task.Run(() =>
    {
        Assert.True(Cid.TryParse(cid, out var root));
        using var client = new IpfsClient([.. from.Select(Parsed)], IpfsFetchLimits.Default);
        var order = new PutOrder("file", "personal", [], null);
        var put = new TreeImport(_ours.Service, order, client).Import(root, CancellationToken.None);
        return new ImportAnswer(cid, put) { Fetched = client.Figures };
    });

    private static Multiaddr Parsed(string text)
    {
        Assert.True(Multiaddr.TryParse(text, out var address, out _));
        return address;
    }

    private static async Task<string> AddressOf(JsPeer peer) =>
        (await peer.CallAsync("addresses"))[0].GetString() ?? "";

    private static void AssertSame(byte[] expected, JsonElement got)
    {
        Assert.Equal(expected.Length, got.GetProperty("bytes").GetInt32());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(expected)), got.GetProperty("sha256").GetString());
    }

    private ContentId Published(byte[] bytes, string audience)
    {
        var put = _ours.Put(bytes, audience == "internal" ? null : audience);
        Assert.True(ContentId.TryParse(put.Cid, out var content));
        Assert.Equal(Blake3.Hash(bytes), content.Hash);
        return content;
    }

    private async Task<JsPeer> DialledAsync()
    {
        var helia = await JsPeer.StartInAsync(JsFactAttribute.HeliaFolder);
        await helia.CallAsync("dial", _ours.Address);
        return helia;
    }
}
