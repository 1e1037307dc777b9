using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Omega.P2P.Node.Files;

/// <summary>One megabyte that starts at a page: what O_DIRECT takes. A few are kept for reuse.</summary>
internal sealed unsafe class AlignedBuffer
{
    public const int Size = 1024 * 1024;

    private const int Alignment = 4096;
    private const int KeptMax = 8;

    private static readonly ConcurrentBag<AlignedBuffer> Kept = [];

    private readonly byte* _start = (byte*)NativeMemory.AlignedAlloc(Size, Alignment);

    private AlignedBuffer()
    {
    }

    public Span<byte> Bytes => new(_start, Size);

    /// <summary>The least length the device takes that holds so many bytes; at most <see cref="Size"/>.</summary>
    public static int RoundUp(int length) => (length + Alignment - 1) / Alignment * Alignment;

    public static AlignedBuffer Take() => Kept.TryTake(out var kept) ? kept : new AlignedBuffer();

    /// <summary>Not to be used afterwards.</summary>
    public void Return()
    {
        if (Kept.Count < KeptMax) Kept.Add(this);
        else NativeMemory.AlignedFree(_start);
    }
}
