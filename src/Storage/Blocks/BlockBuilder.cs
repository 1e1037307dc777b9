using System.Buffers;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Blocks;

/// <summary>
/// One block being filled under <c>blocks/open/</c>. Bytes are hashed as they are written; the name is known at the
/// end.
/// Not thread-safe.
/// </summary>
internal sealed class BlockBuilder
{
    private const int BufferSize = 256 * 1024;

    private readonly IFileSystem _files;
    private readonly string _path;
    private readonly ClassTag _class;
    private readonly List<BlockEntry> _entries = [];
    private readonly OutboardBuilder _outboard = new();
    private readonly IFile _file;
    private byte[]? _buffer;
    private int _buffered;

    public BlockBuilder(IFileSystem files, string path, ClassTag tag, bool isBulk)
    {
        _files = files;
        _path = path;
        _class = tag;
        _file = files.Open(path, isBulk ? FileOpenMode.CreateBulk : FileOpenMode.CreateNew);
    }

    /// <summary>Records' bytes so far, gaps included.</summary>
    public int PayloadLength { get; private set; }

    public int Count => _entries.Count;

    public void Add(Hash256 id, BlockCodec codec, ReadOnlySpan<byte> bytes)
    {
        PadTo(BlockDirectory.Place(PayloadLength, bytes.Length));
        _entries.Add(new BlockEntry(id, PayloadLength, bytes.Length, codec));
        Write(bytes);
    }

    /// <summary>Adds neighbouring chunks with one write where no gap is due between them.</summary>
    public void AddRun(ReadOnlySpan<byte> bytes, ReadOnlySpan<(Hash256 Id, int Length)> pieces)
    {
        var start = 0;
        var end = 0;
        foreach (var (id, length) in pieces)
        {
            var place = BlockDirectory.Place(PayloadLength + end - start, length);
            if (place != PayloadLength + end - start)
            {
                Write(bytes[start..end]);
                PadTo(place);
                start = end;
            }

            _entries.Add(new BlockEntry(id, place, length, BlockCodec.Raw));
            end += length;
        }

        Write(bytes[start..end]);
    }

    /// <summary>Adds an entry at the place a directory gives it: rebuilding a block byte for byte.</summary>
    public void AddAt(in BlockEntry entry, ReadOnlySpan<byte> bytes)
    {
        PadTo(entry.Offset);
        _entries.Add(entry);
        Write(bytes);
    }

    /// <summary>Writes directory and trailer. The bytes are not synced.</summary>
    public FilledBlock Finish(int? payloadLength = null)
    {
        PadTo(payloadLength ?? PayloadLength);
        var directory = new BlockDirectory(_class, PayloadLength, _entries);
        var tail = directory.Encode();
        Flush();
        ReturnBuffer();
        _file.Append(tail);
        _outboard.Update(tail);
        var outboard = _outboard.Finish(out var root);
        return new FilledBlock(_file, _path, BlockId.From(root), directory, outboard);
    }

    /// <summary>Drops the file where <see cref="Finish"/> was not called.</summary>
    public void Discard()
    {
        _buffered = 0;
        ReturnBuffer();
        _file.Dispose();
        _files.Delete(_path);
    }

    /// <summary>Closes the file where <see cref="Finish"/> was not called, with all that was added in it.</summary>
    /// <exception cref="IOException">Some of it may not be.</exception>
    public void Leave()
    {
        using (_file)
        {
            Flush();
            _file.Sync();
        }
    }

    private void PadTo(int offset)
    {
        if (offset > PayloadLength)
        {
            Write(new byte[offset - PayloadLength]);
        }
    }

    /// <summary>Hashes and writes in pieces that stay in the processor's cache between the two.</summary>
    private void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, BufferSize)];
            _outboard.Update(piece);
            PayloadLength += piece.Length;
            bytes = bytes[piece.Length..];
            if (piece.Length == BufferSize)
            {
                Flush();
                _file.Append(piece);
                continue;
            }

            _buffer ??= ArrayPool<byte>.Shared.Rent(BufferSize);
            if (_buffered + piece.Length > BufferSize)
            {
                Flush();
            }

            piece.CopyTo(_buffer.AsSpan(_buffered));
            _buffered += piece.Length;
        }
    }

    private void Flush()
    {
        if (_buffered > 0)
        {
            _file.Append(_buffer.AsSpan(0, _buffered));
            _buffered = 0;
        }
    }

    /// <summary>A new one each time would be the large object that sets off a collection of everything.</summary>
    private void ReturnBuffer()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }
}

/// <summary>A block whose bytes are all written but neither synced nor named.</summary>
internal sealed record FilledBlock(
    IFile File, string Path, BlockId Id, BlockDirectory Directory, byte[] Outboard);
