using System.Security.Cryptography;
using System.Text.Json;
using Omega.P2P.Engine.Ipfs;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
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
        var bytes = OurNode.Content("chunks", 16 << 20);
        var content = Published(bytes, "public");
        var (small, whole) = (OurNode.Content("small", 1000), OurNode.Content("whole", 900_000));
        var chunks = Store.ChunksOf(content);
        Assert.InRange(chunks.Count, 20, 1024);
        using var helia = await DialledAsync();
        var got = await helia.CallAsync("blocks", chunks.Select(c => UnixFsFile.CidOf(c).ToString()), Patience);
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
