using System.Buffers;
using System.Text;

namespace Omega.P2P.Protocol.Multistream;

/// <summary>
/// The proposing side of multistream-select 1.0. It sends the version and its first proposal in one go. When that is
/// the only proposal, the caller may send protocol bytes right behind it (0-RTT); a listener that refuses would read
/// them as proposals, so this is safe only towards peers known to speak the protocol.
/// Source: libp2p specs, connections/README.md, multistream-select.
/// </summary>
public sealed class MultistreamDialer
{
    private readonly IReadOnlyList<string> _protocols;
    private readonly MultistreamReader _reader;
    private bool _versionSeen;
    private int _proposed;

    /// <summary>Prepares a negotiation; <see cref="Start"/> begins it.</summary>
    /// <param name="protocols">At least one name, in order of preference.</param>
    /// <param name="limits">Bounds of a message.</param>
    public MultistreamDialer(IReadOnlyList<string> protocols, Limits limits)
    {
        ArgumentOutOfRangeException.ThrowIfZero(protocols.Count, nameof(protocols));
        _protocols = protocols;
        _reader = new MultistreamReader(limits.MultistreamMessageBytesMax);
    }

    /// <summary>The protocol proposed last: the one in use once <see cref="MultistreamStatus.Selected"/>.</summary>
    public string Protocol => _protocols[_proposed];

    /// <summary>Why it failed, or <see cref="MultistreamError.None"/>.</summary>
    public MultistreamError Error { get; private set; }

    /// <summary>Writes the version and the first proposal.</summary>
    public void Start(IBufferWriter<byte> output)
    {
        MultistreamMessage.Write(MultistreamMessage.VersionUtf8, output);
        MultistreamMessage.Write(Protocol, output);
    }

    /// <summary>Reads answers; takes from <paramref name="input"/> only what belongs to the negotiation.</summary>
    public MultistreamStatus Receive(ref ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        while (Error == MultistreamError.None)
        {
            Error = _reader.Read(ref input, out var text);
            if (Error != MultistreamError.None)
            {
                break;
            }

            if (text is null)
            {
                return MultistreamStatus.NeedMore;
            }

            if (OnMessage(text, output))
            {
                return MultistreamStatus.Selected;
            }
        }

        return MultistreamStatus.Rejected;
    }

    private bool OnMessage(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        if (!_versionSeen)
        {
            _versionSeen = true;
            Error = text.SequenceEqual(MultistreamMessage.VersionUtf8)
                ? MultistreamError.None
                : MultistreamError.WrongVersion;
            return false;
        }

        if (text.SequenceEqual(Encoding.UTF8.GetBytes(Protocol)))
        {
            return true;
        }

        if (!text.SequenceEqual(MultistreamMessage.NotAvailable))
        {
            Error = MultistreamError.WrongEcho;
        }
        else if (_proposed + 1 == _protocols.Count)
        {
            Error = MultistreamError.NoneSupported;
        }
        else
        {
            _proposed++;
            MultistreamMessage.Write(Protocol, output);
        }

        return false;
    }
}
