namespace Omega.P2P.Protocol.Buffers;

/// <summary>
/// Turns a segment's plaintext into one frame on the wire, in place, so that output is copied once between the writer
/// and the socket.
/// </summary>
public interface IFrameSealer
{
    /// <summary>Bytes the frame needs before its plaintext.</summary>
    int HeadBytes { get; }

    /// <summary>Bytes the frame needs after its plaintext.</summary>
    int TailBytes { get; }

    /// <summary>
    /// Seals a frame: <paramref name="frame"/> is <see cref="HeadBytes"/>, the plaintext, then <see cref="TailBytes"/>.
    /// </summary>
    void Seal(Span<byte> frame);
}
