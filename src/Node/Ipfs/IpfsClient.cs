using System.Collections.Concurrent;
using System.Diagnostics;
using Omega.P2P.Federation;
using Omega.P2P.Federation.Ipfs;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Time;
using Omega.P2P.Node.Transport;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Node.Ipfs;

/// <summary>
/// Drives one <see cref="IpfsFetch"/> over TCP, in the process of the command and under a key of its own that is gone
/// afterwards: strangers learn nothing of the node, and the node hears nothing of them but verified bytes. The thread
/// that wants blocks is the one that handles what came; nothing runs while nobody reads.
/// </summary>
internal sealed class IpfsClient : IBlockSupply, IDisposable
{
    private readonly IReadOnlyList<Multiaddr> _from;
    private readonly IpfsFetchLimits _limits;
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Generate(SystemRandom.Instance);
    private readonly BlockingCollection<NetworkInput> _inputs = [];
    private readonly PriorityQueue<TimerId, long> _timers = new();
    private readonly List<MeshEffect> _effects = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly TcpTransport _transport;
    private IpfsFetch? _fetch;

    public IpfsClient(IReadOnlyList<Multiaddr> from, IpfsFetchLimits limits)
    {
        _from = from;
        _limits = limits;
        _transport = new TcpTransport(
            _key, SystemRandom.Instance, input => _inputs.Add(input), serves: [BitswapMessage.ProtocolName]);
    }

    /// <summary>What it took so far.</summary>
    public FetchFigures Figures => new(
        _fetch?.Blocks ?? 0, _fetch?.BytesWire ?? 0, _clock.Elapsed.TotalSeconds,
        [.. _fetch?.Peers.Select(p => p.ToString()) ?? []]);

    /// <summary>Who is asked, for people.</summary>
    public string Standing => _fetch?.Standing ?? "";

    public void Supply(UnixFsWalk walk, CancellationToken cancel)
    {
        if (_fetch is null)
            _fetch = new IpfsFetch(walk, _from, SystemRandom.Instance, _limits, SystemClock.Now(), _effects);
        else
            _fetch.GoOn(SystemClock.Now(), _effects);
        Carry();
        for (var before = _fetch.Blocks; _fetch.Blocks == before && walk.Error == UnixFsError.None;)
        {
            if (_fetch.Failure is { } failure) throw ExceptionOf(failure);
            _fetch.Handle(Next(cancel), SystemClock.Now(), _effects);
            Carry();
        }
    }

    public void Dispose()
    {
        _fetch?.Stop(SystemClock.Now(), _effects);
        Carry();
        _transport.Dispose();
        _key.Dispose();
        // The transport's last words may still come; nobody hears them.
    }

    private static OmegaException ExceptionOf(CommandResult.Failed failure) => failure.Code switch
    {
        MeshError.NotFound => OmegaException.NotFound(failure.Message, "ask another peer with --from"),
        MeshError.Unreachable => new(ExitCode.Unreachable, "unreachable", failure.Message)
        {
            Field = "--from",
            Hint = "the peer has to run and to be reachable at that address",
        },
        _ => new(ExitCode.NotAvailable, "not_available", failure.Message),
    };

    private NetworkInput Next(CancellationToken cancel)
    {
        while (true)
        {
            var waitMs = -1;
            if (_timers.TryPeek(out var timer, out var dueMs))
            {
                waitMs = (int)Math.Clamp(dueMs - SystemClock.Now().RunningMs, 0, int.MaxValue);
                if (waitMs == 0)
                {
                    _timers.Dequeue();
                    return new NetworkInput.TimerFired(timer);
                }
            }

            if (_inputs.TryTake(out var input, waitMs, cancel)) return input;
        }
    }

    private void Carry()
    {
        foreach (var effect in _effects)
        {
            if (effect is NetworkEffect.ArmTimer arm)
                _timers.Enqueue(arm.Timer, SystemClock.Now().RunningMs + (long)arm.After.TotalMilliseconds);
            else if (effect is NetworkEffect network and not NetworkEffect.CancelTimer)
                _transport.Carry(network);
        }

        _effects.Clear();
    }
}
