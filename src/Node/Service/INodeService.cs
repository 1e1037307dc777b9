using Omega.P2P.Node.Answers;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Service;

/// <summary>
/// The verbs of one node, wherever it runs: in this process over its locked store, or in a daemon behind the control
/// socket. Failures are <see cref="Output.OmegaException"/>s with the same codes on both ways. Thread-safe.
/// </summary>
internal interface INodeService : ILifecycleService, IHistoryService, IDisposable
{
    /// <summary>Takes in an artifact; returns when it is durable, and its head signed where it was published.</summary>
    PutAnswer Put(PutOrder order, Stream content, CancellationToken cancel);

    /// <summary>Artifacts by (created, key), as they are found: to be walked once.</summary>
    IEnumerable<ArtifactAnswer> List(ListOrder order, CancellationToken cancel);

    /// <summary>
    /// Makes an artifact readable here and checks its signatures. <paramref name="target"/> is then called for the
    /// stream that its bytes go to.
    /// </summary>
    GetAnswer Get(GetOrder order, Func<GetAnswer, Stream> target, CancellationToken cancel);

    EvictAnswer Evict(IReadOnlyList<string> ids, CancellationToken cancel);

    StatusAnswer Status(CancellationToken cancel);

    VerifyAnswer Verify(bool deep, CancellationToken cancel);

    InviteAnswer Invite(TimeSpan lifetime, string? petname, CancellationToken cancel);

    JoinAnswer Join(string ticket, string? petname, CancellationToken cancel);

    IReadOnlyList<PeerAnswer> Peers(CancellationToken cancel);

    /// <summary>What is being brought here now.</summary>
    IReadOnlyList<TransferAnswer> Transfers(CancellationToken cancel);

    DoneAnswer RemovePeer(string peer, CancellationToken cancel);

    EpochAnswer OpenEpoch(CancellationToken cancel);

    /// <summary>Begins a package; the order's kind does not count.</summary>
    IPackageSession BeginPackage(PutOrder order, CancellationToken cancel);

    /// <summary>Writes a content whose bytes are here, each checked against its hash.</summary>
    void ReadContent(ContentId content, Stream target, CancellationToken cancel);

    /// <summary>Writes artifacts whose bytes are here, or are fetched first, as one CAR file.</summary>
    void ExportCar(CarOrder order, Stream target, CancellationToken cancel);

    IReadOnlyList<SchemaAnswer> Schemas(CancellationToken cancel);

    /// <summary>Puts a JSON Schema in force for a kind, in place of the one before.</summary>
    SchemaAnswer AddSchema(string kind, string json, CancellationToken cancel);

    DoneAnswer RemoveSchema(string kind, CancellationToken cancel);

    IReadOnlyList<TenantAnswer> Tenants(CancellationToken cancel);

    /// <summary>Adds recipients to a tenant, which is made where it is new.</summary>
    TenantAnswer AddTenant(string name, IReadOnlyList<string> recipients, CancellationToken cancel);

    /// <summary>Takes recipients from a tenant; none given, or none left: the tenant.</summary>
    TenantAnswer RemoveTenant(string name, IReadOnlyList<string> recipients, CancellationToken cancel);
}

/// <summary>What is said of an artifact when it is put.</summary>
/// <param name="Kind">Its type tag.</param>
/// <param name="Brane">Who makes it.</param>
/// <param name="Meta">`key=value` pairs.</param>
/// <param name="Audience">Whom to publish it to; null: nobody.</param>
internal sealed record PutOrder(string Kind, string Brane, IReadOnlyList<string> Meta, string? Audience)
{
    /// <summary>The tenant whose recipients the content is encrypted to already; null: none, and not
    /// encrypted.</summary>
    public string? Tenant { get; init; }

    /// <summary>Further metadata: a JSON object; null: none.</summary>
    public string? MetaJson { get; init; }

    /// <summary>A digest to store beside the content's own: `sha256`; null: none.</summary>
    public string? Digest { get; init; }

    public const string DefaultKind = "file";
    public const string DefaultBrane = "personal";
    public const string PeersAudience = "peers";
    public const string PublicAudience = "public";
}

/// <summary>Which artifacts to list; null: all. With <paramref name="All"/> also removed ones.</summary>
internal sealed record ListOrder(string? Domain, string? Brane, string? Kind, bool All = false)
{
    /// <summary>Number of the snapshot whose artifacts are wanted; null: those of now.</summary>
    public long? AsOf { get; init; }

    /// <summary>Most to give; null: all.</summary>
    public int? Limit { get; init; }
}

/// <summary>Which artifact to get; the domain narrows the search.</summary>
internal sealed record GetOrder(string Id, string? Domain)
{
    /// <summary>Number of the snapshot that lists it; null: it is wanted as of now.</summary>
    public long? AsOf { get; init; }

    /// <summary>Whether the taker hashes all bytes and believes none before the whole is right: within one process they
    /// need not be hashed twice.</summary>
    public bool IsHashedByTaker { get; init; }
}

/// <summary>What goes into a CAR file.</summary>
/// <param name="Ids">Of artifacts or files of packages, each a root.</param>
/// <param name="Hash">Names the blocks.</param>
internal sealed record CarOrder(IReadOnlyList<string> Ids, string Hash)
{
    public const string Blake3 = "blake3";
    public const string Sha256 = "sha2-256";

    /// <summary>As many as a header may name.</summary>
    public const int IdsMax = Protocol.Ipfs.IpfsLimits.CarRoots;
}
