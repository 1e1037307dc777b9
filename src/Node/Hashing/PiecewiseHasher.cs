using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Node.Hashing;

/// <summary>
/// Hashes a large file on several threads: each takes the next piece, mapped or read into a buffer of its own. Which
/// is faster depends on the processor and the kernel (a quarter either way was measured), so the first pieces go
/// both ways and each later one that which was faster so far.
/// </summary>
internal sealed class PiecewiseHasher
{
    private const long PieceMin = 1024 * 1024;
    private const long PieceMax = 1024 * 1024 * 1024;

    /// <summary>Pieces of one file at most: each unmapping interrupts the other threads' cores, and two threads still
    /// end within a hundredth of each other.</summary>
    private const long PiecesMax = 64;

    /// <summary>Pieces of each thread that go each way, by turns, before the first choice.</summary>
    private const int TrialsEach = 2;

    private readonly SafeFileHandle _file;
    private readonly int _pieceSize;
    private readonly Blake3Subtree[] _pieces;
    private readonly bool _map;
    private readonly int _threads;
    private readonly CancellationToken _cancel;
    private Way _mapped;
    private Way _read;
    private int _next = -1;
    private IOException? _failure;

    private PiecewiseHasher(SafeFileHandle file, long length, int threads, bool map, CancellationToken cancel)
    {
        _file = file;
        _threads = threads;
        _map = map;
        _cancel = cancel;
        var size = PieceMin;
        while (length / size > PiecesMax && size < PieceMax) size *= 2;
        _pieceSize = (int)size;
        _pieces = new Blake3Subtree[length / size];
    }

    /// <summary>
    /// Adds the whole pieces of a file's first <paramref name="length"/> bytes to <paramref name="hasher"/>, which must
    /// be empty; returns their bytes, 0 for a small file. With <paramref name="map"/> another program that cuts the
    /// file shorter meanwhile ends the process (SIGBUS), as it ends b3sum: only for `omega hash`, never in a daemon.
    /// Throws <see cref="IOException"/>.
    /// </summary>
    public static long Hash(
        SafeFileHandle file, long length, Blake3Hasher hasher, int threads, bool map, CancellationToken cancel)
    {
        var job = new PiecewiseHasher(file, length, threads, map, cancel);
        job.Run();
        foreach (ref readonly var piece in job._pieces.AsSpan()) hasher.Append(in piece);
        return (long)job._pieces.Length * job._pieceSize;
    }

    private void Run()
    {
        var others = Enumerable.Range(1, Math.Min(_threads, Math.Max(_pieces.Length, 1)) - 1)
            .Select(_ => new Thread(Work)).ToArray();
        foreach (var other in others) other.Start();
        Work();
        foreach (var other in others) other.Join();
        _cancel.ThrowIfCancellationRequested();
        if (_failure is not null) throw _failure;
    }

    private void Work()
    {
        ReadPieces? reader = null;
        int i;
        while (!_cancel.IsCancellationRequested && _failure is null
            && (i = Interlocked.Increment(ref _next)) < _pieces.Length)
        {
            try
            {
                var offset = (long)i * _pieceSize;
                var begun = Stopwatch.GetTimestamp();
                if (Maps(i))
                {
                    _pieces[i] = Mapped(offset);
                    _mapped.Add(Stopwatch.GetTimestamp() - begun);
                }
                else
                {
                    _pieces[i] = (reader ??= new ReadPieces(_file)).Subtree(offset, _pieceSize);
                    _read.Add(Stopwatch.GetTimestamp() - begun);
                }
            }
            catch (IOException e)
            {
                _failure = e;
            }
        }
    }

    private Blake3Subtree Mapped(long offset)
    {
        using var piece = new MappedPiece(_file, offset, _pieceSize);
        return Blake3Subtree.Of(piece.Bytes, offset);
    }

    // All threads try one way at the same time, and all pieces count: threads that map hinder each other, which only
    // shows then.
    private bool Maps(int piece) =>
        _map && (piece < 2 * TrialsEach * _threads ? piece / _threads % 2 == 0 : _mapped.Average < _read.Average);

    /// <summary>How long pieces took that went one way.</summary>
    private struct Way
    {
        private long _ticks;
        private int _pieces;

        /// <summary>Ticks a piece; a way not gone yet is no choice.</summary>
        public readonly double Average => Volatile.Read(in _pieces) is var pieces and > 0
            ? (double)Volatile.Read(in _ticks) / pieces
            : double.MaxValue;

        public void Add(long ticks)
        {
            Interlocked.Add(ref _ticks, ticks);
            Interlocked.Increment(ref _pieces);
        }
    }
}
