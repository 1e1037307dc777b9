namespace Omega.P2P.Primitives.Bao;

/// <summary>Why an encoding was refused.</summary>
public enum BaoError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>
    /// A parent does not have the hash that the nodes above it promise: flipped bytes, another content, or a claimed
    /// size whose tree has another shape.
    /// </summary>
    WrongParent,

    /// <summary>A group does not have the hash promised for its position and length.</summary>
    WrongGroup,

    /// <summary>Bytes follow the last item.</summary>
    TrailingBytes,

    /// <summary>The input ended before the last item.</summary>
    Truncated,

    /// <summary>The claimed size is negative.</summary>
    WrongSize,
}
