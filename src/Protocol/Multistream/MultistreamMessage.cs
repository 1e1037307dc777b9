using System.Buffers;
using System.Text;
using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Protocol.Multistream;

/// <summary>The fixed messages of multistream-select 1.0 and how any message is written.</summary>
internal static class MultistreamMessage
{
    public static ReadOnlySpan<byte> VersionUtf8 => "/multistream/1.0.0"u8;

    public static ReadOnlySpan<byte> NotAvailable => "na"u8;

    public static void Write(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        var length = (ulong)text.Length + 1;
        var total = Varint.Length(length) + text.Length + 1;
        var target = output.GetSpan(total);
        var head = Varint.Write(length, target);
        text.CopyTo(target[head..]);
        target[head + text.Length] = (byte)'\n';
        output.Advance(total);
    }

    public static void Write(string text, IBufferWriter<byte> output) => Write(Encoding.UTF8.GetBytes(text), output);
}
