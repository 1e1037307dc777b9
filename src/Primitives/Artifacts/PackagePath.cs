using System.Text;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>
/// The paths a package may hold, so that unpacking never leaves its folder: relative, <c>/</c> between names, no empty
/// name, no <c>.</c> or <c>..</c>, no control character, each name at most 255 and the path at most 4,096 bytes of
/// UTF-8.
/// </summary>
/// <remarks>
/// Names are kept as the file system gave them and not brought to a Unicode normal form: two names that only look
/// alike are two files, and bytes come back as they went in. A name that is not UTF-8 cannot be packed.
/// </remarks>
public static class PackagePath
{
    /// <summary>Longest path in bytes (Linux PATH_MAX).</summary>
    public const int BytesMax = 4096;

    /// <summary>Longest name in bytes (Linux NAME_MAX).</summary>
    public const int NameBytesMax = 255;

    /// <summary>True iff the path keeps the rules.</summary>
    public static bool IsValid(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length is 0 or > BytesMax || System.Text.Encoding.UTF8.GetByteCount(path) > BytesMax)
            return false;
        foreach (var range in path.AsSpan().Split('/'))
        {
            if (!IsName(path.AsSpan()[range]))
                return false;
        }
        return true;
    }

    /// <summary>Order of the bytes of two paths.</summary>
    public static int Compare(string left, string right) =>
        System.Text.Encoding.UTF8.GetBytes(left).AsSpan()
            .SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(right));

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name is "." or ".." || System.Text.Encoding.UTF8.GetByteCount(name) > NameBytesMax)
            return false;
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(name, out var rune, out var consumed) != System.Buffers.OperationStatus.Done
                || Rune.IsControl(rune))
                return false;
            name = name[consumed..];
        }
        return true;
    }
}
