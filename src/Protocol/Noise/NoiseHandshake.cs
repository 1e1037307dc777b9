using System.Buffers;
using System.Buffers.Binary;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Protocol.Noise;

/// <summary>
/// The <c>/noise</c> handshake of libp2p: XX with the identity payload in the second and third message, each message
/// behind a 2-byte big-endian length. Ends with the peer's proven identity and a <see cref="NoiseTransport"/>, or with
/// one <see cref="NoiseError"/>. The initiator's third message leaves only after the responder's identity was checked.
/// Not thread-safe. Source: libp2p specs, noise/README.md and connections/inlined-muxer-negotiation.md.
/// </summary>
public sealed class NoiseHandshake : IDisposable
{
    private readonly NoiseXX _xx;
    private readonly ISigner _identity;
    private readonly PeerId? _expected;
    private readonly Limits _limits;
    private readonly IReadOnlyList<string> _muxers;
    private readonly bool _offersAes;
    private NoiseCipherKind _kind;
    private readonly byte[] _prefix = new byte[2];
    private int _prefixFilled;
    private byte[]? _message;
    private int _messageFilled;
    private NoisePayload? _remote;

    /// <summary>Prepares a handshake, drawing the channel's static key.</summary>
    /// <param name="initiator">Whether we dialled.</param>
    /// <param name="identity">The node key.</param>
    /// <param name="expected">Who must be at the other end; null for anybody but ourselves.</param>
    /// <param name="muxers">The multiplexers we speak, best first.</param>
    /// <param name="random">Secrets of the channel come from here.</param>
    /// <param name="limits">Bounds of a message.</param>
    /// <param name="offersAes">Whether frames after the handshake may be AES-256-GCM where the peer offers it too.
    /// </param>
    public NoiseHandshake(
        bool initiator,
        ISigner identity,
        PeerId? expected,
        IReadOnlyList<string> muxers,
        IRandomSource random,
        Limits limits,
        bool offersAes = false)
    {
        _xx = new NoiseXX(initiator, random, prologue: default);
        _identity = identity;
        _expected = expected;
        _muxers = muxers;
        _limits = limits;
        _offersAes = offersAes;
    }

    /// <summary>Why it failed, or <see cref="NoiseError.None"/>.</summary>
    public NoiseError Error { get; private set; }

    /// <summary>Who is at the other end; default before <see cref="NoiseStatus.Done"/>.</summary>
    public PeerId RemotePeer { get; private set; }

    /// <summary>The multiplexer both sides listed; null when the peer listed none, so that one is negotiated
    /// inside the channel.</summary>
    public string? Muxer { get; private set; }

    /// <summary>Whether frames are AES-256-GCM: both sides offered it. Defined after <see cref="NoiseStatus.Done"/>.
    /// </summary>
    public bool UsesAes => _kind == NoiseCipherKind.AesGcm;

    /// <summary>Writes the first message; for the initiator only.</summary>
    public void Start(IBufferWriter<byte> output) => Write(payload: [], output);

    /// <summary>Reads the peer's messages and answers them; takes from <paramref name="input"/> only what belongs to
    /// the handshake.</summary>
    public NoiseStatus Receive(ref ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        while (Error == NoiseError.None && !_xx.IsFinished)
        {
            if (!TryTakeMessage(ref input, out var message))
            {
                return Error == NoiseError.None ? NoiseStatus.NeedMore : NoiseStatus.Rejected;
            }

            OnMessage(message, output);
        }

        return Error == NoiseError.None ? NoiseStatus.Done : NoiseStatus.Rejected;
    }

    /// <summary>The channel; once, after <see cref="NoiseStatus.Done"/>.</summary>
    public NoiseTransport CreateTransport()
    {
        var (sending, receiving) = _xx.Split(_kind);
        return new NoiseTransport(sending, receiving);
    }

    /// <summary>Wipes the handshake's secrets.</summary>
    public void Dispose() => _xx.Dispose();

    private void OnMessage(ReadOnlySpan<byte> message, IBufferWriter<byte> output)
    {
        var carriesIdentity = _xx.HandshakeStep > 0;
        Error = _xx.TryRead(message, out var payload);
        if (Error == NoiseError.None && carriesIdentity)
        {
            Error = NoisePayload.TryVerify(payload, _xx.RemoteStatic, _limits, out _remote);
            Error = _remote is null ? Error : CheckRemote(_remote);
        }

        if (Error == NoiseError.None && _xx.IsOurTurn)
        {
            Write(NoisePayload.Encode(_identity, _xx.StaticPublic, _muxers, _offersAes), output);
        }
    }

    private NoiseError CheckRemote(NoisePayload remote)
    {
        var peer = remote.Identity.ToPeerId();
        if (peer == _identity.PublicKey.ToPeerId())
        {
            return NoiseError.SelfDial;
        }

        if (_expected is { } expected && peer != expected)
        {
            return NoiseError.WrongPeer;
        }

        // Each side speaks one multiplexer today, so whose order counts cannot matter yet.
        Muxer = _muxers.FirstOrDefault(remote.Muxers.Contains);
        RemotePeer = peer;
        _kind = _offersAes && remote.OffersAes ? NoiseCipherKind.AesGcm : NoiseCipherKind.ChaChaPoly;
        return Muxer is null && remote.Muxers.Count > 0 ? NoiseError.NoCommonMuxer : NoiseError.None;
    }

    private void Write(ReadOnlySpan<byte> payload, IBufferWriter<byte> output)
    {
        if (!_xx.TryWrite(payload, out var message))
        {
            Error = NoiseError.WeakKey;
            return;
        }

        var target = output.GetSpan(2 + message.Length);
        BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)message.Length);
        message.CopyTo(target[2..]);
        output.Advance(2 + message.Length);
    }

    private bool TryTakeMessage(ref ReadOnlySpan<byte> input, out byte[] message)
    {
        message = [];
        while (_message is null)
        {
            if (input.IsEmpty)
            {
                return false;
            }

            _prefix[_prefixFilled++] = input[0];
            input = input[1..];
            if (_prefixFilled == 2 && !TryBegin(BinaryPrimitives.ReadUInt16BigEndian(_prefix)))
            {
                return false;
            }
        }

        var take = Math.Min(input.Length, _message.Length - _messageFilled);
        input[..take].CopyTo(_message.AsSpan(_messageFilled));
        input = input[take..];
        _messageFilled += take;
        if (_messageFilled < _message.Length)
        {
            return false;
        }

        (message, _message) = (_message, null);
        (_prefixFilled, _messageFilled) = (0, 0);
        return true;
    }

    private bool TryBegin(int length)
    {
        if (length > _limits.NoiseHandshakeBytesMax)
        {
            Error = NoiseError.MessageTooLong;
            return false;
        }

        _message = new byte[length];
        return true;
    }
}
