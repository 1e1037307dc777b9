using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Node.Files;

/// <summary>Reads an age file while the plaintext is read from the inner stream, which stays its owner's. Holds 1 MiB
/// of either.</summary>
internal sealed class EncryptingStream(Stream inner, AgeEncryptor age) : ReadOnlyStream
{
    private const int ChunksAtOnce = 16;

    // One byte more than is sealed at once: only then is it known that these chunks are not the last.
    private readonly byte[] _plain = new byte[(ChunksAtOnce * AgeFormat.ChunkSize) + 1];
    private readonly byte[] _sealed = new byte[ChunksAtOnce * (AgeFormat.ChunkSize + AgeFormat.TagSize)];
    private ReadOnlyMemory<byte> _ready = age.Prologue;
    private int _carried;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (_ready.IsEmpty && !_ended) Fill();
        var count = Math.Min(buffer.Length, _ready.Length);
        _ready.Span[..count].CopyTo(buffer);
        _ready = _ready[count..];
        return count;
    }

    private void Fill()
    {
        var filled = _carried + inner.ReadAtLeast(_plain.AsSpan(_carried), _plain.Length - _carried,
            throwOnEndOfStream: false);
        _ended = filled < _plain.Length;
        var length = _ended ? filled : filled - 1;
        var (at, written) = (0, 0);
        do
        {
            var size = Math.Min(AgeFormat.ChunkSize, length - at);
            written += age.Seal(_plain.AsSpan(at, size), _ended && at + size == length, _sealed.AsSpan(written));
            at += size;
        }
        while (at < length);

        _carried = filled - length;
        _plain.AsSpan(length, _carried).CopyTo(_plain);
        _ready = _sealed.AsMemory(0, written);
    }
}
