namespace Omega.P2P.Protocol.Gossip;

/// <summary>Names a message on its topic: up to 64 bytes, made of the message by the topic's rule. <c>default</c> is
/// empty and names none.</summary>
public readonly struct MessageId : IEquatable<MessageId>
{
    /// <summary>Longest id, in bytes. Origin: guess; a peer id with a sequence number has at most 47.</summary>
    public const int LengthMax = 64;

    private readonly byte[]? _bytes;

    /// <summary>Takes the bytes as they are; the array is kept and must not change.</summary>
    /// <exception cref="ArgumentException">More than <see cref="LengthMax"/> bytes.</exception>
    public MessageId(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (bytes.Length > LengthMax)
            throw new ArgumentException("A message id has at most 64 bytes.", nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> AsSpan() => _bytes;

    /// <summary>Same bytes.</summary>
    public bool Equals(MessageId other) => AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MessageId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(AsSpan());
        return hash.ToHashCode();
    }

    /// <summary>Lower-case hexadecimal.</summary>
    public override string ToString() => Convert.ToHexStringLower(AsSpan());

    /// <summary>Same bytes.</summary>
    public static bool operator ==(MessageId left, MessageId right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(MessageId left, MessageId right) => !left.Equals(right);
}
