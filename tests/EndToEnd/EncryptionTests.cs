using System.Text;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>`put --tenant` and `get --identity`, by both doors, beside the age program where it is installed.</summary>
public sealed class EncryptionTests : IDisposable
{
    private readonly TestHome _home = new TestHome().Init();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TenantsBytesAreEncryptedHereAndDecryptedHere(bool isDaemon)
    {
        var recipient = _home.Json("key", "gen", "age", "-o", _home["acme.key"]).Require(0).Object.Text("recipient");
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_home["acme.key"]));
        _home.Run("key", "gen", "age", "-o", _home["acme.key"]).Require(7);
        if (isDaemon) _home.Up();
        var tenant = _home.Json("tenant", "add", "acme", "--recipient", recipient).Require(0).Object;
        Assert.Equal("acme", tenant.Text("tenant"));
        var plain = Sample.Bytes(200_000);
        var cid = _home.Put(_home.Write("plan", plain), "--tenant", "acme");
        var again = _home.Put(_home["plan"], "--tenant", "acme");
        Assert.NotEqual(cid, again); // ciphertexts never repeat

        _home.Run("get", cid, "-o", _home["out"], "--identity", _home["acme.key"]).Require(0);
        Assert.Equal(plain, File.ReadAllBytes(_home["out"]));
        Assert.Equal(2, _home.Json("get", cid, "-o", _home["no"]).Require(2).Failure.GetProperty("exit").GetInt32());
        _home.Run("get", cid, "-o", _home["raw"], "--raw").Require(0);
        Assert.StartsWith("age-encryption.org/v1\n-> X25519 ", Encoding.Latin1.GetString(
            File.ReadAllBytes(_home["raw"])));
        AgeDecrypts(_home["raw"], plain);
        Assert.Equal("acme", _home.Json("tenant", "ls").Require(0).Object.Text("tenant"));
        _home.Run("tenant", "rm", "acme", "--yes").Require(0);
        Assert.Empty(_home.Json("tenant", "ls").Require(0).Lines);
        _home.Run("put", _home["plan"], "--tenant", "acme").Require(5);
        _home.Run("get", cid, "-o", "-", "--identity", _home["acme.key"]).Require(0);
    }

    [Fact]
    public void WrongOrOpenKeysAndDamageHaveTheirErrors()
    {
        foreach (var name in (string[])["acme", "other"])
            _home.Run("key", "gen", "age", "-o", _home[name + ".key"]).Require(0);
        var recipient = File.ReadAllLines(_home["acme.key"])[1]["# public key: ".Length..];
        _home.Run("tenant", "add", "acme", "-r", recipient).Require(0);
        var cid = _home.Put(_home.Write("plan", Sample.Bytes(100_000)), "--tenant", "acme");
        var get = (string[])["get", cid, "-o", _home["out"], "--identity"];
        Assert.Equal("wrong_identity", _home.Json([.. get, _home["other.key"]]).Require(12).Failure.Text("code"));
        File.SetUnixFileMode(_home["acme.key"], UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Equal("key_permissions", _home.Json([.. get, _home["acme.key"]]).Require(12).Failure.Text("code"));
        File.SetUnixFileMode(_home["acme.key"], UnixFileMode.UserRead);
        _home.Run("get", cid, "-o", _home["raw"], "--raw").Require(0);
        var raw = File.ReadAllBytes(_home["raw"]);
        foreach (var (bytes, code) in ((byte[], string)[])
            [(raw[..^1], "age_truncated"), ([.. "x"u8, .. raw], "age_not_encrypted"),
            ([.. raw[..22], .. "-> X25519\n\n"u8, .. raw[22..]], "age_stanza")])
        {
            var damaged = _home.Put(_home.Write("damaged", bytes));
            var ended = _home.Json("get", damaged, "-o", _home["out"], "--identity", _home["acme.key"]).Require(4);
            Assert.Equal(code, ended.Failure.Text("code"));
        }

        Assert.False(File.Exists(_home["out"]));
        Assert.Equal("usage", _home.Json("tenant", "add", "x", "-r", "age1nonsense").Require(2).Failure.Text("code"));
    }

    private static void AgeDecrypts(string path, byte[] plain)
    {
        if (Environment.GetEnvironmentVariable("CI") != "true" && !File.Exists("/usr/bin/age")) return;
        var key = Path.Combine(Path.GetDirectoryName(path)!, "acme.key");
        Assert.Equal(plain, OmegaProgram.RunProgram("age", ["-d", "-i", key, path]).Require(0).Bytes);
    }
}
