using System.Buffers.Binary;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>Several messages in one input: each its length in two bytes, little-endian, and its bytes. A length that is
/// too long takes what is left, so whatever the mutation, most of the input is used.</summary>
internal static class Pieces
{
    public static byte[] Join(params IEnumerable<byte[]> pieces)
    {
        var joined = new List<byte>();
        foreach (var piece in pieces)
        {
            joined.Add((byte)piece.Length);
            joined.Add((byte)(piece.Length >> 8));
            joined.AddRange(piece);
        }

        return [.. joined];
    }

    public static List<byte[]> Split(ReadOnlySpan<byte> input)
    {
        var pieces = new List<byte[]>();
        while (input.Length >= 2)
        {
            var length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(input), input.Length - 2);
            pieces.Add(input.Slice(2, length).ToArray());
            input = input[(2 + length)..];
        }

        return pieces;
    }
}
