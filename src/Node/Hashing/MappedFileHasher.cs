using Microsoft.Win32.SafeHandles;
using Omega.P2P.Node.Files;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Node.Hashing;

/// <summary>
/// Hashes a file through mappings: no copy out of the page cache. Each thread takes the next piece, maps it whole in
/// one call, hashes it and unmaps it, so that this work of the kernel is shared too. Only for `omega hash`, as b3sum
/// does it: a file that another program cuts shorter meanwhile ends the process (SIGBUS), which a daemon may never
/// risk.
/// </summary>
internal static class MappedFileHasher
{
    /// <summary>Smaller files are read: a mapping costs more than the copy.</summary>
    public const long LengthMin = 1024 * 1024;

    private const long PieceMin = 1024 * 1024;
    private const long PieceMax = 1024 * 1024 * 1024;

    /// <summary>Pieces of one file at most: each unmapping interrupts the other threads' cores, and two threads still
    /// end within a hundredth of each other.</summary>
    private const long PiecesMax = 64;

    public static Hash256 Hash(SafeFileHandle file, long length, int threads, CancellationToken cancel)
    {
        using var hasher = Blake3Hasher.Create();
        var pieces = HashPieces(file, length, threads, cancel);
        foreach (ref readonly var piece in pieces.AsSpan()) hasher.Append(in piece);
        for (var at = pieces.Sum(p => (long)p.Length); at < length; at += PieceMin)
        {
            using var rest = new MappedPiece(file, at, Math.Min(PieceMin, length - at));
            hasher.Update(rest.Bytes);
        }

        return hasher.Finish();
    }

    private static Blake3Subtree[] HashPieces(SafeFileHandle file, long length, int threads, CancellationToken cancel)
    {
        var size = PieceMin;
        while (length / size > PiecesMax && size < PieceMax) size *= 2;
        var pieces = new Blake3Subtree[length / size];
        var next = -1;
        IOException? failure = null;
        var others = Enumerable.Range(1, threads - 1).Select(_ => new Thread(Work)).ToArray();
        foreach (var other in others) other.Start();
        Work();
        foreach (var other in others) other.Join();
        cancel.ThrowIfCancellationRequested();
        return failure is null ? pieces : throw failure;

        void Work()
        {
            int i;
            while (!cancel.IsCancellationRequested && failure is null
                && (i = Interlocked.Increment(ref next)) < pieces.Length)
            {
                try
                {
                    using var piece = new MappedPiece(file, i * size, size);
                    pieces[i] = Blake3Subtree.Of(piece.Bytes, i * size);
                }
                catch (IOException e)
                {
                    failure = e;
                }
            }
        }
    }

    private readonly unsafe ref struct MappedPiece
    {
        private readonly byte* _start;
        private readonly int _length;

        public MappedPiece(SafeFileHandle file, long offset, long length)
        {
            _length = (int)length;
            _start = LibC.Map(null, (nuint)length, LibC.MapRead, LibC.MapSharedPopulated, file, offset);
            if (_start == LibC.MapFailed) throw LibC.Failure("map", "the file");
        }

        public ReadOnlySpan<byte> Bytes => new(_start, _length);

        public void Dispose() => _ = LibC.Unmap(_start, (nuint)_length);
    }
}
