using Omega.P2P.Node.Output;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Node.Files;

/// <summary>
/// Takes the bytes of an age file and writes its plaintext on, each chunk once it verified. <see cref="Finish"/> says
/// that the file was whole; before that, nobody may take the plaintext for it. The inner stream stays its owner's.
/// </summary>
internal sealed class DecryptingStream : Stream
{
    private readonly AgeDecryptor _age;

    public DecryptingStream(Stream inner, IReadOnlyList<AgeIdentity> identities) =>
        _age = new AgeDecryptor(identities, bytes =>
        {
            inner.Write(bytes);
            Bytes += bytes.Length;
        });

    /// <summary>Plaintext bytes so far.</summary>
    public long Bytes { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="OmegaException">It cannot be decrypted: exit 12 for the wrong key, 4 for all else.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!_age.Write(buffer)) throw Failure(_age.Error);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc cref="Write(ReadOnlySpan{byte})"/>
    public void Finish()
    {
        if (!_age.Finish()) throw Failure(_age.Error);
    }

    public override void Flush()
    {
        // The owner of the inner stream flushes it.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _age.Dispose();
        base.Dispose(disposing);
    }

    private static OmegaException Failure(AgeError error) => error.Fault == AgeFault.NoIdentity
        ? new OmegaException(ExitCode.WrongKey, "wrong_identity", error.Message) { Field = "--identity" }
        : new OmegaException(ExitCode.VerificationFailed, CodeOf(error.Fault), error.Message)
        {
            Hint = error.Fault == AgeFault.NotAge ? "leave --identity away: it is not encrypted" : null,
            Field = error.Line > 0 ? $"line {error.Line}" : null,
        };

    private static string CodeOf(AgeFault fault) => fault switch
    {
        AgeFault.NotAge => "age_not_encrypted",
        AgeFault.Version => "age_version",
        AgeFault.Header => "age_header",
        AgeFault.HeaderTooLong => "age_header_too_long",
        AgeFault.Stanza => "age_stanza",
        AgeFault.HeaderMac => "age_header_mac",
        AgeFault.Truncated => "age_truncated",
        AgeFault.Chunk => "age_chunk",
        AgeFault.EmptyChunk => "age_empty_chunk",
        AgeFault.TrailingBytes => "age_trailing_bytes",
        AgeFault.Armor => "age_armor",
        _ => "age",
    };
}
