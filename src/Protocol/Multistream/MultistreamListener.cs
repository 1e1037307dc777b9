using System.Buffers;
using System.Text;

namespace Omega.P2P.Protocol.Multistream;

/// <summary>
/// The answering side of multistream-select 1.0. An unknown proposal is answered with <c>na</c>, and so is <c>ls</c>:
/// what a node speaks is told by identify.
/// Source: libp2p specs, connections/README.md, multistream-select.
/// </summary>
public sealed class MultistreamListener
{
    private readonly Func<string, bool> _supports;
    private readonly MultistreamReader _reader;
    private readonly int _proposalsMax;
    private bool _versionSeen;
    private int _proposals;

    /// <summary>Waits for the dialer's first message.</summary>
    /// <param name="supports">Whether a proposed name is spoken here.</param>
    /// <param name="limits">Bounds of messages and proposals.</param>
    public MultistreamListener(Func<string, bool> supports, Limits limits)
    {
        _supports = supports;
        _reader = new MultistreamReader(limits.MultistreamMessageBytesMax);
        _proposalsMax = limits.MultistreamProposalsMax;
    }

    /// <summary>The protocol chosen; empty before <see cref="MultistreamStatus.Selected"/>.</summary>
    public string Protocol { get; private set; } = "";

    /// <summary>Why it failed, or <see cref="MultistreamError.None"/>.</summary>
    public MultistreamError Error { get; private set; }

    /// <summary>Reads proposals; takes from <paramref name="input"/> only what belongs to the negotiation.</summary>
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
            if (!text.SequenceEqual(MultistreamMessage.VersionUtf8))
            {
                Error = MultistreamError.WrongVersion;
                return false;
            }

            MultistreamMessage.Write(MultistreamMessage.VersionUtf8, output);
            return false;
        }

        if (++_proposals > _proposalsMax)
        {
            Error = MultistreamError.TooManyProposals;
            return false;
        }

        var proposal = Encoding.UTF8.GetString(text);
        if (!_supports(proposal))
        {
            MultistreamMessage.Write(MultistreamMessage.NotAvailable, output);
            return false;
        }

        Protocol = proposal;
        MultistreamMessage.Write(text, output);
        return true;
    }
}
