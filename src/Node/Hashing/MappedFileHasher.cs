using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using Omega.P2P.Node.Files;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Node.Hashing;

/// <summary>
/// Hashes a file through a mapping: no copy out of the page cache, and each thread takes the next piece. Only for
/// `omega hash`, as b3sum does it: a file that another program cuts shorter meanwhile ends the process (SIGBUS), which
/// a
/// daemon may never risk.
/// </summary>
internal static class MappedFileHasher
{
    /// <summary>Smaller files are read: a mapping costs more than the copy.</summary>
    public const long LengthMin = 1024 * 1024;

    private const long PieceMin = 1024 * 1024;
    private const long PieceMax = 1024 * 1024 * 1024;

    /// <summary>Pieces of one file at most, so that their 80 bytes each stay in cache.</summary>
    private const long PiecesMax = 4096;

    public static unsafe Hash256 Hash(SafeFileHandle file, long length, int threads, CancellationToken cancel)
    {
        using var map = MemoryMappedFile.CreateFromFile(
            file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        using var view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* bytes = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref bytes);
        try
        {
            var pieces = HashPieces(bytes, length, threads, cancel);
            using var hasher = Blake3Hasher.Create();
            foreach (ref readonly var piece in pieces.AsSpan()) hasher.Append(in piece);
            for (var at = pieces.Sum(p => (long)p.Length); at < length; at += PieceMin)
                hasher.Update(new ReadOnlySpan<byte>(bytes + at, (int)Math.Min(PieceMin, length - at)));
            return hasher.Finish();
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    private static unsafe Blake3Subtree[] HashPieces(byte* bytes, long length, int threads, CancellationToken cancel)
    {
        var size = PieceMin;
        while (length / size > PiecesMax && size < PieceMax) size *= 2;
        var pieces = new Blake3Subtree[length / size];
        var next = -1;
        var others = Enumerable.Range(1, threads - 1).Select(_ => new Thread(Work)).ToArray();
        foreach (var other in others) other.Start();
        Work();
        foreach (var other in others) other.Join();
        cancel.ThrowIfCancellationRequested();
        return pieces;

        void Work()
        {
            int i;
            while (!cancel.IsCancellationRequested && (i = Interlocked.Increment(ref next)) < pieces.Length)
            {
                var piece = bytes + i * size;
                // One call maps the whole piece instead of a fault every 64 KiB; where the kernel is too old, it
                // faults.
                _ = LibC.Advise(piece, (nuint)Math.Min(size, 64 * PieceMin), LibC.PopulateRead);
                pieces[i] = Blake3Subtree.Of(new ReadOnlySpan<byte>(piece, (int)size), i * size);
            }
        }
    }
}
