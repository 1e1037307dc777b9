using System.Globalization;
using Omega.P2P.Engine.Links;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Ingest;


namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>A whole node with keys and a disk in memory; tests stop, start, put it back to a copy, or make it lie.
/// </summary>
internal sealed class StoryNode
{
    public const string Brane = "replay";

    private readonly Mesh _mesh;
    private readonly TestRandom _random;
    private readonly Ed25519PrivateKey _headKey;
    private readonly Ed25519PrivateKey _braneKey;
    private readonly string _domainName;
    private readonly Dictionary<LinkId, LinkEnd> _links = [];
    private readonly Dictionary<CommandId, EngineResult> _done = [];
    private OmegaNode? _engine;
    private int _life;
    private long _lastCommand;

    public StoryNode(Mesh mesh, int number, string domainName)
    {
        (_mesh, _domainName) = (mesh, domainName);
        _random = new TestRandom((ulong)number);
        Address = string.Create(CultureInfo.InvariantCulture, $"/ip4/10.0.0.{number}/tcp/5311");
        NodeKey = Ed25519PrivateKey.Generate(_random);
        _headKey = Ed25519PrivateKey.Generate(_random);
        _braneKey = Ed25519PrivateKey.Generate(_random);
        using var recovery = Ed25519PrivateKey.Generate(_random);
        var draft = new DamDraft
        {
            Name = domainName,
            HeadKey = _headKey.PublicKey,
            RecoveryKey = recovery.PublicKey,
        };
        draft.Nodes.Add("pi", NodeKey.PublicKey);
        draft.Branes.Add(Brane, _braneKey.PublicKey);
        var genesis = SignedDam.Create(Dam.Genesis(draft), _headKey).Bytes.ToArray();
        using var store = DomainStore.Create(
            StoreDisk, new StoreOptions { DomainName = domainName, Random = _random },
            new StoreKeys(NodeKey, _headKey), genesis, mesh.Now);
        Domain = store.DomainId;
    }

    public string Address { get; }

    public Ed25519PrivateKey NodeKey { get; }

    public PeerId Peer => PeerId.From(NodeKey.PublicKey);

    public DomainId Domain { get; }

    public MemoryFileSystem StoreDisk { get; private set; } = new();

    public MemoryFileSystem MeshDisk { get; private set; } = new();

    public bool IsUp => _engine is not null;

    public OmegaNode Engine => _engine ?? throw new InvalidOperationException("the node is down");

    public DomainStore Store => Engine.Store;

    public List<MeshNotice> Notices { get; } = [];

    public IEnumerable<PeerFault> Faults => Notices.OfType<MeshNotice.PeerFaulted>().Select(n => n.Fault);

    /// <summary>Changes what the node says: a liar's hand between engine and link.</summary>
    public Func<NetworkEffect, NetworkEffect>? Says { get; set; }

    /// <summary>Changes what the node hears, before it does; null keeps it from hearing.</summary>
    public Func<NetworkInput, NetworkInput?>? Hears { get; set; }

    public void Start()
    {
        _life++;
        var effects = new List<EngineEffect>();
        _engine = OmegaNode.Open(
            new EngineOptions
            {
                StoreFiles = StoreDisk,
                MeshFiles = MeshDisk,
                NodeSigner = NodeKey,
                HeadSigner = _headKey,
                DomainName = _domainName,
                Random = _random,
                ListenAddresses = [Address],
            },
            _mesh.Now, effects);
        Perform(effects);
        Tick(_life);
    }

    public void Stop()
    {
        _life++;
        foreach (var end in _links.Values.ToList()) end.Cut();
        _links.Clear();
        _engine?.Dispose();
        _engine = null;
    }

    /// <summary>The process dies and what was not synced is gone.</summary>
    public void LosePower()
    {
        StoreDisk.Crash(CrashOutcome.LoseUnsynced);
        MeshDisk.Crash(CrashOutcome.LoseUnsynced);
        try
        {
            Stop();
        }
        catch (IOException)
        {
            _engine = null; // its files died with the disk
        }
    }

    /// <summary>Both disks as they are, the node down meanwhile.</summary>
    public (MemoryFileSystem Store, MemoryFileSystem Mesh) CopyDisks()
    {
        Stop();
        var copy = (StoreDisk.Copy(), MeshDisk.Copy());
        Start();
        return copy;
    }

    /// <summary>Puts a copy of the disks in place; the node comes up over it.</summary>
    public void PutBack((MemoryFileSystem Store, MemoryFileSystem Mesh) copy)
    {
        Stop();
        (StoreDisk, MeshDisk) = (copy.Store.Copy(), copy.Mesh.Copy());
        Start();
    }

    public PutResult Put(byte[] bytes, string audience = "peers", string kind = "trace.span")
    {
        using var put = Store.BeginPut(new PutRequest { Type = kind, Brane = Brane, Audience = audience });
        put.Write(bytes);
        var nonce = new byte[Attestation.NonceBytes];
        _random.Fill(nonce);
        return put.Complete(list => [Attest(list[0], nonce)], _mesh.Now);
    }

    public Attestation Attest(Descriptor descriptor, byte[] nonce) =>
        Attestation.Create(_braneKey, descriptor.Key, Domain, Brane, nonce, _mesh.Now.UnixMs);

    /// <summary>Puts and publishes to the peers, one head over all.</summary>
    public List<PutResult> Publish(params byte[][] contents)
    {
        var puts = contents.Select(bytes => Put(bytes)).ToList();
        Do<EngineResult.Published>(new EngineCommand.Publish([.. puts.Select(p => p.Key)], "peers"));
        return puts;
    }

    public byte[] Read(ContentId content)
    {
        using var reader = Store.OpenContent(content);
        var bytes = new byte[reader.Size];
        reader.ReadAt(0, bytes);
        return bytes;
    }

    public T Do<T>(EngineCommand command)
        where T : EngineResult => Assert.IsType<T>(Do(command));

    public T Mesh<T>(MeshCommand command)
        where T : CommandResult =>
        Assert.IsType<T>(Do<EngineResult.Mesh>(new EngineCommand.Mesh(command)).Result);

    public EngineResult Do(EngineCommand command)
    {
        var id = new CommandId(++_lastCommand);
        Handle(new EngineInput.CommandIssued(id, command));
        Assert.True(_mesh.RunUntil(() => _done.ContainsKey(id), 300_000), $"no answer to {command}");
        return _done[id];
    }

    public EngineResult Get(ContentId content) => Do(new EngineCommand.Get(Id(content), null));

    public EngineResult Evict(params ContentId[] contents) => Do(new EngineCommand.Evict([.. contents.Select(Id)]));

    public IReadOnlyList<ArtifactRow> List(string? domain) =>
        [.. Do<EngineResult.Listing>(new EngineCommand.List(domain, null, null)).Artifacts];

    /// <summary>Waits until a domain shows so many artifacts here.</summary>
    public void AwaitEntries(StoryNode owner, int count) => Assert.True(
        _mesh.RunUntil(
            () => Engine.Mesh.FollowedDomains.Any(d => d.Domain == owner.Domain && d.Entries == count), 200_000),
        $"never {count} entries, but " + string.Join(',', Engine.Mesh.FollowedDomains));

    public PeerView View(StoryNode other) => Engine.Mesh.Peers.Single(p => p.Peer == other.Peer);

    /// <summary>A listening end for somebody who dials this node.</summary>
    public LinkEnd Listen(string? remote)
    {
        var id = _mesh.NextLink();
        var settings = new ConnectionSettings { Role = ConnectionRole.Listener, Key = NodeKey, Random = _random };
        var end = new LinkEnd(_mesh, new LinkSession(id, settings, remote, null, _mesh.Now), Feed);
        _links.Add(id, end);
        return end;
    }

    private static ParsedId Id(ContentId content) => new(IdKind.Content, content.Hash.ToString());

    private void Dial(NetworkEffect.Dial dial)
    {
        if (_mesh.At(dial.Address) is not { } to || !IsUp)
        {
            _mesh.After(1, () => Feed(new NetworkInput.DialFailed(dial.Id, "no answer")));
            return;
        }

        var id = _mesh.NextLink();
        var settings = new ConnectionSettings
        {
            Role = ConnectionRole.Dialer,
            Key = NodeKey,
            Random = _random,
            ExpectedPeer = dial.Peer,
        };
        var end = new LinkEnd(_mesh, new LinkSession(id, settings, dial.Address, dial.Id, _mesh.Now), Feed);
        _links.Add(id, end);
        LinkEnd.Connect(end, to.Listen(Address));
    }

    private void Tick(int life)
    {
        if (life != _life || _engine is null) return;
        _engine.Store.Idle(_mesh.Now);
        foreach (var (id, end) in _links.ToList())
        {
            end.Tick();
            if (end.IsOver) _links.Remove(id);
        }

        _mesh.After(1_000, () => Tick(life));
    }

    private void Feed(NetworkInput input)
    {
        if (IsUp && (Hears is null ? input : Hears(input)) is { } heard) Handle(new EngineInput.Network(heard));
    }

    private void Handle(EngineInput input)
    {
        var effects = new List<EngineEffect>();
        Engine.Handle(input, _mesh.Now, effects);
        Perform(effects);
    }

    private void Perform(List<EngineEffect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case EngineEffect.CommandCompleted completed:
                    _done.Add(completed.Id, completed.Result);
                    break;
                case EngineEffect.Notice notice:
                    Notices.Add(notice.What);
                    break;
                case EngineEffect.Network network:
                    Perform(Says is null ? network.Effect : Says(network.Effect));
                    break;
                default:
                    throw new InvalidOperationException($"nobody carries out {effect}");
            }
        }
    }

    private void Perform(NetworkEffect effect)
    {
        var life = _life;
        switch (effect)
        {
            case NetworkEffect.Dial dial:
                _mesh.After(1, () => Dial(dial));
                break;
            case NetworkEffect.CancelDial:
                break; // a link that comes all the same is dropped by the core
            case NetworkEffect.CancelTimer:
                break; // one that fires all the same counts for nothing
            case NetworkEffect.ArmTimer arm:
                _mesh.After((long)arm.After.TotalMilliseconds, () =>
                {
                    if (life == _life) Feed(new NetworkInput.TimerFired(arm.Timer));
                });
                break;
            default:
                Apply(LinkOf(effect), effect);
                break;
        }
    }

    private void Apply(LinkId id, NetworkEffect effect)
    {
        if (_links.TryGetValue(id, out var end) && !end.IsOver)
        {
            end.Apply(effect);
            return;
        }

        var refused = new List<NetworkInput>();
        LinkSession.Refuse(effect, refused);
        foreach (var input in refused) Feed(input);
    }

    private static LinkId LinkOf(NetworkEffect effect) => effect switch
    {
        NetworkEffect.OpenStream open => open.Link,
        NetworkEffect.DropLink drop => drop.Link,
        NetworkEffect.SendFrame send => LinkSession.LinkOf(send.Stream),
        NetworkEffect.ReadFrames read => LinkSession.LinkOf(read.Stream),
        NetworkEffect.SendBulk bulk => LinkSession.LinkOf(bulk.Stream),
        NetworkEffect.ReceiveBulk bulk => LinkSession.LinkOf(bulk.Stream),
        NetworkEffect.CloseStream close => LinkSession.LinkOf(close.Stream),
        NetworkEffect.ResetStream reset => LinkSession.LinkOf(reset.Stream),
        _ => throw new InvalidOperationException($"{effect} names no link"),
    };
}
