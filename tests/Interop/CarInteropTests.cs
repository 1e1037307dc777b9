using System.Diagnostics;
using System.Security.Cryptography;
using Omega.P2P.Node.Ipfs;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Interop.Tests;

/// <summary>CAR files of ipfs-car and @ipld/car are read here, and ours by them.</summary>
public sealed class CarInteropTests : IDisposable
{
    private readonly OurNode _ours = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("omega-car-").FullName;

    private string this[string name] => Path.Combine(_folder, name);

    public void Dispose()
    {
        _ours.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [HeliaFact]
    public void FileOfIpfsCarComesIn()
    {
        var bytes = OurNode.Content("packed", 5_000_000);
        File.WriteAllBytes(this["in.bin"], bytes);
        IpfsCar("pack", this["in.bin"], "--no-wrap", "--output", this["in.car"]);
        var put = Assert.Single(Import(this["in.car"]));
        Assert.Equal(ContentId.Of(bytes).ToString(), put.Cid);
    }

    /// <summary>Over a thousand entries ipfs-car makes a sharded folder.</summary>
    [HeliaFact]
    public void FoldersOfIpfsCarComeInAsPackages()
    {
        Directory.CreateDirectory(this["in/deep/er"]);
        Directory.CreateDirectory(this["in/many"]);
        File.WriteAllText(this["in/ω 雪.txt"], "snow");
        File.WriteAllText(this["in/deep/er/x"], "");
        File.WriteAllBytes(this["in/deep/big"], OurNode.Content("big", 3_000_000));
        for (var i = 0; i < 1200; i++) File.WriteAllText(this[$"in/many/{i}"], $"{i}");
        IpfsCar("pack", this["in"], "--output", this["in.car"]);
        var put = Assert.Single(Import(this["in.car"]));
        Assert.Equal(1203, put.Files);
        Assert.True(ContentId.TryParse(put.Cid, out var content));
        var manifest = _ours.Service.Store.ReadPackage(content);
        var files = Directory.GetFiles(this["in"], "*", SearchOption.AllDirectories)
            .ToDictionary(
                path => Path.GetRelativePath(this["in"], path), path => ContentId.Of(File.ReadAllBytes(path)));
        Assert.Equal(files.Count, manifest.Files.Length);
        Assert.All(manifest.Files, file => Assert.Equal(files[file.Path], file.Content));
    }

    [HeliaFact]
    public void IpfsCarUnpacksWhatWeExportAndFindsEveryBlockSound()
    {
        var bytes = OurNode.Content("exported", 5_000_000);
        Export([_ours.Put(bytes, null).Cid], CarOrder.Sha256);
        IpfsCar("unpack", this["out.car"], "--verify", "--output", this["file"]);
        Assert.Equal(bytes, File.ReadAllBytes(this["file"]));
        Export([Package(bytes)], CarOrder.Sha256, "folder.car");
        IpfsCar("unpack", this["folder.car"], "--verify", "--output", this["out"]);
        Assert.Equal(bytes, File.ReadAllBytes(this["out/a/b.bin"]));
        Assert.Equal("", File.ReadAllText(this["out/empty"]));
    }

    [HeliaFact]
    public async Task HeliaReadsSeveralRootsOfOursOutOfOneFile()
    {
        var (one, two) = (OurNode.Content("one", 3_000_000), OurNode.Content("two", 10));
        Export([_ours.Put(one, null).Cid, _ours.Put(two, null).Cid], CarOrder.Blake3);
        using var helia = await JsPeer.StartInAsync(JsFactAttribute.HeliaFolder);
        var roots = (await helia.CallAsync("car", this["out.car"])).EnumerateArray()
            .Select(r => r.GetString()).ToList();
        Assert.Equal(2, roots.Count);
        foreach (var (root, bytes) in roots.Zip([one, two]))
        {
            var got = await helia.CallAsync("cat", root ?? "", 20_000);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), got.GetProperty("sha256").GetString());
        }
    }

    private static void IpfsCar(params string[] arguments)
    {
        var program = Path.Combine(JsFactAttribute.HeliaFolder, "node_modules", "ipfs-car", "bin.js");
        using var process = Process.Start(new ProcessStartInfo("node", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("node did not start");
        var (said, wrong) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEnd());
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"ipfs-car {string.Join(' ', arguments)}: {said.Result} {wrong}");
    }

    private List<Omega.P2P.Node.Answers.PutAnswer> Import(string path)
    {
        using var car = CarFile.Open(path, _folder, _ => { }, CancellationToken.None);
        var import = new TreeImport(_ours.Service, new PutOrder("file", "personal", [], null), car);
        return [.. car.Roots.Select(root => import.Import(root, CancellationToken.None))];
    }

    private void Export(string[] ids, string hash, string name = "out.car")
    {
        using var target = File.Create(this[name]);
        using var checkedTarget = new CarCheckStream(target, _ => { }, CancellationToken.None);
        _ours.Service.ExportCar(new CarOrder(ids, hash), checkedTarget, CancellationToken.None);
        checkedTarget.RequireWhole();
    }

    private string Package(byte[] bytes)
    {
        using var session = _ours.Service.BeginPackage(
            new PutOrder("file", "personal", [], null), CancellationToken.None);
        var file = new PackageFile("a/b.bin", 0x1a4, session.Add(new MemoryStream(bytes)), bytes.Length);
        var empty = new PackageFile("empty", 0x1a4, session.Add(ReadOnlyMemory<byte>.Empty), 0);
        return session.Complete(PackageManifest.Create([file, empty]), CancellationToken.None).Cid;
    }
}
