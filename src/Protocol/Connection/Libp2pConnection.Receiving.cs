using System.Buffers;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Multistream;
using Omega.P2P.Protocol.Noise;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Connection;

/// <summary>The layers, from the socket up.</summary>
public sealed partial class Libp2pConnection
{
    private const string NoiseName = "/noise";
    private const string YamuxName = "/yamux/1.0.0";
    private static readonly string[] Muxers = [YamuxName];

    private readonly NoiseHandshake _noise;
    private NoiseTransport? _transport;
    private MultistreamDialer? _proposer;
    private MultistreamListener? _answerer;

    /// <summary>Takes bytes of the peer, split anywhere; keeps nothing of <paramref name="bytes"/>.</summary>
    public void Receive(ReadOnlySpan<byte> bytes, Instant now)
    {
        NowMs = now.RunningMs;
        _heardAtMs = NowMs;
        while (!bytes.IsEmpty && _phase is Phase.Security or Phase.Handshake)
        {
            if (_phase == Phase.Security)
            {
                OnSecurityNegotiated(Negotiate(ref bytes));
            }
            else
            {
                OnHandshake(_noise.Receive(ref bytes, _output));
            }
        }

        if (!bytes.IsEmpty && _phase != Phase.Closed)
        {
            ReceiveSecured(bytes);
        }

        if (_output.PendingBytes > Limits.OutputBytesHard)
        {
            CloseWith(CloseReason.OutputOverflow, "");
        }
    }

    private void BeginSecurity()
    {
        BeginNegotiation(NoiseName);
        if (IsDialer)
        {
            // The only channel we speak: its first message rides along and saves a round trip.
            _noise.Start(_output);
        }
    }

    private void BeginNegotiation(string name)
    {
        if (IsDialer)
        {
            _proposer = new MultistreamDialer([name], Limits);
            _proposer.Start(_output);
        }
        else
        {
            _answerer = new MultistreamListener(proposal => proposal == name, Limits);
        }
    }

    private MultistreamStatus Negotiate(ref ReadOnlySpan<byte> bytes) => _proposer is not null
        ? _proposer.Receive(ref bytes, _output)
        : _answerer!.Receive(ref bytes, _output); // one of the two exists from the constructor on

    private string NegotiationError => (_proposer?.Error ?? _answerer?.Error).ToString() ?? "";

    private void OnSecurityNegotiated(MultistreamStatus status)
    {
        if (status == MultistreamStatus.Selected)
        {
            _phase = Phase.Handshake;
        }
        else if (status == MultistreamStatus.Rejected)
        {
            CloseWith(CloseReason.SecurityNegotiationFailed, NegotiationError);
        }
    }

    private void OnHandshake(NoiseStatus status)
    {
        if (status == NoiseStatus.Rejected)
        {
            CloseWith(CloseReason.NoiseRefused, _noise.Error.ToString());
        }

        if (status != NoiseStatus.Done)
        {
            return;
        }

        _transport = _noise.CreateTransport();
        _output.SealWith(_transport);
        if (_noise.Muxer is not null)
        {
            OpenMuxer();
            return;
        }

        _phase = Phase.Muxer;
        BeginNegotiation(YamuxName);
    }

    private void ReceiveSecured(ReadOnlySpan<byte> bytes)
    {
        var plaintext = ArrayPool<byte>.Shared.Rent(NoiseTransport.PlaintextBytesMax);
        var status = NoiseStatus.Done;
        while (status == NoiseStatus.Done && _phase != Phase.Closed)
        {
            status = _transport!.Receive(ref bytes, plaintext, out var length); // set when the handshake was done
            if (status == NoiseStatus.Done && !_frames.TryTake(NowMs))
            {
                CloseWith(CloseReason.FrameFlood, "");
            }
            else if (status == NoiseStatus.Done)
            {
                OnPlaintext(new ArraySegment<byte>(plaintext, 0, length), out var isAdopted);
                plaintext = isAdopted ? ArrayPool<byte>.Shared.Rent(NoiseTransport.PlaintextBytesMax) : plaintext;
            }
        }

        ArrayPool<byte>.Shared.Return(plaintext);
        if (status == NoiseStatus.Rejected)
        {
            CloseWith(CloseReason.NoiseRefused, _transport!.Error.ToString()); // as above
        }
    }

    private void OnPlaintext(ArraySegment<byte> plaintext, out bool isAdopted)
    {
        isAdopted = false;
        if (_phase == Phase.Muxer)
        {
            ReadOnlySpan<byte> rest = plaintext;
            var status = Negotiate(ref rest);
            plaintext = plaintext[^rest.Length..];
            if (status == MultistreamStatus.Rejected)
            {
                CloseWith(CloseReason.MuxerNegotiationFailed, NegotiationError);
            }

            if (status != MultistreamStatus.Selected)
            {
                return;
            }

            OpenMuxer();
        }

        var accepted = Session.Receive(plaintext, NowMs, out isAdopted);
        DrainSession();
        if (!accepted)
        {
            CloseWith(CloseReason.YamuxViolation, Session.Error.ToString());
        }
    }

    private void OpenMuxer()
    {
        _session = new YamuxSession(IsDialer, _output, Limits, _settings.OutputShare);
        _phase = Phase.Open;
        RemotePeer = _noise.RemotePeer;
        _events.Enqueue(new ConnectionEvent.HandshakeCompleted(RemotePeer));
        KeepAlive();
        QueryIdentity();
    }
}
