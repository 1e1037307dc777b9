namespace Omega.P2P.EndToEnd.Tests;

/// <summary>`omega car`: what goes out comes in again the same.</summary>
public sealed class CarTests : IDisposable
{
    private readonly TestHome _alice = new TestHome().Init();
    private readonly TestHome _bob = new TestHome("bob").Init();

    public void Dispose()
    {
        _alice.Dispose();
        _bob.Dispose();
    }

    [Fact]
    public void FilesAndATreeGoOutAndComeInTheSame()
    {
        _alice.Up(); // one with a daemon, one without
        var big = _alice.Put(_alice.Write("big", Sample.Bytes(3_000_000)));
        var empty = _alice.Put(_alice.Write("empty", []));
        Directory.CreateDirectory(_alice["tree/a"]);
        File.WriteAllText(_alice["tree/a/f.txt"], "text");
        File.CreateSymbolicLink(_alice["tree/link"], "a/f.txt");
        Directory.CreateDirectory(_alice["tree/hollow"]);
        var tree = _alice.Json("put", "-r", _alice["tree"]).Require(0).Object.Text("cid");

        var car = _bob["all.car"];
        var wrote = _alice.Json("car", "export", big, empty, tree, "-o", car).Require(0).Object;
        Assert.Equal(new FileInfo(car).Length, wrote.GetProperty("bytes").GetInt64());
        Assert.Equal(3, wrote.GetProperty("roots").GetArrayLength());
        var got = _bob.Json("car", "import", car, "--publish").Require(0).Objects;
        Assert.Equal([big, empty, tree], got.Select(o => o.Text("cid")));
        Assert.Equal(wrote.GetProperty("roots")[0].GetString(), got[0].Text("root"));
        Assert.All(got, o => Assert.Equal("peers", o.Text("visibility")));
        _bob.Run("get", tree, "-o", _bob["out"]).Require(0);
        Assert.Equal("text", File.ReadAllText(_bob["out/link"]));
        Assert.True(Directory.Exists(_bob["out/hollow"]));

        // By stdout and stdin, and by the other hash.
        var piped = _alice.Run("car", "export", big, "--hash", "sha2-256", "-o", "-").Require(0);
        Assert.Equal(big, _bob.Feed(piped.Bytes, "car", "import", "-", "--json").Require(0).Object.Text("cid"));
        Assert.Empty(Directory.GetFiles(_bob.Home, "*.car"));
    }

    [Fact]
    public void WhatIsWrongIsSaidByExitCodeAndNothingIsTakenIn()
    {
        var cid = _alice.Put(_alice.Write("f", Sample.Bytes(2_000_000)));
        var car = _alice["f.car"];
        _alice.Json("car", "export", cid, "-o", car).Require(0);
        Assert.Equal("file_exists", _alice.Json("car", "export", cid, "-o", car).Require(7).Failure.Text("code"));
        _alice.Json("car", "export", cid, "-o", car, "--force").Require(0);
        Assert.Equal("--hash", _alice.Json("car", "export", cid, "-o", "x", "--hash", "md5").Require(2).Failure.Text(
            "field"));
        Assert.False(File.Exists("x"));

        var bytes = File.ReadAllBytes(car);
        Refused(bytes[..^1], 4, "broken_car");
        Refused([.. bytes[..1000], (byte)~bytes[1000], .. bytes[1001..]], 4, "broken_car");
        Refused("no car file, but something else that is longer than its first byte says, by far: 0123456789abcdef"u8
            .ToArray(), 4, "not_a_car");
        // Cut between two sections: sound as far as it goes, but not all is there.
        var end = 0;
        for (var at = 0; at < 500_000; at = end) end = at + Section(bytes, at);
        Refused(bytes[..end], 5, "block_missing");
        Assert.Equal("no_such_file", _bob.Json("car", "import", "absent").Require(5).Failure.Text("code"));
        Assert.Empty(_bob.Json("ls").Require(0).Objects);
    }

    private void Refused(byte[] bytes, int exit, string code) => Assert.Equal(
        code, _bob.Json("car", "import", _bob.Write("bad.car", bytes)).Require(exit).Failure.Text("code"));

    /// <summary>Length of what begins at an offset, its own length included.</summary>
    private static int Section(byte[] bytes, int at)
    {
        var (length, shift, start) = (0, 0, at);
        for (; bytes[at] >= 0x80; at++, shift += 7) length |= (bytes[at] & 0x7f) << shift;
        return (length | bytes[at] << shift) + at + 1 - start;
    }
}
