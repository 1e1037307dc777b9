using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.History;

/// <summary>
/// Salts and bodies of one epoch's leaves in two files: <c>bodies</c>, salt (32 bytes) and body one after the other,
/// and
/// <c>bodies.ends</c>, 8 bytes little-endian a leaf: where its bytes end. A leaf whose end is the one before it has no
/// body. Appends are durable after <see cref="Sync"/>. One caller at a time.
/// </summary>
internal sealed class BodyFile : IDisposable
{
    private const int EndLength = 8;
    private readonly IFile _bodies;
    private readonly IFile _ends;

    private BodyFile(IFile bodies, IFile ends) => (_bodies, _ends) = (bodies, ends);

    /// <summary>Count of leaves.</summary>
    public long Count => _ends.Length / EndLength;

    /// <summary>Opens or makes both files. What lies behind the last sync may be anything: the caller knows how far
    /// they go, asks <see cref="HasAll"/> and cuts.</summary>
    public static BodyFile Open(IFileSystem files, string folder) => new(
        DurableFiles.OpenOrCreate(files, folder + "/bodies"),
        DurableFiles.OpenOrCreate(files, folder + "/bodies.ends"));

    /// <summary>Whether the bytes of so many leaves can be there.</summary>
    public bool HasAll(long count) => count <= Count && (count == 0 || End(count - 1) <= _bodies.Length);

    /// <summary>Adds a leaf; a null body takes its place without bytes.</summary>
    public void Append(Hash256 salt, ReadOnlySpan<byte> body, bool isErased)
    {
        if (!isErased)
            _bodies.Append([.. salt.AsSpan(), .. body]);
        Span<byte> end = stackalloc byte[EndLength];
        BinaryPrimitives.WriteInt64LittleEndian(end, _bodies.Length);
        _ends.Append(end);
    }

    /// <summary>
    /// Reads a leaf's salt and body; false where it has none or the files cannot be right. Unverified.
    /// </summary>
    public bool TryRead(long index, out Hash256 salt, out byte[] body)
    {
        (salt, body) = (default, []);
        if (index < 0 || index >= Count)
            return false;
        long start = index == 0 ? 0 : End(index - 1);
        long length = End(index) - start;
        if (start < 0 || length is < Hash256.Size or > Hash256.Size + PublicRecord.SizeBytesMax)
            return false;
        var bytes = new byte[(int)length];
        if (_bodies.ReadAt(start, bytes) != bytes.Length)
            return false;
        salt = Hash256.From(bytes.AsSpan(0, Hash256.Size));
        body = bytes[Hash256.Size..];
        return true;
    }

    /// <summary>Whether just this is written of a leaf; a null body stands for an erased one.</summary>
    public bool Holds(long index, Hash256 salt, byte[]? body) => body is null
        ? index < Count && !IsPresent(index)
        : TryRead(index, out Hash256 kept, out byte[] bytes) && kept == salt && bytes.AsSpan().SequenceEqual(body);

    /// <summary>Whether a leaf has bytes here, right or wrong.</summary>
    public bool IsPresent(long index) =>
        index >= 0 && index < Count && End(index) != (index == 0 ? 0 : End(index - 1));

    /// <summary>Forgets all leaves from an index on, and half a one behind them.</summary>
    public void Truncate(long count)
    {
        if (_ends.Length != count * EndLength)
            _ends.Truncate(count * EndLength);
        long end = count == 0 ? 0 : End(count - 1);
        if (end >= 0 && end < _bodies.Length)
            _bodies.Truncate(end);
    }

    /// <summary>Makes all appends durable.</summary>
    public void Sync()
    {
        _bodies.Sync();
        _ends.Sync();
    }

    public void Dispose()
    {
        _bodies.Dispose();
        _ends.Dispose();
    }

    private long End(long index)
    {
        Span<byte> end = stackalloc byte[EndLength];
        return _ends.ReadAt(index * EndLength, end) == EndLength ? BinaryPrimitives.ReadInt64LittleEndian(end) : -1;
    }
}
