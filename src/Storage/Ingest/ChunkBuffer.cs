using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Chunking;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// A stretch of a content on its way through the pipeline. In front of the bytes that arrive here is room for what the
/// buffer before could not cut yet. Not thread-safe, but one thread may cut while another reads <see cref="Fresh"/>.
/// </summary>
internal sealed class ChunkBuffer
{
    private const int Headroom = FastCdc.SizeMax;

    private readonly byte[] _bytes;
    private readonly List<(Hash256 Id, int Length)> _chunks = [];
    private int _start = Headroom;
    private int _cut = Headroom;
    private int _end = Headroom;

    public ChunkBuffer(int size) =>
        _bytes = GC.AllocateUninitializedArray<byte>(Headroom + Math.Max(size, 2 * FastCdc.SizeMax));

    public bool IsFull => _end == _bytes.Length;

    /// <summary>What arrived here, without what was carried over.</summary>
    public ReadOnlySpan<byte> Fresh => _bytes.AsSpan(Headroom, _end - Headroom);

    /// <summary>The bytes of <see cref="Chunks"/>.</summary>
    public ReadOnlySpan<byte> Cuttings => _bytes.AsSpan(_start, _cut - _start);

    /// <summary>What <see cref="Cut"/> left for the next buffer: less than a largest chunk.</summary>
    public ReadOnlySpan<byte> Uncut => _bytes.AsSpan(_cut, _end - _cut);

    /// <summary>Chunks in order.</summary>
    public List<(Hash256 Id, int Length)> Chunks => _chunks;

    /// <summary>Copies as many bytes as fit; returns how many.</summary>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, _bytes.Length - _end);
        bytes[..count].CopyTo(_bytes.AsSpan(_end));
        _end += count;
        return count;
    }

    /// <summary>Reads until the buffer is full or the source ends.</summary>
    public void Fill(ByteSource source)
    {
        while (_end < _bytes.Length)
        {
            var read = source(_bytes.AsSpan(_end));
            if (read == 0)
            {
                return;
            }

            _end += read;
        }
    }

    /// <summary>Puts what the buffer before could not cut in front.</summary>
    public void Carry(ReadOnlySpan<byte> uncut)
    {
        _start = _cut = Headroom - uncut.Length;
        uncut.CopyTo(_bytes.AsSpan(_start));
    }

    /// <summary>Cuts and hashes chunks; all of it where the content ends here.</summary>
    public void Cut(bool isLast)
    {
        int length;
        while (_cut < _end && (length = FastCdc.Cut(_bytes.AsSpan(_cut, _end - _cut), isLast)) > 0)
        {
            _chunks.Add((Blake3.Hash(_bytes.AsSpan(_cut, length)), length));
            _cut += length;
        }
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        _chunks.Clear();
        _start = _cut = _end = Headroom;
    }
}
