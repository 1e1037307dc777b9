using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Primitives.Cbor;

/// <summary>Rules of the one CBOR profile that is signed, hashed and sent.</summary>
public static class DagCbor
{
    /// <summary>Most containers inside each other. Origin: guess, four times the deepest document of ours.</summary>
    public const int DepthMax = 32;

    /// <summary>The only tag: a CID.</summary>
    public const ulong LinkTag = 42;

    /// <summary>Whether <paramref name="item"/> is exactly one item in its one allowed encoding.</summary>
    /// <param name="item">Bytes from outside.</param>
    /// <param name="maxBytes">Longer input is refused unread.</param>
    /// <param name="error">Why not.</param>
    public static bool IsCanonical(ReadOnlySpan<byte> item, int maxBytes, out DecodeError error)
    {
        if (item.Length > maxBytes)
        {
            error = new DecodeError(CborCode.TooLong, "", $"The item is longer than {maxBytes} bytes.");
            return false;
        }

        CborReader reader = new(item);
        bool canonical = reader.TrySkip() && reader.TryFinish();
        error = reader.Error;
        return canonical;
    }

    /// <summary>Order of map keys: the shorter first, equally long ones bytewise.</summary>
    public static int CompareKeys(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);

    /// <summary>
    /// A key from outside, fit for a message: at most 40 characters, other than plain ASCII as <c>?</c>.
    /// </summary>
    internal static string Printable(ReadOnlySpan<byte> key)
    {
        Span<char> text = stackalloc char[Math.Min(key.Length, 40)];
        for (int i = 0; i < text.Length; i++)
            text[i] = key[i] is >= 0x20 and < 0x7f ? (char)key[i] : '?';
        return new string(text);
    }
}
