using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Tests.Keys;

public sealed class KeyFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Keys => _folder["keys"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void KeysComeBackTheSame()
    {
        using var first = KeyFolder.OpenOrCreate(Keys);
        var brane = first.Brane("replay", out var made);
        Assert.True(made);
        using var second = KeyFolder.OpenOrCreate(Keys);
        Assert.Equal(first.Node.PublicKey, second.Node.PublicKey);
        Assert.Equal(first.Head.PublicKey, second.Head.PublicKey);
        Assert.Equal(brane.PublicKey, second.Brane("replay", out made).PublicKey);
        Assert.False(made);
        Assert.NotEqual(first.Node.PublicKey, first.Head.PublicKey);
        Assert.NotEqual(first.Brane("other", out _).PublicKey, brane.PublicKey);
    }

    [Fact]
    public void FoldersAndFilesAreTheirOwnersAlone()
    {
        using var keys = KeyFolder.OpenOrCreate(Keys);
        keys.Brane("replay", out _);
        foreach (var folder in Directory.GetDirectories(_folder.Path, "*", SearchOption.AllDirectories))
            Assert.Equal(Octal(7, 0, 0), File.GetUnixFileMode(folder));
        var files = Directory.GetFiles(Keys, "*", SearchOption.AllDirectories);
        Assert.Equal(3, files.Length);
        foreach (var file in files) Assert.Equal(Octal(6, 0, 0), File.GetUnixFileMode(file));
    }

    [Theory]
    [InlineData("keys")]
    [InlineData("keys/node.key")]
    [InlineData("keys/head.key")]
    public void ALaxerModeIsRefused(string path)
    {
        KeyFolder.OpenOrCreate(Keys).Dispose();
        File.SetUnixFileMode(_folder[path], File.GetUnixFileMode(_folder[path]) | UnixFileMode.GroupRead);
        var failure = Assert.Throws<OmegaException>(() => KeyFolder.Open(Keys));
        Assert.Equal(ExitCode.WrongKey, failure.Exit);
        Assert.Equal("key_permissions", failure.Code);
    }

    [RootTheory]
    [InlineData("keys")]
    [InlineData("keys/head.key")]
    public void AnotherUsersFileIsRefused(string path)
    {
        KeyFolder.OpenOrCreate(Keys).Dispose();
        using var chown = System.Diagnostics.Process.Start("chown", ["12345", _folder[path]]);
        chown.WaitForExit();
        var failure = Assert.Throws<OmegaException>(() => KeyFolder.Open(Keys));
        Assert.Equal("key_permissions", failure.Code);
        Assert.Contains("12345", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ed25519-seed:00\n")]
    [InlineData("ed25519-seed:zz00000000000000000000000000000000000000000000000000000000000000\n")]
    [InlineData("ed25519-seed:00000000000000000000000000000000000000000000000000000000000000000\n")]
    public void ADamagedFileIsRefusedByName(string text)
    {
        KeyFolder.OpenOrCreate(Keys).Dispose();
        File.WriteAllText(Path.Combine(Keys, "node.key"), text);
        var failure = Assert.Throws<OmegaException>(() => KeyFolder.Open(Keys));
        Assert.Equal("bad_key", failure.Code);
        Assert.Contains("node.key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingKeysAreNoStore()
    {
        var failure = Assert.Throws<OmegaException>(() => KeyFolder.Open(Keys));
        Assert.Equal(ExitCode.NoStore, failure.Exit);
    }

    private static UnixFileMode Octal(int user, int group, int other) =>
        (UnixFileMode)((user << 6) | (group << 3) | other);
}
