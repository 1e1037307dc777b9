using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Tests.Faults;

/// <summary>Something a store does that writes.</summary>
/// <param name="Name">In tests' output.</param>
/// <param name="Run">Does it on a <see cref="Stage"/>; a second time is harmless or refused.</param>
internal sealed record Operation(string Name, Action<Stage> Run)
{
    /// <summary>Beginnings of facts that follow from others.</summary>
    public static IReadOnlyList<string> DerivedFacts { get; } = ["head:", "current:", "epoch:", "scrub:"];

    /// <summary>Whether readers see it in several steps, each whole; else it happens at once or not at all.</summary>
    public bool HasSteps { get; init; }

    /// <summary>Whether it closes the store and opens it again.</summary>
    public bool ReopensStore { get; init; }

    /// <summary>Methods of <see cref="DomainStore"/> it goes through.</summary>
    public required string[] Covers { get; init; }

    /// <summary>Everything a store does that writes. <c>OperationSweepTests</c> holds it against the store's own list
    /// of methods.</summary>
    public static IReadOnlyList<Operation> All { get; } =
    [
        new("put small", s => s.Put("new")) { Covers = [nameof(DomainStore.BeginPut)] },
        new("put large", s => s.Put("large new")) { Covers = [nameof(DomainStore.BeginPut)] },
        new("put with sha256", s => s.Put("large other", wantsSha256: true))
        {
            Covers = [nameof(DomainStore.BeginPut)], HasSteps = true,
        },
        new("put again what was removed", s => s.Put("large gone")) { Covers = [nameof(DomainStore.BeginPut)] },
        new("put --recursive", s => s.PutPackage("package two")) { Covers = [nameof(DomainStore.BeginPackage)] },
        new("batch", Batch) { Covers = [nameof(DomainStore.BeginBatch)] },
        new("import", s => s.Import("large other import")) { Covers = [nameof(DomainStore.BeginImport)] },
        new("import in groups", s => s.Import("huge import")) { Covers = [nameof(DomainStore.BeginImport)] },
        new("publish", s => s.Store.Publish(s.Key("large"), "public", Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.Publish)],
        },
        new("publish a package", s => s.Store.Publish(s.Key("package"), "peers", Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.Publish)],
        },
        new("unpublish", s => s.Store.Unpublish(s.Key("withdrawn"), "peers", Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.Unpublish)],
        },
        new("rm", s => s.Store.Remove([s.Key("two"), s.Key("public")], "why", Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.Remove)],
        },
        new("pin", s => s.Store.AddPin(s.Key("one"), "mine", Stage.Now(1))) { Covers = [nameof(DomainStore.AddPin)] },
        new("unpin", s => s.Store.RemovePin(s.Key("large pinned"), "keep", Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.RemovePin)],
        },
        new("hold", s => s.Store.AddHold(s.Key("one"), "mine", null, Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.AddHold)],
        },
        new("release", s => s.Store.ReleaseHold(s.Key("held"), "case", Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.ReleaseHold)],
        },
        new("retention", s => s.Store.SetRetention(new(null, "test.bytes") { KeepLast = 99 }, Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.SetRetention)],
        },
        new("gc mark", s => s.Store.Collect(new() { GraceMs = 99_000 }, Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.Collect)],
        },
        new("gc run", s => s.Store.Collect(new() { GraceMs = 0 }, Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.Collect)],
        },
        new("gc of what retention ended", Expire) { Covers = [nameof(DomainStore.Collect)], HasSteps = true },
        new("repack", s => s.Store.Repack(Stage.Now(1), 1)) { Covers = [nameof(DomainStore.Repack)] },
        new("evict", s => s.Store.Evict(s.Store.PlanEviction([s.Key("large"), s.Key("one")]), Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.Evict)],
        },
        new("rehydrate", s => s.Rebuild("large away")) { Covers = [nameof(DomainStore.BeginRebuild)] },
        new("scrub", Scrub)
        {
            HasSteps = true,
            Covers =
            [
                nameof(DomainStore.StartScrub), nameof(DomainStore.PauseScrub), nameof(DomainStore.ResumeScrub),
                nameof(DomainStore.WorkScrub),
            ],
        },
        new("schema", s => s.Store.AddSchema("new.kind", "{}"u8, Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.AddSchema)],
        },
        new("schema rm", s => s.Store.RemoveSchema("old.schema", Stage.Now(1)))
        {
            Covers = [nameof(DomainStore.RemoveSchema)],
        },
        new("tenant", AddTenant) { Covers = [nameof(DomainStore.AppendDam)] },
        new("epoch", OpenEpoch) { Covers = [nameof(DomainStore.OpenEpoch)] },
        new("snapshot", Snapshot) { Covers = [nameof(DomainStore.TakeSnapshot)], HasSteps = true },
        new("idle", s => s.Store.Idle(Stage.Now(99))) { Covers = [nameof(DomainStore.Idle)] },
        new("merge", Merge) { Covers = [nameof(DomainStore.Maintain)], HasSteps = true },
        new("reindex", s => s.Reindex())
        {
            Covers = [nameof(DomainStore.DropIndex), nameof(DomainStore.DropViews)], ReopensStore = true,
        },
        new("reserve", Reserve) { Covers = [nameof(DomainStore.KeepReserve)] },
        new("time", KeepTime) { Covers = [nameof(DomainStore.KeepTime)] },
    ];

    public override string ToString() => Name;

    private static void Batch(Stage stage)
    {
        using var batch = stage.Store.BeginBatch("replay");
        var names = (string[])["first", "second", "large third"];
        for (var i = 0; i < names.Length; i++)
        {
            batch.Add(i, TestStore.Request(names[i]), Stage.BytesOf(names[i]));
        }

        batch.Complete(stage.Attest, Stage.Now(1));
    }

    private static void Expire(Stage stage)
    {
        stage.Store.SetRetention(new("replay", "test.bytes") { KeepLast = 5 }, Stage.Now(1));
        stage.Store.Collect(new() { GraceMs = 0 }, Stage.Now(2));
    }

    private static void Scrub(Stage stage)
    {
        stage.Store.StartScrub(1 << 30, Stage.Now(1));
        stage.Store.WorkScrub(Stage.Now(2));
        stage.Store.PauseScrub();
        stage.Store.ResumeScrub(Stage.Now(3));
        for (var i = 0; stage.Store.WorkScrub(Stage.Now(4 + i)); i++)
        {
        }
    }

    private static void AddTenant(Stage stage)
    {
        SignedDam.TryDecode(stage.Store.DamChain[^1], out var last, out _);
        var next = last!.Dam.Next(draft => draft.Tenants["acme"] =
            ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]);
        stage.Store.AppendDam(SignedDam.Create(next, TestStore.Keys.Head).Bytes.ToArray(), Stage.Now(1));
    }

    private static void OpenEpoch(Stage stage)
    {
        var head = stage.Store.History.Head!;
        var record = EpochRecord.Create(
            TestStore.Keys.Head, stage.Store.DomainId, head.Epoch + 1, new(head.Epoch, head.Size, head.Root), 1);
        stage.Store.OpenEpoch(record.Bytes.ToArray(), Stage.Now(1));
    }

    private static void Snapshot(Stage stage)
    {
        stage.Store.Publish(stage.Key("one"), "peers", Stage.Now(1));
        stage.Store.TakeSnapshot(Stage.Now(2));
    }

    /// <summary>Seals the newest entries twice, so that there is something to merge, and merges.</summary>
    private static void Merge(Stage stage)
    {
        foreach (var name in (string[])["one", "two"])
        {
            stage.Store.AddPin(stage.Key(name), "mine", Stage.Now(1));
            while (stage.Store.Maintain(Stage.Now(50)))
            {
            }
        }

        stage.Store.SettleIndex();
    }

    private static void KeepTime(Stage stage)
    {
        stage.Store.KeepTime(Stage.Now(1));
        stage.Store.KeepTime(Stage.Now(9_999));
    }

    private static void Reserve(Stage stage)
    {
        stage.Disk.Delete("reserve");
        stage.Store.KeepReserve();
    }
}
