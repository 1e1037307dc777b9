using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Bulk;

namespace Omega.P2P.Federation.Exchange;

/// <summary>
/// Where all parts of the core put their effects, and where what they wait for finds them again: store answers, timers,
/// wished-for streams. Every number is handed out once; an answer nobody waits for any more is a no-op.
/// </summary>
internal sealed class Outbox(IRandomSource random)
{
    private readonly Dictionary<QueryId, Action<StoreAnswer>> _queries = [];
    private readonly Dictionary<TimerId, Action> _timers = [];
    private readonly Dictionary<RequestId, StreamWish> _wishes = [];
    private ICollection<MeshEffect> _effects = [];
    private long _last;

    private readonly record struct StreamWish(LinkId Link, Action<StreamId, string> Ready, Action<string> Failed);

    public Instant Now { get; private set; }

    public void Begin(Instant now, ICollection<MeshEffect> effects)
    {
        Now = now;
        _effects = effects;
    }

    public void Add(MeshEffect effect) => _effects.Add(effect);

    public void Notify(MeshNotice notice) => Add(new MeshEffect.Notice(notice));

    public void Complete(CommandId command, CommandResult result) =>
        Add(new MeshEffect.CommandCompleted(command, result));

    public void Put(string key, ReadOnlyMemory<byte> value) => Add(new MeshEffect.PutDocument(key, value));

    public void Delete(string key) => Add(new MeshEffect.DeleteDocument(key));

    public void Ask(StoreQuery question, Action<StoreAnswer> onAnswer)
    {
        var id = new QueryId(++_last);
        _queries.Add(id, onAnswer);
        Add(new MeshEffect.AskStore(id, question));
    }

    public void OnAnswer(MeshInput.StoreAnswered answered)
    {
        if (_queries.Remove(answered.Query, out var onAnswer))
            onAnswer(answered.Answer);
    }

    public TimerId After(TimeSpan delay, Action onFired)
    {
        var id = new TimerId(++_last);
        _timers.Add(id, onFired);
        Add(new NetworkEffect.ArmTimer(id, delay));
        return id;
    }

    public void Forget(TimerId timer)
    {
        if (_timers.Remove(timer))
            Add(new NetworkEffect.CancelTimer(timer));
    }

    public void OnTimer(TimerId timer)
    {
        if (_timers.Remove(timer, out var onFired))
            onFired();
    }

    public RequestId OpenStream(LinkId link, string protocol, Action<StreamId> onReady, Action<string> onFailed) =>
        OpenStream(link, protocol, (stream, _) => onReady(stream), onFailed);

    /// <summary>The same, for who has to know which version was agreed on.</summary>
    public RequestId OpenStream(
        LinkId link, string protocol, Action<StreamId, string> onReady, Action<string> onFailed)
    {
        var id = new RequestId(++_last);
        _wishes.Add(id, new StreamWish(link, onReady, onFailed));
        Add(new NetworkEffect.OpenStream(id, link, protocol));
        return id;
    }

    /// <summary>False when nobody waits any more: the stream is then cut.</summary>
    public void OnStreamReady(RequestId request, StreamId stream, string protocol)
    {
        if (_wishes.Remove(request, out var wish))
            wish.Ready(stream, protocol);
        else
            Reset(stream);
    }

    public void OnStreamFailed(RequestId request, string reason)
    {
        if (_wishes.Remove(request, out var wish))
            wish.Failed(reason);
    }

    public void ForgetWish(RequestId request) => _wishes.Remove(request);

    /// <summary>Wishes on a link that went down fail, in the order they were made.</summary>
    public void OnLinkDown(LinkId link, string reason)
    {
        var lost = _wishes.Where(w => w.Value.Link == link).Select(w => w.Key).OrderBy(r => r.Value).ToList();
        foreach (var request in lost)
            OnStreamFailed(request, reason);
    }

    public DialId Dial(string address, PeerId? peer)
    {
        var id = new DialId(++_last);
        Add(new NetworkEffect.Dial(id, address, peer));
        return id;
    }

    public void Send(StreamId stream, ReadOnlyMemory<byte> payload) =>
        Add(new NetworkEffect.SendFrame(stream, payload));

    public void Close(StreamId stream) => Add(new NetworkEffect.CloseStream(stream));

    public void Reset(StreamId stream) => Add(new NetworkEffect.ResetStream(stream));

    public void Receive(StreamId stream, IBulkSink sink) => Add(new NetworkEffect.ReceiveBulk(stream, sink));

    /// <summary>
    /// A number below <paramref name="exclusive"/> from the injected chance; bias below 2^-32 is accepted.
    /// </summary>
    public long Below(long exclusive)
    {
        Span<byte> bytes = stackalloc byte[8];
        random.Fill(bytes);
        return (long)(BitConverter.ToUInt64(bytes) % (ulong)exclusive);
    }

    public byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        random.Fill(bytes);
        return bytes;
    }
}
