using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>
/// The header of a CAR version 1 file (ipld.io/specs/transport/car/carv1): DAG-CBOR
/// <c>{ roots: [ CID ], version: 1 }</c>.
/// </summary>
/// <param name="Roots">At most <see cref="IpfsLimits.CarRoots"/>; may be empty.</param>
public sealed record CarHeader(IReadOnlyList<Cid> Roots)
{
    /// <summary>The header without its length prefix.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter();
        writer.WriteMapStart(2);
        writer.WriteKey("roots");
        writer.WriteArrayStart(Roots.Count);
        foreach (var root in Roots)
            writer.WriteLink(root.Bytes);
        writer.WriteKey("version");
        writer.WriteUInt(1);
        return writer.ToArray();
    }

    /// <summary>Reads a header; false for another version, another form or too many roots.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out CarHeader? header)
    {
        header = null;
        var reader = new CborReader(bytes);
        if (bytes.Length > IpfsLimits.CarHeaderBytes
            || !reader.TryReadMapStart(out var count) || count != 2
            || !reader.TryReadKey("roots"u8) || !reader.TryReadArrayStart(out var links)
            || links > IpfsLimits.CarRoots)
            return false;
        var roots = new List<Cid>(links);
        for (var i = 0; i < links; i++)
        {
            if (!reader.TryReadLink(out var link) || !Cid.TryFromBytes(link, out var root))
                return false;
            roots.Add(root);
        }

        if (!reader.TryReadKey("version"u8) || !reader.TryReadUInt(out var version) || version != 1
            || !reader.TryFinish())
            return false;
        header = new CarHeader(roots);
        return true;
    }
}
