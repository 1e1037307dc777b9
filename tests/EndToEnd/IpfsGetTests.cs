namespace Omega.P2P.EndToEnd.Tests;

/// <summary>`omega ipfs get` from another node, which it does not know: by what anybody may have.</summary>
public sealed class IpfsGetTests : IDisposable
{
    private readonly TestHome _alice = new TestHome().Init();
    private readonly TestHome _bob = new TestHome("bob").Init();

    public void Dispose()
    {
        _alice.Dispose();
        _bob.Dispose();
    }

    [Fact]
    public void PublicFileOfAStrangerBecomesAnArtifactAndTheRestIsNotThere()
    {
        _alice.Up();
        _bob.Up();
        var address = _alice.Ready.GetProperty("listen")[0].GetString() ?? "";
        var put = _alice.Json("put", _alice.Write("f", Sample.Bytes(9_000_000)), "--public").Require(0).Object;
        var hidden = _alice.Json("put", _alice.Write("h", Sample.Bytes(1000)), "--publish").Require(0).Object;

        var got = _bob.Json("ipfs", "get", "ipfs://" + put.Text("unixfs"), "--from", address).Require(0).Object;
        Assert.Equal(put.Text("cid"), got.Text("cid"));
        Assert.Equal(put.Text("unixfs"), got.Text("root"));
        Assert.InRange(got.GetProperty("bytes_wire").GetInt64(), 9_000_000, 9_200_000);
        Assert.InRange(got.GetProperty("blocks").GetInt64(), 20, 1000);
        Assert.Equal(_alice.Ready.Text("peer"), got.GetProperty("peers")[0].GetString());
        _bob.Run("get", put.Text("cid"), "-o", _bob["out"]).Require(0);
        Assert.Equal(Sample.Bytes(9_000_000), File.ReadAllBytes(_bob["out"]));

        // Without a daemon of its own, and without the peer's name.
        Assert.Equal(0, _bob.Stop());
        var bare = address.Split("/p2p/")[0];
        Assert.True(_bob.Json("ipfs", "get", put.Text("unixfs"), "--from", bare).Require(0).Object
            .GetProperty("already_there").GetBoolean());

        Fails(5, "not_found", hidden.Text("cidv1"), address);
        var other = address.Replace(_alice.Ready.Text("peer"), _bob.Ready.Text("peer"), StringComparison.Ordinal);
        Assert.Contains("WrongPeer", Fails(8, "unreachable", put.Text("unixfs"), other), StringComparison.Ordinal);
        Fails(8, "unreachable", put.Text("unixfs"), "/ip4/127.0.0.1/tcp/1");
        Fails(2, "usage", "b3:1234", address);
        Fails(2, "usage", put.Text("unixfs"), "127.0.0.1:4001");
        Fails(7, "unsupported_codec", "bafyreigwjh3l3cyhdr7l3xxrdqsdgqa2uxyyvsrgzzypmoxe6qzbzu2cda", address);
        Assert.Single(_bob.Json("ls").Require(0).Objects);
    }

    private string Fails(int exit, string code, string cid, string from)
    {
        var failure = _bob.Json("ipfs", "get", cid, "--from", from).Require(exit).Failure;
        Assert.Equal(code, failure.Text("code"));
        return failure.Text("message");
    }
}
