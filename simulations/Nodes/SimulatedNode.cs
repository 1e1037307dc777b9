using Omega.P2P.Engine;
using Omega.P2P.Engine.Links;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Simulations.Chance;
using Omega.P2P.Simulations.Network;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Ingest;
using StreamId = Omega.P2P.Federation.StreamId;

namespace Omega.P2P.Simulations.Nodes;

/// <summary>
/// The shipped node on a disk in memory, a virtual clock and simulated links: what Node does with sockets and threads,
/// done one event at a time.
/// </summary>
public sealed class SimulatedNode
{
    private const string Brane = "replay";
    private const long EpochUnixMs = 1_800_000_000_000;

    private readonly SimulatedMesh _mesh;
    private readonly SeededRandom _random;
    private readonly Ed25519PrivateKey _nodeKey;
    private readonly Ed25519PrivateKey _headKey;
    private readonly Ed25519PrivateKey _braneKey;
    private readonly Dictionary<LinkId, (LinkSession Session, SimulatedLink Link, int Side)> _links = [];
    private readonly Dictionary<CommandId, Action<EngineResult>> _waiting = [];
    private OmegaNode? _engine;
    private long _startedUs;
    private long _lastCommand;
    private int _generation;

    /// <summary>Makes keys, disk and domain; the node is down until <see cref="Start"/>.</summary>
    public SimulatedNode(SimulatedMesh mesh, int number, SeededRandom random)
    {
        _mesh = mesh;
        _random = random;
        Number = number;
        Address = $"/ip4/10.{number >> 16}.{(number >> 8) & 255}.{number & 255}/tcp/5311";
        ClockSkewMs = random.Between(-30_000, 30_000);
        var source = new RandomSource(random.Child("keys"));
        _nodeKey = Ed25519PrivateKey.Generate(source);
        _headKey = Ed25519PrivateKey.Generate(source);
        _braneKey = Ed25519PrivateKey.Generate(source);
        using var recovery = Ed25519PrivateKey.Generate(source);
        Create(recovery.PublicKey);
    }

    /// <summary>Index in the mesh.</summary>
    public int Number { get; }

    /// <summary>Where others reach it.</summary>
    public string Address { get; }

    /// <summary>How far its wall clock is off.</summary>
    public long ClockSkewMs { get; set; }

    /// <summary>Its node id.</summary>
    public PeerId Peer => PeerId.From(_nodeKey.PublicKey);

    /// <summary>Its domain.</summary>
    public DomainId Domain { get; private set; }

    /// <summary>Its disk: the domain's folder.</summary>
    public MemoryFileSystem StoreDisk { get; } = new();

    /// <summary>Its disk: the mesh's folder.</summary>
    public MemoryFileSystem MeshDisk { get; } = new();

    /// <summary>Whether it is up.</summary>
    public bool IsUp => _engine is not null;

    /// <summary>The engine; only while up.</summary>
    public OmegaNode Engine => _engine ?? throw new InvalidOperationException($"node {Number} is down");

    private Instant Now => new(
        EpochUnixMs + _mesh.Queue.NowUs / 1000 + ClockSkewMs, (_mesh.Queue.NowUs - _startedUs) / 1000);

    /// <summary>Opens the store (recovery included) and begins to tick.</summary>
    public void Start()
    {
        _startedUs = _mesh.Queue.NowUs;
        _generation++;
        var effects = new List<EngineEffect>();
        _engine = OmegaNode.Open(
            new EngineOptions
            {
                StoreFiles = StoreDisk,
                MeshFiles = MeshDisk,
                NodeSigner = _nodeKey,
                HeadSigner = _headKey,
                DomainName = "sim",
                Random = new RandomSource(_random.Child("engine" + _generation)),
                ListenAddresses = [Address],
            },
            Now,
            effects);
        Perform(effects);
        Tick(_generation);
    }

    /// <summary>Power loss: unsynced writes are lost or torn, links vanish.</summary>
    public void Crash()
    {
        StoreDisk.Crash(CrashOutcome.Torn, _random.NextUInt64());
        MeshDisk.Crash(CrashOutcome.Torn, _random.NextUInt64());
        Abandon();
        foreach (var (session, link, _) in _links.Values.ToList())
        {
            link.Close("peer crashed");
            session.Dispose();
        }

        _links.Clear();
        _waiting.Clear();
    }

    /// <summary>Puts bytes as the brane, durable on return.</summary>
    public PutResult Put(byte[] bytes, string kind)
    {
        using var put = Engine.Store.BeginPut(new PutRequest { Type = kind, Brane = Brane });
        put.Write(bytes);
        var now = Now;
        return put.Complete(
            list => [Attestation.Create(_braneKey, list[0].Key, Domain, Brane, Nonce(), now.UnixMs)],
            now);
    }

    /// <summary>Issues a command; the result comes when it comes, or never after a crash.</summary>
    public void Issue(EngineCommand command, Action<EngineResult> done)
    {
        var id = new CommandId(++_lastCommand);
        _waiting.Add(id, done);
        Handle(new EngineInput.CommandIssued(id, command));
    }

    /// <summary>Reads a local content whole.</summary>
    public byte[] Read(ContentId content)
    {
        using var reader = Engine.Store.OpenContent(content);
        var bytes = new byte[reader.Size];
        reader.ReadAt(0, bytes);
        return bytes;
    }

    /// <summary>Takes one end of a new link.</summary>
    internal void Attach(LinkId id, SimulatedLink link, int side, NetworkEffect.Dial? dial, string? remote)
    {
        var settings = new ConnectionSettings
        {
            Role = side == 0 ? ConnectionRole.Dialer : ConnectionRole.Listener,
            Key = _nodeKey,
            Random = new RandomSource(_random.Child("link" + id.Value)),
            ExpectedPeer = dial?.Peer,
        };
        _links.Add(id, (new LinkSession(id, settings, remote, dial?.Id, Now), link, side));
        Flush(id);
    }

    /// <summary>Bytes from a link.</summary>
    internal void Receive(LinkId id, ReadOnlyMemory<byte> bytes)
    {
        if (!_links.TryGetValue(id, out var end)) return;
        var inputs = new List<NetworkInput>();
        end.Session.Receive(bytes.Span, Now, inputs);
        Feed(inputs);
        Flush(id);
    }

    /// <summary>A link broke.</summary>
    internal void LinkBroke(LinkId id)
    {
        if (!_links.TryGetValue(id, out var end)) return;
        var inputs = new List<NetworkInput>();
        end.Session.EndOfInput(Now, inputs);
        Feed(inputs);
        Flush(id);
    }

    /// <summary>A dial came to nothing.</summary>
    internal void DialFailed(DialId dial, string reason)
    {
        if (IsUp) Feed([new NetworkInput.DialFailed(dial, reason)]);
    }

    private void Create(Ed25519PublicKey recovery)
    {
        var draft = new DamDraft { Name = $"node{Number}.sim", HeadKey = _headKey.PublicKey, RecoveryKey = recovery };
        draft.Nodes.Add($"node{Number}", _nodeKey.PublicKey);
        draft.Branes.Add(Brane, _braneKey.PublicKey);
        var genesis = SignedDam.Create(Dam.Genesis(draft), _headKey).Bytes.ToArray();
        using var store = DomainStore.Create(
            StoreDisk,
            new StoreOptions { DomainName = draft.Name, Random = new RandomSource(_random.Child("create")) },
            new StoreKeys(_nodeKey, _headKey),
            genesis,
            Now);
        Domain = store.DomainId;
    }

    private void Abandon()
    {
        var engine = _engine;
        _engine = null;
        try
        {
            engine?.Dispose();
        }
        catch (IOException)
        {
            return; // its files died with the disk
        }
    }

    private byte[] Nonce()
    {
        var nonce = new byte[Attestation.NonceBytes];
        _random.Fill(nonce);
        return nonce;
    }

    private void Tick(int generation)
    {
        if (_engine is null || generation != _generation) return;
        _engine.Store.Idle(Now);
        foreach (var id in _links.Keys.ToList())
        {
            if (!_links.TryGetValue(id, out var end)) continue;
            var inputs = new List<NetworkInput>();
            end.Session.Tick(Now, inputs);
            Feed(inputs);
            Flush(id);
        }

        _mesh.Queue.After(1_000_000, () => Tick(generation));
    }

    private void Feed(IReadOnlyList<NetworkInput> inputs)
    {
        foreach (var input in inputs)
            if (IsUp)
                Handle(new EngineInput.Network(input));
    }

    private void Handle(EngineInput input)
    {
        var effects = new List<EngineEffect>();
        Engine.Handle(input, Now, effects);
        _mesh.Observe(this);
        Perform(effects);
    }

    private void Perform(List<EngineEffect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case EngineEffect.Network network:
                    Perform(network.Effect);
                    break;
                case EngineEffect.CommandCompleted completed when _waiting.Remove(completed.Id, out var done):
                    done(completed.Result);
                    break;
                case EngineEffect.Notice:
                    break; // for an owner's eyes; the checks look at the nodes themselves
                default:
                    throw new InvalidOperationException($"nobody waits for {effect}");
            }
        }
    }

    private void Perform(NetworkEffect effect)
    {
        var generation = _generation;
        switch (effect)
        {
            case NetworkEffect.Dial dial:
                _mesh.Dial(this, dial);
                break;
            case NetworkEffect.CancelDial:
                break; // a link that comes all the same is dropped by the core
            case NetworkEffect.CancelTimer:
                break; // one that fires all the same counts for nothing
            case NetworkEffect.ArmTimer arm:
                _mesh.Queue.After((long)(arm.After.TotalMilliseconds * 1000), () =>
                {
                    if (IsUp && generation == _generation) Feed([new NetworkInput.TimerFired(arm.Timer)]);
                });
                break;
            case NetworkEffect.OpenStream open:
                Apply(open.Link, open);
                break;
            case NetworkEffect.DropLink drop:
                Apply(drop.Link, drop);
                break;
            default:
                Apply(LinkSession.LinkOf(StreamOf(effect)), effect);
                break;
        }
    }

    private void Apply(LinkId id, NetworkEffect effect)
    {
        if (!_links.TryGetValue(id, out var end))
        {
            var refused = new List<NetworkInput>();
            LinkSession.Refuse(effect, refused);
            Feed(refused);
            return;
        }

        var inputs = new List<NetworkInput>();
        end.Session.Apply(effect, Now, inputs);
        Feed(inputs);
        Flush(id);
    }

    private static StreamId StreamOf(NetworkEffect effect) => effect switch
    {
        NetworkEffect.SendFrame send => send.Stream,
        NetworkEffect.ReadFrames read => read.Stream,
        NetworkEffect.SendBulk bulk => bulk.Stream,
        NetworkEffect.ReceiveBulk bulk => bulk.Stream,
        NetworkEffect.CloseStream close => close.Stream,
        NetworkEffect.ResetStream reset => reset.Stream,
        _ => throw new InvalidOperationException($"{effect} names no stream"),
    };

    private void Flush(LinkId id)
    {
        while (_links.TryGetValue(id, out var end))
        {
            var output = end.Session.PeekOutput();
            if (output.IsEmpty)
            {
                if (!end.Session.IsClosed) return;
                _links.Remove(id);
                end.Session.Dispose();
                end.Link.Close(end.Session.CloseReason);
                return;
            }

            end.Link.Send(end.Side, output.Span);
            var inputs = new List<NetworkInput>();
            end.Session.ConsumeOutput(output.Length, Now, inputs);
            Feed(inputs);
        }
    }
}
