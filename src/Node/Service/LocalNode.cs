using System.Diagnostics;
using Omega.P2P.Engine;
using Omega.P2P.Engine.Ipfs;
using Omega.P2P.Federation;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Config;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Hashing;
using Omega.P2P.Node.Home;
using Omega.P2P.Node.Host;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Time;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Encryption;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Node.Service;

/// <summary>
/// One node in this process: the engine's loop over the locked store. In the daemon with a network, on the command line
/// without. Bytes of puts and gets pass beside the loop, straight to and from the store.
/// </summary>
internal sealed partial class LocalNode : INodeService
{
    private readonly KeyFolder _keys;
    private readonly EngineLoop _loop;
    private readonly bool _isDaemon;
    private readonly Dictionary<string, BraneAttester> _branes = new(StringComparer.Ordinal);

    private LocalNode(KeyFolder keys, EngineLoop loop, bool isDaemon)
    {
        _keys = keys;
        _loop = loop;
        _isDaemon = isDaemon;
    }

    public DomainStore Store => _loop.Node.Store;

    public EngineLoop Loop => _loop;

    /// <summary>What the daemon tells peers; with /p2p/ in <see cref="StatusAnswer.Listen"/>.</summary>
    public IReadOnlyList<string> Listen { get; set; } = [];

    /// <summary>Opens the node of a home.</summary>
    /// <param name="home">Whose domain exists.</param>
    /// <param name="config">Policies.</param>
    /// <param name="network">Makes the network's driver; null: none.</param>
    /// <param name="onNotice">Told what the owner may want to see.</param>
    /// <exception cref="LockedException">Another process works on the store.</exception>
    public static LocalNode Open(OmegaHome home, NodeConfig config,
        Func<KeyFolder, EngineLoop, INetworkDriver>? network = null, Action<MeshNotice>? onNotice = null)
    {
        var name = home.RequireDomainName();
        var keys = KeyFolder.Open(home.Keys);
        try
        {
            var options = new EngineOptions
            {
                StoreFiles = new DiskFileSystem(home.Domain(name)),
                MeshFiles = new DiskFileSystem(home.Mesh),
                NodeSigner = keys.Node,
                HeadSigner = keys.Head,
                DomainName = name,
                Random = SystemRandom.Instance,
                Scheduler = ThreadPoolScheduler.OfMachine,
                EvictHolders = config.EvictHolders,
                StoreLimits = new StoreLimits
                {
                    IndexMemory = config.IndexMemory,
                    QuotaBytes = config.QuotaBytes,
                    QuotaFiles = config.QuotaFiles,
                },
            };
            var loop = EngineLoop.Start(options,
                l => network is null ? new NoNetwork(l.Tell) : network(keys, l), onNotice);
            return new LocalNode(keys, loop, isDaemon: network is not null);
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    public PutAnswer Put(PutOrder order, Stream content, CancellationToken cancel)
    {
        RequireTag(order.Kind, "--kind");
        if (order.Audience is not null) RequireAudience(order.Audience);
        var brane = BoundBrane(order.Brane, cancel);
        using var put = Store.BeginPut(RequestOf(order));
        if (order.Tenant is { } tenant) TakeHeader(content, put, tenant);
        put.ReadFrom(destination =>
        {
            cancel.ThrowIfCancellationRequested();
            return content.Read(destination);
        });
        var result = put.Complete(brane.Attest, SystemClock.Now());
        if (order.Audience is { } audience)
            Ask<EngineResult.Published>(new EngineCommand.Publish([result.Key], audience), cancel);
        return AnswerOf(order, result);
    }

    public GetAnswer Get(GetOrder order, Func<GetAnswer, Stream> target, CancellationToken cancel)
    {
        if (order.AsOf is { } snapshot) return GetAsOf(order, snapshot, target, cancel);
        var clock = Stopwatch.StartNew();
        var (ready, file) = Ready(order, cancel);
        if (ready.Signatures.Count == 0)
            throw new OmegaException(ExitCode.VerificationFailed, "bad_signature",
                $"no signature on {ready.Artifact.Content} holds for a key of {ready.Artifact.DomainName}");
        var figures = ready.Figures;
        var answer = new GetAnswer(
            (file?.Content ?? ready.Artifact.Content).ToString(), ready.Artifact.Key.ToString(),
            ready.Artifact.DomainName, file?.Size ?? ready.Artifact.Size, figures?.BytesWire ?? 0,
            figures?.Requests ?? 0, figures?.BytesRefetched ?? 0,
            clock.Elapsed.TotalSeconds, [.. ready.Signatures.Select(Shown)])
        {
            Tenant = Store.TryGet(ready.Artifact.Key, out var info) ? info!.Tenant : null,
            Kind = file is null ? ready.Artifact.Kind : PutOrder.DefaultKind,
            Package = file is null ? null : ready.Artifact.Content.ToString(),
            Holders = [.. (figures?.Holders ?? []).Select(Shown)],
        };
        var stream = target(answer);
        if (stream == Stream.Null) return answer;
        var content = file?.Content ?? ready.Artifact.Content;
        if (order.IsHashedByTaker) WriteUnchecked(content, stream, cancel);
        else WriteContent(content, _ => { }, stream, cancel);
        return answer;
    }

    /// <summary>Writes a content that is here; every byte was checked against its hash.</summary>
    /// <param name="content">Which.</param>
    /// <param name="begin">Told the length before the first byte.</param>
    /// <param name="target">Where to.</param>
    /// <param name="cancel">Ends it early.</param>
    public void WriteContent(ContentId content, Action<long> begin, Stream target, CancellationToken cancel)
    {
        using var reader = Store.OpenContent(content);
        begin(reader.Size);
        reader.CopyTo(Writing(target, cancel));
        target.Flush();
    }

    private void WriteUnchecked(ContentId content, Stream target, CancellationToken cancel)
    {
        using var reader = Store.OpenContent(content);
        reader.CopyUncheckedTo(Writing(target, cancel));
        target.Flush();
    }

    private static ByteSink Writing(Stream target, CancellationToken cancel) => bytes =>
    {
        cancel.ThrowIfCancellationRequested();
        target.Write(bytes);
    };

    public EvictAnswer Evict(IReadOnlyList<string> ids, CancellationToken cancel)
    {
        var evicted = Ask<EngineResult.Evicted>(new EngineCommand.Evict([.. ids.Select(ParseId)]), cancel);
        return new([.. evicted.Artifacts.Select(a => a.Content.ToString())], evicted.BytesFreed, evicted.BlocksFreed);
    }

    public void Dispose()
    {
        _catalog?.Dispose();
        _loop.Dispose();
        _keys.Dispose();
    }

    internal static ParsedId ParseId(string text) => IdText.TryParse(text, out var id)
        ? id
        : throw OmegaException.Usage($"'{text}' is no id", "ID", "b3:…, a CID, key:…, blk:…, or 4 hex digits and more");

    /// <summary>The brane's hand; its key is bound in the authority manifest before anything it signs is
    /// kept.</summary>
    private BraneAttester BoundBrane(string name, CancellationToken cancel)
    {
        Names.RequireBrane(name);
        lock (_branes)
        {
            if (_branes.TryGetValue(name, out var known)) return known;
            var key = _keys.Brane(name, out var made);
            if (made || !Status().Branes.Contains(name))
                Ask<EngineResult.Mesh>(new EngineCommand.Mesh(new MeshCommand.BindBrane(name, key.PublicKey)), cancel);
            return _branes[name] = new BraneAttester(key, Store.DomainId, name);
        }
    }

    /// <summary>Passes on the beginning of a tenant's content, which must be that of a ciphertext.</summary>
    private void TakeHeader(Stream content, ArtifactPut put, string tenant)
    {
        var header = new byte[AgeFormat.HeaderMax];
        var length = content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        RequireCiphertext(tenant, header.AsSpan(0, length));
        put.Write(header.AsSpan(0, length));
    }

    private static void RequireTag(string text, string field)
    {
        if (!Tag.IsValid(text))
            throw OmegaException.Usage($"'{text}' is no type tag", field,
                "use a-z, 0-9, dot, hyphen and underscore, at most 64");
    }

    private T Ask<T>(EngineCommand command, CancellationToken cancel)
        where T : EngineResult => _loop.Ask(command, cancel) switch
        {
            T wanted => wanted,
            EngineResult.Failed failed => throw Failures.Of(failed),
            var other => throw new UnreachableException($"{command} was answered by {other.GetType().Name}"),
        };
}
