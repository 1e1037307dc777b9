using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;

namespace Omega.P2P.Node.Ipfs;

/// <summary>Passes a CAR file on and reads it as whoever gets it will: nothing wrong gets a name.</summary>
internal sealed class CarCheckStream(Stream inner, Action<long> tell, CancellationToken cancel) : Stream
{
    private readonly CarDecoder _decoder = new();

    public IReadOnlyList<Cid> Roots => _decoder.Header?.Roots ?? [];

    public long Blocks { get; private set; }

    public long Bytes { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Bytes;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        cancel.ThrowIfCancellationRequested();
        for (var rest = buffer; !rest.IsEmpty;)
        {
            if (!_decoder.TryPush(rest, out var consumed, out var block)) throw Broken();
            rest = rest[consumed..];
            if (block is not null) Blocks++;
        }

        inner.Write(buffer);
        Bytes += buffer.Length;
        tell(Bytes);
    }

    /// <summary>All of it went through.</summary>
    public void RequireWhole()
    {
        if (_decoder.Finish() != CarError.None) throw Broken();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private OmegaException Broken() => new(ExitCode.VerificationFailed, "broken_car",
        $"what the node wrote is no sound CAR file: {_decoder.Error}; nothing was written");
}
