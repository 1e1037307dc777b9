namespace Omega.P2P.EndToEnd.Tests;

/// <summary>
/// A domain on a real file system that somebody else fills up to the last bytes: each operation then works or says
/// <c>disk_full</c>, nothing acknowledged is lost, and removing and collecting work at once, without anybody making
/// room first. Every operation with <c>OMEGA_FULL=1</c>, also on ext4.
/// </summary>
public sealed class FullDiskTests : IDisposable
{
    private const long DiskBytes = 96L << 20;

    private static readonly string[] Operations =
    [
        "put large", "gc", "put small", "put many", "publish", "evict", "repack", "scrub", "reindex", "hold", "pin",
        "schema", "get", "up",
    ];

    private readonly string _mount = Directory.CreateTempSubdirectory("omega-full-").FullName;
    private readonly string _elsewhere = Directory.CreateTempSubdirectory("omega-full-").FullName;
    private readonly List<(string Cid, uint Seed, int Size)> _kept = [];
    private bool _isMounted;
    private uint _seed;

    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var operation in OmegaProgram.IsFull ? Operations : Operations[..1]) rows.Add("tmpfs", operation);
            foreach (var operation in OmegaProgram.IsFull ? Operations : []) rows.Add("ext4", operation);
            return rows;
        }
    }

    private string Home => Path.Combine(_mount, "home");

    private string Ballast => Path.Combine(_mount, "ballast");

    public void Dispose()
    {
        if (_isMounted) OmegaProgram.RunProgram("umount", [_mount]).Require(0);
        Directory.Delete(_mount);
        Directory.Delete(_elsewhere, recursive: true);
    }

    [SmallDiskTheory]
    [MemberData(nameof(Rows))]
    public void OperationOnAFullDiskIsAClearErrorAndTheNextDeleteWorks(string fileSystem, string operation)
    {
        Mount(fileSystem);
        Omega("init", "--name", "alice.personal").Require(0);
        Keep(300_000);
        Keep(2_000);
        foreach (var left in OmegaProgram.IsFull ? (long[])[0, 8 << 10, 64 << 10, 700 << 10] : [0])
        {
            var (victim, other) = (Put(400_000), Put(3_000));
            if (operation == "gc") Omega("rm", other, "--yes").Require(0);
            Fill(left);

            var ended = operation == "up" ? Up() : Omega(Arguments(operation));
            AssertDoneOrFull(ended, operation);
            AssertDeletes(victim);

            File.Delete(Ballast);
            Omega("gc", "run", "--grace", "0s", "--trust-clock").Require(0);
            Omega("rm", other, "--yes");
        }

        foreach (var (cid, seed, size) in _kept)
        {
            var path = Path.Combine(_elsewhere, "out");
            Omega("get", cid, "-o", path, "--force").Require(0);
            Assert.Equal(Sample.Bytes(size, seed), File.ReadAllBytes(path));
        }

        Omega("verify").Require(0);
    }

    private string[] Arguments(string operation)
    {
        var tree = Directory.CreateDirectory(Path.Combine(_elsewhere, "tree")).FullName;
        var schema = Path.Combine(_elsewhere, "schema");
        File.WriteAllText(schema, "{}");
        for (uint i = 0; i < 40; i++)
            File.WriteAllBytes(Path.Combine(tree, $"{i}"), Sample.Bytes(20_000, _seed + 100 + i));
        var kept = _kept[0].Cid;
        return operation switch
        {
            "put large" => ["put", Write(5_000_000)],
            "put small" => ["put", Write(500)],
            "put many" => ["put", "--recursive", tree],
            "gc" => ["gc", "run", "--grace", "0s", "--trust-clock"],
            "publish" => ["publish", kept],
            "evict" => ["evict", kept],
            "repack" => ["repack", "--fill", "100"],
            "scrub" => ["scrub", "start"],
            "reindex" => ["reindex"],
            "hold" => ["hold", "add", kept, "--name", "case"],
            "pin" => ["pin", "add", kept],
            "schema" => ["schema", "add", "kind", schema],
            "get" => ["get", kept, "-o", Path.Combine(_mount, "out"), "--force"],
            _ => throw new ArgumentException(operation),
        };
    }

    /// <summary>Starts on the full disk, and stops.</summary>
    private Ended Up()
    {
        using var daemon = OmegaProgram.Spawn(OmegaProgram.Launcher,
        [
            "up", "--json", "--listen", "/ip4/127.0.0.1/tcp/0", "--control", "127.0.0.1:0", "--no-discovery",
            "--home", Home,
        ]);
        var error = daemon.StandardError.ReadToEndAsync();
        var ready = daemon.StandardOutput.ReadLine();
        if (ready is not null) OmegaProgram.RunProgram("kill", ["-TERM", $"{daemon.Id}"]).Require(0);
        Assert.True(daemon.WaitForExit(TimeSpan.FromSeconds(20)), "the daemon did not stop");
        return new Ended("up", daemon.ExitCode, [], error.Result);
    }

    private static void AssertDoneOrFull(Ended ended, string operation)
    {
        if (ended.Exit == 0) return;
        // Without a holder elsewhere nothing is evicted, room or not.
        if (operation == "evict" && ended.Exit is 6 or 7) return;
        Assert.True(ended.Exit == 1 && ended.Failure.Text("code") == "disk_full", $"{ended.Exit}: {ended.Error}");
        Assert.NotEmpty(ended.Failure.Text("hint"));
    }

    private void AssertDeletes(string victim)
    {
        var listed = Omega("ls").Require(0).Objects.ToDictionary(one => one.Text("cid"), one => one.Text("state"));
        foreach (var (cid, _, _) in _kept) Assert.Equal("local", listed.GetValueOrDefault(cid, "gone"));
        Omega("rm", victim, "--yes").Require(0);
        Assert.DoesNotContain(Omega("ls").Require(0).Objects, one => one.Text("cid") == victim);
        Omega("gc", "run", "--grace", "0s", "--trust-clock").Require(0);
    }

    private void Keep(int size)
    {
        var cid = Put(size);
        _kept.Add((cid, _seed, size));
    }

    private string Put(int size) => Omega("put", Write(size)).Require(0).Object.Text("cid");

    private string Write(int size)
    {
        var path = Path.Combine(_elsewhere, "in");
        File.WriteAllBytes(path, Sample.Bytes(size, ++_seed));
        return path;
    }

    private Ended Omega(params string[] arguments) => OmegaProgram.Run([.. arguments, "--json", "--home", Home]);

    private void Mount(string fileSystem)
    {
        if (fileSystem == "tmpfs")
        {
            OmegaProgram.RunProgram("mount", ["-t", "tmpfs", "-o", $"size={DiskBytes}", "omega", _mount]).Require(0);
        }
        else
        {
            var image = Path.Combine(_elsewhere, "image");
            using (var file = File.Create(image)) file.SetLength(DiskBytes);
            OmegaProgram.RunProgram("mkfs.ext4", ["-q", "-m", "0", image]).Require(0);
            OmegaProgram.RunProgram("mount", ["-o", "loop", image, _mount]).Require(0);
        }

        _isMounted = true;
    }

    /// <summary>Takes all room but so many bytes.</summary>
    private void Fill(long left)
    {
        using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in (int[])[1 << 20, 4096])
        {
            try
            {
                var noise = Sample.Bytes(size, 7);
                while (true) file.Write(noise);
            }
            catch (IOException)
            {
                continue; // no room for one more of these
            }
        }

        file.SetLength(Math.Max(0, file.Length - left));
        file.Flush(flushToDisk: true);
    }
}
