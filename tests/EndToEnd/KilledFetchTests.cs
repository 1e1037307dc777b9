namespace Omega.P2P.EndToEnd.Tests;

/// <summary>kill -9 of the receiver in the middle of a large fetch: the next one goes on where it was.</summary>
public sealed class KilledFetchTests
{
    private const long RefetchedMax = 16 << 20;

    private static readonly (int Bytes, int Points) Size = OmegaProgram.IsFull ? (1 << 30, 20) : (32 << 20, 1);

    [Fact]
    public void KilledFetchAsksForFewBytesAgain()
    {
        // Slow enough for a kill to hit it where it shall: a second, or ten.
        using var owner = new TestHome("alice").Init();
        var rate = Size.Bytes / (OmegaProgram.IsFull ? 10 : 1);
        File.AppendAllText(Path.Combine(owner.Home, "omega.toml"),
            FormattableString.Invariant($"\n[limits]\nupload_bytes_per_s = {rate}\n"));
        owner.Up();
        var bytes = Sample.Bytes(Size.Bytes, 7);
        var cid = owner.Put(owner.Write("large.bin", bytes), "--kind", "file", "--publish");
        for (var point = 1; point <= Size.Points; point++)
        {
            using var home = new TestHome($"bob{point}").Init().Up();
            home.Join(owner);
            home.AwaitListed(owner.DomainId, cid);
            KillWhenAt(home, cid, (double)point / (Size.Points + 1));
            home.Up();
            var got = home.Json("get", cid, "-o", "back.bin").Require(0).Object;
            Assert.InRange(got.GetProperty("refetched").GetInt64(), 0, RefetchedMax);
            var kept = Size.Bytes - got.GetProperty("bytes_wire").GetInt64();
            Assert.True(kept > Size.Bytes * (double)point / (Size.Points + 1) - RefetchedMax - (4 << 20),
                $"only {kept} bytes were kept at point {point}");
            Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(home["back.bin"])));
            home.Run("verify").Require(0);
        }
    }

    /// <summary>Kills the receiver once so much of the content has come, by the blocks that it has written.</summary>
    private static void KillWhenAt(TestHome home, string cid, double share)
    {
        using var getting = OmegaProgram.Spawn(OmegaProgram.Launcher, ["get", cid, "--home", home.Home]);
        TestHome.Until(() => Written(home.DomainFolder), written => written >= Size.Bytes * share, seconds: 60);
        home.Kill();
        getting.WaitForExit();
        Assert.NotEqual(0, getting.ExitCode);
    }

    private static long Written(string domain) =>
        new[] { "imports", "blocks/sealed" }.Select(folder => new DirectoryInfo(Path.Combine(domain, folder)))
            .Where(folder => folder.Exists)
            .Sum(folder => folder.EnumerateFiles("*.blk", SearchOption.AllDirectories)
                .Sum(file => file.Exists ? file.Length : 0));
}
