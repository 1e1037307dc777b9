using Omega.P2P.Engine.Links;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Connection;
using StreamId = Omega.P2P.Federation.StreamId;

namespace Omega.P2P.Engine.Tests.Links;

/// <summary>Two link sessions joined in memory; bytes cross in pieces of a given size.</summary>
internal sealed class LinkPair : IDisposable
{
    private readonly int _piece;
    private long _nowMs;

    public LinkPair(int piece = 1 << 20, bool isPumped = false)
    {
        _piece = piece;
        var chance = new CountingRandom();
        var (dialler, listener) = (Ed25519PrivateKey.Generate(chance), Ed25519PrivateKey.Generate(chance));
        Left = new LinkSession(
            new LinkId(1),
            new ConnectionSettings
            {
                Role = ConnectionRole.Dialer,
                Key = dialler,
                Random = chance,
                ExpectedPeer = PeerId.From(listener.PublicKey),
            },
            null, new DialId(7), Now, isPumped ? new Pump(BulkWaits, []) : null);
        Right = new LinkSession(
            new LinkId(2),
            new ConnectionSettings { Role = ConnectionRole.Listener, Key = listener, Random = chance },
            null, null, Now, isPumped ? new Pump([], SourceWaits) : null);
        Run();
    }

    public LinkSession Left { get; }

    public LinkSession Right { get; }

    /// <summary>What each node would have heard, and not taken yet.</summary>
    public List<NetworkInput> LeftInputs { get; } = [];

    public List<NetworkInput> RightInputs { get; } = [];

    /// <summary>Streams whose bulk the left side's driver has to take.</summary>
    public List<StreamId> BulkWaits { get; } = [];

    /// <summary>Streams whose source the right side's driver has to turn.</summary>
    public List<StreamId> SourceWaits { get; } = [];

    public Instant Now => new(1_800_000_000_000, _nowMs);

    public void ApplyLeft(NetworkEffect effect)
    {
        Left.Apply(effect, Now, LeftInputs);
        Run();
    }

    public void ApplyRight(NetworkEffect effect)
    {
        Right.Apply(effect, Now, RightInputs);
        Run();
    }

    /// <summary>Opens a stream from the left; its two numbers.</summary>
    public (StreamId Left, StreamId Right) Open(string protocol)
    {
        ApplyLeft(new NetworkEffect.OpenStream(new RequestId(1), Left.Id, protocol));
        var ready = Assert.Single(LeftInputs.OfType<NetworkInput.StreamReady>());
        var opened = Assert.Single(RightInputs.OfType<NetworkInput.StreamOpened>());
        Assert.Equal(protocol, opened.Protocol);
        LeftInputs.Clear();
        RightInputs.Clear();
        return (ready.Stream, opened.Stream);
    }

    public void Dispose()
    {
        Left.Dispose();
        Right.Dispose();
    }

    /// <summary>Carries bytes until both sides are quiet.</summary>
    public void Run()
    {
        while (Carry(Left, Right, LeftInputs, RightInputs) | Carry(Right, Left, RightInputs, LeftInputs)) _nowMs++;
    }

    private bool Carry(LinkSession from, LinkSession to, List<NetworkInput> fromInputs, List<NetworkInput> toInputs)
    {
        var output = from.PeekOutput();
        if (output.IsEmpty) return false;
        var take = output.Length > _piece ? output[.._piece] : output;
        to.Receive(take.Span, Now, toInputs);
        from.ConsumeOutput(take.Length, Now, fromInputs);
        return true;
    }

    private sealed class Pump(List<StreamId> sinks, List<StreamId> sources) : IBulkPump
    {
        public void SinkWaits(StreamId stream) => sinks.Add(stream);

        public void SourceWaits(StreamId stream) => sources.Add(stream);
    }

    private sealed class CountingRandom : IRandomSource
    {
        private byte _next;

        public void Fill(Span<byte> destination)
        {
            foreach (ref var value in destination) value = _next += 37;
        }
    }
}
