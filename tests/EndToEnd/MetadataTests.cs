namespace Omega.P2P.EndToEnd.Tests;

/// <summary>`schema`, `put --meta-json` and `put --digest`, by both doors.</summary>
public sealed class MetadataTests : IDisposable
{
    private readonly TestHome _home = new TestHome().Init();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SchemaIsEnforcedAndTheErrorNamesThePath(bool isDaemon)
    {
        if (isDaemon) _home.Up();
        var schema = _home.Write("s.json", """
            {"type":"object","required":["run"],"properties":{"run":{"type":"object","properties":{"n":{"minimum":1}}}}}
            """u8.ToArray());
        _home.Run("schema", "add", "guide-board.run.v1", schema).Require(0);
        Assert.Equal("guide-board.run.v1", _home.Json("schema", "ls").Require(0).Object.Text("kind"));
        Assert.Contains("required", _home.Run("schema", "show", "guide-board.run.v1").Require(0).Output);
        var file = _home.Write("f", [1, 2, 3]);
        var put = (string[])["put", file, "--kind", "guide-board.run.v1"];
        var good = _home.Write("good.json", """{"run":{"n":3}}"""u8.ToArray());
        var bad = _home.Write("bad.json", """{"run":{"n":0}}"""u8.ToArray());
        _home.Json([.. put, "--meta-json", good, "--meta", "more=x"]).Require(0);
        var refused = _home.Json([.. put, "--meta-json", bad]).Require(7).Failure;
        Assert.Equal(("schema_violation", "/run/n"), (refused.Text("code"), refused.Text("field")));
        Assert.Equal("/run", _home.Json(put).Require(7).Failure.Text("field"));
        var remote = _home.Write("r.json", """{"$ref":"https://example.org/x"}"""u8.ToArray());
        Assert.Equal("schema_refused", _home.Json("schema", "add", "a.b", remote).Require(7).Failure.Text("code"));
        _home.Run("schema", "rm", "guide-board.run.v1", "--yes").Require(0);
        _home.Json(put).Require(0);
        _home.Run("schema", "show", "guide-board.run.v1").Require(5);
        _home.Run("put", file, "--meta-json", file).Require(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sha256FindsWhatWasPut(bool isDaemon)
    {
        if (isDaemon) _home.Up();
        var bytes = Sample.Bytes(100_000);
        var file = _home.Write("f", bytes);
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
        var put = _home.Json("put", file, "--digest", "sha256").Require(0).Object;
        Assert.Equal($"sha256:{digest}", put.Text("sha256"));
        Assert.Equal(bytes, _home.Run("get", $"sha256:{digest}", "-o", "-").Require(0).Bytes);
        Assert.Equal(bytes, _home.Run("get", $"sha256:{digest[..6]}", "-o", "-").Require(0).Bytes);
        _home.Run("put", file, "--digest", "md5").Require(2);
        _home.Run("get", "sha256:00000000", "-o", "-").Require(5);
    }
}
