using System.Buffers.Binary;
using System.Text;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Packages;

/// <summary>
/// What the files of one folder hashed to when they were last read, so that an unchanged one is not read again: a view,
/// `views/files/HASH-OF-PATH`, which may be deleted at any time. A file counts as unchanged when device, inode, size,
/// mtime and ctime are what they were, and both times were at least two seconds old when it was read: a file written in
/// the same tick of the clock after it was read would else look unchanged (the "racy" problem of git's index).
/// </summary>
/// <remarks>
/// Little-endian: magic `OMEGAFC1` (8), BLAKE3 of all behind it (32), then per file: path length (2), path, device,
/// inode, size, mtime, ctime (8 each), content (32). Anything else is as no cache.
/// </remarks>
internal sealed class FilesCache
{
    private const int HeadSize = 40;
    private const int FixedSize = 2 + (5 * 8) + Hash256.Size;
    private const long LengthMax = 256L * 1024 * 1024;
    private const long RestNs = 2_000_000_000;

    private readonly string _path;
    private readonly Dictionary<string, (Stat Stat, ContentId Content)> _known = new(StringComparer.Ordinal);

    private FilesCache(string path) => _path = path;

    private static ReadOnlySpan<byte> Magic => "OMEGAFC1"u8;

    public static FilesCache Load(string views, string folder)
    {
        var name = Blake3.Hash(Encoding.UTF8.GetBytes(Path.GetFullPath(folder))).ToString()[..32];
        var cache = new FilesCache(Path.Combine(views, "files", name));
        try
        {
            if (File.Exists(cache._path) && new FileInfo(cache._path).Length <= LengthMax)
                cache.Read(File.ReadAllBytes(cache._path));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            cache._known.Clear(); // a view: what cannot be read is made again
        }

        return cache;
    }

    /// <summary>What the file holds, where it is surely the one that was read then.</summary>
    public bool TryGet(TreeEntry entry, out ContentId content)
    {
        var isKnown = _known.TryGetValue(entry.Path, out var known) && IsSame(known.Stat, entry.Stat);
        content = known.Content;
        return isKnown;
    }

    /// <summary>Writes the new view in one piece; a failure costs the next put some reading.</summary>
    /// <param name="files">What was read, or known, with the time of reading in Unix nanoseconds.</param>
    public void Save(IEnumerable<(TreeEntry Entry, ContentId Content, long ReadNs)> files)
    {
        var bytes = new MemoryStream();
        bytes.SetLength(HeadSize);
        bytes.Position = HeadSize;
        Span<byte> fixedPart = stackalloc byte[FixedSize];
        foreach (var (entry, content, readNs) in files)
        {
            if (Math.Max(entry.Stat.ModifiedNs, entry.Stat.ChangedNs) > readNs - RestNs) continue;
            var path = Encoding.UTF8.GetBytes(entry.Path);
            BinaryPrimitives.WriteUInt16LittleEndian(fixedPart, (ushort)path.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(fixedPart[2..], entry.Stat.Device);
            BinaryPrimitives.WriteUInt64LittleEndian(fixedPart[10..], entry.Stat.Inode);
            BinaryPrimitives.WriteInt64LittleEndian(fixedPart[18..], entry.Stat.Size);
            BinaryPrimitives.WriteInt64LittleEndian(fixedPart[26..], entry.Stat.ModifiedNs);
            BinaryPrimitives.WriteInt64LittleEndian(fixedPart[34..], entry.Stat.ChangedNs);
            content.Hash.CopyTo(fixedPart[42..]);
            bytes.Write(fixedPart);
            bytes.Write(path);
        }

        var whole = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        Magic.CopyTo(whole);
        Blake3.Hash(whole[HeadSize..]).CopyTo(whole[8..]);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            var temporary = $"{_path}.{Environment.ProcessId}";
            File.WriteAllBytes(temporary, whole);
            File.Move(temporary, _path, overwrite: true);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            Host.Log.Warn($"{_path}: {unwritable.Message}");
        }
    }

    private static bool IsSame(Stat known, Stat now) =>
        known.Inode == now.Inode && known.Device == now.Device && known.Size == now.Size
        && known.ModifiedNs == now.ModifiedNs && known.ChangedNs == now.ChangedNs;

    private void Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadSize || !bytes.StartsWith(Magic)
            || Blake3.Hash(bytes[HeadSize..]) != Hash256.From(bytes[8..HeadSize])) return;
        var rest = bytes[HeadSize..];
        while (rest.Length >= FixedSize)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            if (rest.Length < FixedSize + length) break;
            var stat = new Stat(
                PathKind.File, 0,
                Size: BinaryPrimitives.ReadInt64LittleEndian(rest[18..]),
                Inode: BinaryPrimitives.ReadUInt64LittleEndian(rest[10..]),
                Device: BinaryPrimitives.ReadUInt64LittleEndian(rest[2..]),
                ModifiedNs: BinaryPrimitives.ReadInt64LittleEndian(rest[26..]),
                ChangedNs: BinaryPrimitives.ReadInt64LittleEndian(rest[34..]));
            var content = ContentId.From(Hash256.From(rest.Slice(42, Hash256.Size)));
            _known[Encoding.UTF8.GetString(rest.Slice(FixedSize, length))] = (stat, content);
            rest = rest[(FixedSize + length)..];
        }
    }
}
