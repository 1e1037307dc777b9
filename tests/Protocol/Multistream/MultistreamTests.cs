using System.Buffers;
using System.Text;
using Omega.P2P.Protocol.Multistream;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Multistream;

public sealed class MultistreamTests
{
    private const string Header = "\x13/multistream/1.0.0\n";

    [Fact]
    public void DialerSendsVersionAndFirstProposalTogether()
    {
        var output = new ArrayBufferWriter<byte>();
        new MultistreamDialer(["/noise", "/tls/1.0.0"], Limits.Default).Start(output);
        Assert.Equal(Header + "\x07/noise\n", Text(output));
    }

    [Fact]
    public void DialerFallsBackToItsNextProposal()
    {
        var dialer = new MultistreamDialer(["/a", "/b"], Limits.Default);
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(MultistreamStatus.NeedMore, Feed(dialer, Header + "\x03na\n", output));
        Assert.Equal("\x03/b\n", Text(output));
        Assert.Equal(MultistreamStatus.Selected, Feed(dialer, "\x03/b\n", output));
        Assert.Equal("/b", dialer.Protocol);
    }

    [Fact]
    public void InputAfterTheChoiceIsLeftAlone()
    {
        var dialer = new MultistreamDialer(["/a"], Limits.Default);
        ReadOnlySpan<byte> input = Encoding.ASCII.GetBytes(Header + "\x03/a\nrest");
        Assert.Equal(MultistreamStatus.Selected, dialer.Receive(ref input, new ArrayBufferWriter<byte>()));
        Assert.Equal("rest"u8.ToArray(), input.ToArray());
    }

    [Fact]
    public void ListenerRefusesUnknownProposalsAndListsThenAcceptsAKnownOne()
    {
        var listener = new MultistreamListener(p => p == "/b", Limits.Default);
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(MultistreamStatus.NeedMore, Feed(listener, Header + "\x03/a\n\x03ls\n", output));
        Assert.Equal(Header + "\x03na\n\x03na\n", Text(output));
        Assert.Equal(MultistreamStatus.Selected, Feed(listener, "\x03/b\n", output));
        Assert.Equal("/b", listener.Protocol);
        Assert.EndsWith("\x03/b\n", Text(output), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other version", "\x13/multistream/2.0.0\n", MultistreamError.WrongVersion)]
    [InlineData("no newline", "\x02/a", MultistreamError.MissingNewline)]
    [InlineData("empty message", "\0", MultistreamError.MissingNewline)]
    [InlineData("length 1,025", "\u0081\x08", MultistreamError.MessageTooLong)]
    [InlineData("length not minimal", "\u0081\0", MultistreamError.InvalidLength)]
    [InlineData("endless varint", "\u0080\u0080\u0080\u0080\u0080\u0080\u0080\u0080\u0080",
        MultistreamError.InvalidLength)]
    [InlineData("none supported", Header + "\x03na\n", MultistreamError.NoneSupported)]
    [InlineData("another protocol", Header + "\x03/b\n", MultistreamError.WrongEcho)]
    public void DialerNamesWhatIsWrong(string label, string answer, MultistreamError expected)
    {
        Assert.NotEmpty(label);
        for (var split = 0; split <= answer.Length; split++)
        {
            var dialer = new MultistreamDialer(["/a"], Limits.Default);
            var output = new ArrayBufferWriter<byte>();
            Feed(dialer, answer[..split], output);
            Assert.Equal(MultistreamStatus.Rejected, Feed(dialer, answer[split..], output));
            Assert.Equal(expected, dialer.Error);
        }
    }

    [Fact]
    public void ListenerStopsAfterTooManyProposals()
    {
        var listener = new MultistreamListener(_ => false, Limits.Default with { MultistreamProposalsMax = 3 });
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(MultistreamStatus.NeedMore, Feed(listener, Header + "\u0002a\n\u0002b\n\u0002c\n", output));
        Assert.Equal(MultistreamStatus.Rejected, Feed(listener, "\u0002d\n", output));
        Assert.Equal(MultistreamError.TooManyProposals, listener.Error);
    }

    [Fact]
    public void EverySplitOfANegotiationEndsTheSame()
    {
        var text = Header + "\x03/x\n\x03/a\n";
        for (var split = 0; split < text.Length; split++)
        {
            var listener = new MultistreamListener(p => p == "/a", Limits.Default);
            var output = new ArrayBufferWriter<byte>();
            Feed(listener, text[..split], output);
            Assert.Equal(MultistreamStatus.Selected, Feed(listener, text[split..], output));
            Assert.Equal(Header + "\x03na\n\x03/a\n", Text(output));
        }
    }

    [Fact]
    public void MutatedNegotiationsNeverThrow()
    {
        var good = Encoding.Latin1.GetBytes(Header + "\x03/x\n\x03/a\n");
        var rejected = 0;
        for (ulong seed = 0; seed < 2000; seed++)
        {
            var chance = new Chance(seed);
            var bytes = (byte[])good.Clone();
            bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
            bytes[chance.Below(bytes.Length)] ^= (byte)(1 << chance.Below(8));
            var listener = new MultistreamListener(p => p == "/a", Limits.Default);
            ReadOnlySpan<byte> input = bytes;
            var status = listener.Receive(ref input, new ArrayBufferWriter<byte>());
            rejected += status == MultistreamStatus.Rejected ? 1 : 0;
        }

        Assert.InRange(rejected, 500, 2000);
    }

    private static MultistreamStatus Feed(MultistreamDialer dialer, string text, IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> input = Encoding.Latin1.GetBytes(text);
        return dialer.Receive(ref input, output);
    }

    private static MultistreamStatus Feed(MultistreamListener listener, string text, IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> input = Encoding.Latin1.GetBytes(text);
        return listener.Receive(ref input, output);
    }

    private static string Text(ArrayBufferWriter<byte> output) => Encoding.Latin1.GetString(output.WrittenSpan);
}
