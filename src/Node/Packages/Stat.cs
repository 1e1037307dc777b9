namespace Omega.P2P.Node.Packages;

/// <summary>What kind of thing a path names.</summary>
internal enum PathKind
{
    File,
    Folder,
    Link,

    /// <summary>A socket, pipe or device.</summary>
    Other,
}

/// <summary>What the kernel says of a path; enough to tell a file that changed from one that did not.</summary>
internal readonly record struct Stat(
    PathKind Kind, int Mode, long Size, ulong Inode, ulong Device, long ModifiedNs, long ChangedNs)
{
    /// <summary>Id of the user it belongs to; 0, root, where nobody asked.</summary>
    public uint Owner { get; init; }

    /// <summary>Bytes of <c>struct statx</c>, the same on every processor.</summary>
    public const int RawSize = 256;

    /// <summary>STATX_BASIC_STATS.</summary>
    public const uint Wanted = 0x7ff;

    /// <summary>From the kernel's layout: owner at 20, mode 28, inode 32, size 40, ctime 96, mtime 112, device
    /// 136.</summary>
    public static Stat Of(ReadOnlySpan<byte> raw)
    {
        var mode = BitConverter.ToUInt16(raw[28..]);
        var kind = (mode & 0xf000) switch
        {
            0x8000 => PathKind.File,
            0x4000 => PathKind.Folder,
            0xa000 => PathKind.Link,
            _ => PathKind.Other,
        };
        return new Stat(kind, mode & 0x1ff, BitConverter.ToInt64(raw[40..]), BitConverter.ToUInt64(raw[32..]),
            BitConverter.ToUInt64(raw[136..]), Time(raw[112..]), Time(raw[96..]))
        {
            Owner = BitConverter.ToUInt32(raw[20..]),
        };
    }

    /// <summary>Seconds (8 bytes) and nanoseconds (4).</summary>
    private static long Time(ReadOnlySpan<byte> raw) =>
        unchecked((BitConverter.ToInt64(raw) * 1_000_000_000) + BitConverter.ToUInt32(raw[8..]));
}
