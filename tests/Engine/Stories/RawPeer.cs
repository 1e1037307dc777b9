using Omega.P2P.Engine.Links;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>A libp2p identity without a node behind it, which asks whatever it likes.</summary>
internal sealed class RawPeer
{
    private readonly Mesh _mesh;
    private readonly LinkEnd _end;
    private readonly List<NetworkInput> _heard = [];
    private long _lastRequest;

    /// <summary>Dials a node; up on return.</summary>
    public RawPeer(Mesh mesh, Ed25519PrivateKey key, StoryNode target)
    {
        _mesh = mesh;
        var settings = new ConnectionSettings
        {
            Role = ConnectionRole.Dialer,
            Key = key,
            Random = new TestRandom(4711),
            ExpectedPeer = target.Peer,
        };
        var session = new LinkSession(mesh.NextLink(), settings, target.Address, new DialId(1), mesh.Now);
        _end = new LinkEnd(mesh, session, _heard.Add);
        LinkEnd.Connect(_end, target.Listen(null));
        Assert.True(mesh.RunUntil(() => session.IsUp, 5_000), "no link");
    }

    public CatalogResponse Ask(CatalogRequest request)
    {
        Assert.True(CatalogResponse.TryDecode(Ask(OmegaProtocols.Catalog, request.Encode()), out var answer, out _));
        return answer;
    }

    public HaveResponse Ask(BlocksRequest.Have request)
    {
        var bytes = Ask(OmegaProtocols.Blocks, request.Encode());
        Assert.True(HaveResponse.TryDecode(bytes, request.Ids.Count, out var answer, out _));
        return answer;
    }

    /// <summary>Asks for a whole content or block of a size; what of it was proven.</summary>
    public (BlocksStatus Status, byte[] Bytes) Get(TargetKind kind, Hash256 hash, long size)
    {
        var taken = new Taken(new byte[size]);
        WireRange[] ranges = [new(0, size)];
        var stream = Open(OmegaProtocols.Blocks);
        _end.Apply(new NetworkEffect.ReceiveBulk(stream, new BlocksSink(hash, size, ranges, taken)));
        _end.Apply(new NetworkEffect.SendFrame(stream, new BlocksRequest.Get(kind, hash, ranges).Encode()));
        _end.Apply(new NetworkEffect.CloseStream(stream));
        var finished = Await<NetworkInput.BulkFinished>(f => f.Stream == stream);
        return (Assert.IsType<BlocksOutcome>(finished.Outcome).Status, taken.Bytes);
    }

    private byte[] Ask(string protocol, byte[] request)
    {
        var stream = Open(protocol);
        _end.Apply(new NetworkEffect.SendFrame(stream, request));
        return Await<NetworkInput.FrameArrived>(f => f.Stream == stream).Payload.ToArray();
    }

    private Federation.StreamId Open(string protocol)
    {
        var request = new RequestId(++_lastRequest);
        _end.Apply(new NetworkEffect.OpenStream(request, _end.Session.Id, protocol));
        return Await<NetworkInput.StreamReady>(r => r.Request == request).Stream;
    }

    private T Await<T>(Func<T, bool> isMeant)
        where T : NetworkInput
    {
        Assert.True(_mesh.RunUntil(() => _heard.OfType<T>().Any(isMeant), 30_000), $"no {typeof(T).Name}");
        return _heard.OfType<T>().First(isMeant);
    }

    private sealed record Taken(byte[] Bytes) : IVerifiedSink
    {
        public void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv) =>
            verified.CopyTo(Bytes.AsSpan((int)offset));
    }
}
