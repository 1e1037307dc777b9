using System.Diagnostics;

namespace Omega.P2P.Node.Files;

/// <summary>
/// Passes bytes on while it tells, at most ten times a second, how many there were; stops on cancellation. Reads or
/// writes, whichever the inner stream does. The inner stream stays its owner's.
/// </summary>
internal sealed class CountingStream(Stream inner, Action<long> tell, CancellationToken cancel) : Stream
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private long _told = Stopwatch.GetTimestamp();
    private long _bytes;

    public long Bytes => _bytes;

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _bytes;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        cancel.ThrowIfCancellationRequested();
        return Count(inner.Read(buffer));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        cancel.ThrowIfCancellationRequested();
        inner.Write(buffer);
        Count(buffer.Length);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private int Count(int bytes)
    {
        _bytes += bytes;
        if (Stopwatch.GetElapsedTime(_told) >= Pause)
        {
            _told = Stopwatch.GetTimestamp();
            tell(_bytes);
        }

        return bytes;
    }
}
