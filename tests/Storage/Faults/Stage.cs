using System.Text;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Recovery;
using Omega.P2P.Storage.Tests.Ingest;

namespace Omega.P2P.Storage.Tests.Faults;

/// <summary>
/// A store in which every operation finds something to do, and what a reader sees of it as text: two stores that say
/// the same tell no reader apart.
/// </summary>
internal sealed class Stage : IDisposable
{
    public static readonly StoreLimits Limits = new()
    {
        InlineContentMax = 4 * 1024,
        InlineRecordMax = 8 * 1024,
        SmallBlockTarget = 64 * 1024,
        LargeBlockTarget = 100 * 1024,
        IngestBuffer = 2 * 1024 * 1024,
        LogSegmentTarget = 64 * 1024,
        IdleBlockMin = 4 * 1024,
        UnsyncedBlocksMax = 2,
        CollectionStep = 128 * 1024,
        IndexQuietEntries = 1,
        ReserveBytes = 128 * 1024,
    };

    private static readonly MemoryFileSystem Built = Build();

    private readonly Func<MemoryFileSystem, IFileSystem>? _through;

    private Stage(MemoryFileSystem disk, Func<MemoryFileSystem, IFileSystem>? through)
    {
        _through = through;
        Disk = disk;
        Test = new TestStore(disk, Limits, create: false, through: through);
    }

    public MemoryFileSystem Disk { get; }

    public TestStore Test { get; private set; }

    public DomainStore Store => Test.Store;

    /// <summary>When artifacts come in, in seconds.</summary>
    public long Clock { get; set; }

    /// <summary>A fresh copy of the same store.</summary>
    /// <param name="through">What the store sees in the place of the disk.</param>
    public static Stage Open(Func<MemoryFileSystem, IFileSystem>? through = null) => new(Built.Copy(), through);

    public static Instant Now(long seconds) => TestStore.Now(1_000 + seconds);

    /// <summary>Bytes of an artifact of the stage, by its name.</summary>
    public static byte[] BytesOf(string name) => TestStore.Bytes(
        name.Sum(letter => letter) * 1000 + name.Length,
        name.StartsWith("huge", StringComparison.Ordinal) ? ImportBatch.WholeMax + 100_000
        : name.StartsWith("large", StringComparison.Ordinal) ? 130_000 : 2_000);

    public ArtifactKey Key(string name) => Infos().Single(info => NameOf(info) == name).Key;

    public PutResult Put(string name, bool wantsSha256 = false)
    {
        using var put = Store.BeginPut(TestStore.Request(name) with { WantsSha256 = wantsSha256 });
        put.Write(BytesOf(name));
        return put.Complete(Attest, Now(Clock));
    }

    public void PutPackage(string name)
    {
        using var package = Store.BeginPackage(
            TestStore.Request(name) with { Type = PackageManifest.TypeTag });
        var files = new List<PackageFile>();
        foreach (var size in (int[])[0, 1_500, 30_000, 90_000])
        {
            var bytes = TestStore.Bytes(name.Length * 100 + size, size);
            files.Add(new PackageFile($"d/{size:D6}", 0x1a4, package.Add(bytes), size));
        }

        package.Complete(PackageManifest.Create(files), Attest, Now(Clock));
    }

    public IReadOnlyList<Attestation> Attest(IReadOnlyList<Descriptor> descriptors) =>
        [.. descriptors.Select(descriptor => TestStore.Attest(Store, descriptor, "replay"))];

    /// <summary>Takes over an artifact of another domain.</summary>
    public void Import(string name) =>
        new ImportSample(BytesOf(name), name).Import(Store, "internal", 1_000 + Clock);

    /// <summary>Brings back what was evicted.</summary>
    public void Rebuild(string name)
    {
        using var rebuild = Store.BeginRebuild(Key(name));
        foreach (var range in rebuild.Wanted.Where(range => range.Content == ContentId.Of(BytesOf(name))))
        {
            var from = BytesOf(name).AsSpan((int)range.Offset, (int)range.Length);
            rebuild.Write(range.Content, range.Offset, from);
        }

        rebuild.Complete(Now(5));
    }

    /// <summary>The power goes and comes back, or the process alone.</summary>
    public void Crash(CrashOutcome outcome, ulong seed)
    {
        Disk.Crash(outcome, seed);
        Test = new TestStore(Disk, Limits, create: false, through: _through);
    }

    public void Reopen()
    {
        Test.Dispose();
        Test = new TestStore(Disk, Limits, create: false, through: _through);
    }

    /// <summary>Throws the index away and opens again (law 5).</summary>
    public void Reindex()
    {
        Test.Dispose();
        DomainStore.DropViews(_through?.Invoke(Disk) ?? Disk);
        Test = new TestStore(Disk, Limits, create: false, through: _through);
    }

    /// <summary>Everything a reader can tell, one fact a line.</summary>
    public IReadOnlyList<string> Observe() => [.. Infos().Select(FactOf), .. OtherFacts()];

    /// <summary>As <see cref="Observe"/> on a disk that has rotted: of an artifact that cannot be read it says so.
    /// </summary>
    public IReadOnlyList<string> ObserveDamaged() => [.. Infos().ToList().Select(ReadableFactOf), .. OtherFacts()];

    private string ReadableFactOf(ArtifactInfo info)
    {
        try
        {
            return FactOf(info);
        }
        catch (IOException damage) when (damage is not Storage.Index.Segments.IndexDamagedException)
        {
            return $"{info.Key} is damaged";
        }
    }

    /// <summary>What is not about one artifact's bytes.</summary>
    private IReadOnlyList<string> OtherFacts() =>
    [
        .. Store.Pins.Select(pin => $"pin {pin.Key} {pin.Name}"),
        .. Store.Holds.Select(hold => $"hold {hold.Key} {hold.Name}"),
        .. Store.RetentionRules.Select(rule => $"rule {rule}"),
        .. Store.Schemas.Select(schema => $"schema {schema.Kind}"),
        $"manifest: version {Store.DamChain.Count}, {Store.Tenants.Count} tenants",
        $"scrub: {Store.Scrub.State}, {Store.Scrub.Passes} passes",
        $"epoch: {Store.History.CurrentEpoch} with {Store.History.Size} leaves",
        $"head: {Store.History.Head?.Epoch} {Store.History.Head?.Size}",
        $"current: {Store.Current}",
    ];

    /// <summary>What no fault may leave behind; empty where all is well.</summary>
    public string Leftovers()
    {
        var open = Disk.List("blocks/open");
        var finding = Store.Verify(VerifyDepth.Bytes, null).FirstOrDefault();
        return open.Count > 0 ? $"{open[0]} was left behind"
            : Store.ReadOnly ? $"opened read-only: {Store.ReadOnlyReason}"
            : finding?.Message ?? "";
    }

    public void Dispose() => Test.Dispose();

    private IEnumerable<ArtifactInfo> Infos() =>
        Store.List(new ArtifactFilter { IncludesRemoved = true }).OrderBy(info => info.Key);

    private string FactOf(ArtifactInfo info)
    {
        var audiences = string.Join(' ', Store.Published.AudiencesOf(info.Key).Order(StringComparer.Ordinal));
        return $"{NameOf(info)}: {(info.RemovedUnixMs is null ? "live" : "removed")} in '{audiences}' "
            + (info.RemovedUnixMs is null ? StateOf(info) : "");
    }

    private string StateOf(ArtifactInfo info)
    {
        if (info.State != ArtifactState.Local)
        {
            return info.State.ToString();
        }

        var bytes = new StringBuilder(ContentId.Of(Test.Read(info.Content)).ToString());
        if (info.Type == PackageManifest.TypeTag)
        {
            foreach (var file in Store.ReadPackage(info.Content).Files.Where(file => file.Size > 0))
            {
                bytes.Append(' ').Append(ContentId.Of(Test.Read(file.Content)));
            }
        }

        return bytes.ToString();
    }

    private static string NameOf(ArtifactInfo info) =>
        SignedArtifact.TryDecode(info.Entry, out var entry, out _)
            && entry.Descriptor.Meta.Entries.FirstOrDefault().Value is Primitives.Cbor.CborValue.Text name
                ? name.Value
                : "?";

    private static MemoryFileSystem Build()
    {
        var disk = new MemoryFileSystem();
        using (new TestStore(disk, Limits))
        {
        }

        using var stage = new Stage(disk, null);
        var names = (string[])
        [
            "one", "two", "three", "large", "large pinned", "held", "large gone", "gone", "large away", "public",
            "large public", "withdrawn", "large unloved",
        ];
        for (var i = 0; i < names.Length; i++)
        {
            stage.Clock = -900 + i * 20;
            stage.Put(names[i]);
            stage.Store.Idle(Now(stage.Clock + 10));
        }

        stage.PutPackage("package");
        stage.Import("large import");
        stage.Store.AddPin(stage.Key("large pinned"), "keep", Now(-100));
        stage.Store.AddHold(stage.Key("held"), "case", "why", Now(-100));
        stage.Store.SetRetention(new("replay", "old.kind") { KeepLast = 1 }, Now(-100));
        stage.Store.AddSchema("old.schema", "{}"u8, Now(-100));
        foreach (var name in (string[])["public", "large public", "withdrawn"])
        {
            stage.Store.Publish(stage.Key(name), "peers", Now(-90));
        }

        stage.Store.TakeSnapshot(Now(-80));
        stage.Store.Remove([stage.Key("large gone"), stage.Key("gone")], null, Now(-70));
        stage.Store.Evict(stage.Store.PlanEviction([stage.Key("large away")]), Now(-60));
        stage.Store.StartScrub(null, Now(-50));
        while (stage.Store.WorkScrub(Now(-40)))
        {
        }

        stage.Store.StartScrub(null, Now(-30));
        stage.Store.KeepReserve();
        return disk.Copy();
    }
}
