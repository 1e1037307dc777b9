using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Bulk;

namespace Omega.P2P.Federation.Tests.Support;

/// <summary>One core with its store and its documents.</summary>
internal sealed class LoopNode(string name, string address, FakeStore store, byte seed, FederationLimits? limits)
{
    public string Name { get; } = name;

    public string Address { get; } = address;

    public FakeStore Store { get; set; } = store;

    public FederationCore Core { get; private set; } = null!; // set by Boot, before anything else

    public PeerId Peer { get; } = store.Node.PublicKey.ToPeerId();

    public DomainId Domain => Store.Domain;

    public SortedDictionary<string, byte[]> Documents { get; set; } = new(StringComparer.Ordinal);

    public Dictionary<CommandId, CommandResult> Results { get; } = [];

    public List<MeshNotice> Notices { get; } = [];

    public List<MeshEffect> Effects { get; } = [];

    public Dictionary<StreamId, RawStream> Raw { get; } = [];

    public bool IsUp { get; set; }

    /// <summary>Nobody reaches it and it reaches nobody.</summary>
    public bool IsIsolated { get; set; }

    /// <summary>What it dials neither answers nor refuses.</summary>
    public bool SwallowsDials { get; set; }

    /// <summary>It is from before contents came many to a request.</summary>
    public bool IsOld { get; set; }

    /// <summary>Whatever it dials refuses.</summary>
    public bool DialsNobody { get; set; }

    /// <summary>What it dialled, and when in running milliseconds.</summary>
    public List<(NetworkEffect.Dial Dial, long AtMs)> Dials { get; } = [];

    public int Life { get; set; }

    public Func<StoreQuery, StoreAnswer, StoreAnswer> TamperAnswer { get; set; } = (_, answer) => answer;

    public IEnumerable<PeerFault> Faults => Notices.OfType<MeshNotice.PeerFaulted>().Select(f => f.Fault);

    public void Boot(Instant now, List<MeshEffect> effects) => Core = new FederationCore(
        new FederationOptions
        {
            NodeSigner = Store.Node,
            HeadSigner = Store.Head,
            DamChain = [.. Store.Dams],
            Documents = [.. Documents.Select(d => new StoredDocument(d.Key, d.Value))],
            Random = new SeededRandom(seed),
            ListenAddresses = [Address],
            Limits = limits ?? FederationLimits.Default,
        },
        now,
        effects);

    /// <summary>Carries out what stays on this node; true when that was all of it.</summary>
    public bool TryKeep(MeshEffect effect)
    {
        switch (effect)
        {
            case MeshEffect.PutDocument put:
                Assert.InRange(put.Key.Length, 1, 256);
                Documents[put.Key] = put.Value.ToArray();
                return true;
            case MeshEffect.DeleteDocument delete:
                Documents.Remove(delete.Key);
                return true;
            case MeshEffect.SetReadOnly:
                Store.IsReadOnly = true;
                return true;
            case MeshEffect.CommandCompleted completed:
                Results.Add(completed.Id, completed.Result);
                return true;
            case MeshEffect.Notice notice:
                Notices.Add(notice.What);
                return true;
            case MeshEffect.AppendDam append:
                Assert.False(Store.IsReadOnly, "a rolled-back domain signs nothing");
                Store.AppendDam(append.SignedDam);
                return false;
            case MeshEffect.OpenEpoch open:
                Store.OpenEpoch(open.Record);
                return false;
            default:
                return false;
        }
    }
}

/// <summary>The near end of a stream on which a test speaks for itself.</summary>
internal sealed class RawStream : IBulkSink
{
    public Action<ReadOnlyMemory<byte>> SendTo { get; set; } = _ => { };

    public List<byte[]> Frames { get; } = [];

    public List<byte> Bulk { get; } = [];

    public object Outcome => this;

    public void Send(ReadOnlyMemory<byte> payload) => SendTo(payload);

    public BulkStep Push(ReadOnlySpan<byte> bytes)
    {
        Bulk.AddRange(bytes);
        return BulkStep.Continue;
    }

    public void End(bool reset)
    {
    }
}
