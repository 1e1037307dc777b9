using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>
/// Writes a CAR version 1 file piece by piece; see <see cref="CarDecoder"/> for the form. Holds nothing.
/// </summary>
/// <param name="write">Takes the bytes in order; they are valid during the call only.</param>
public sealed class CarWriter(Action<ReadOnlyMemory<byte>> write)
{
    /// <summary>The first piece: the header with its length.</summary>
    public void Begin(CarHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        var bytes = header.Encode();
        WriteLength(bytes.Length);
        write(bytes);
    }

    /// <summary>One section. The caller answers for the block being that of the CID.</summary>
    public void Add(Cid cid, ReadOnlyMemory<byte> block)
    {
        ArgumentNullException.ThrowIfNull(cid);
        WriteLength(cid.Bytes.Length + block.Length);
        write(cid.Bytes.ToArray());
        write(block);
    }

    private void WriteLength(int length)
    {
        var prefix = new byte[Varint.LengthMax];
        write(prefix.AsMemory(0, Varint.Write((ulong)length, prefix)));
    }
}
