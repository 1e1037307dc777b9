using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage;

/// <summary>Another process holds the store's lock.</summary>
public sealed class LockedException : IOException
{
    /// <summary>Creates the exception.</summary>
    public LockedException() : base("the store is in use by another process")
    {
    }

    /// <summary>Creates the exception with what is locked.</summary>
    public LockedException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception over another.</summary>
    public LockedException(string message, Exception inner) : base(message, inner)
    {
    }
}

/// <summary>The store takes no writes (law 9, or damage found on opening); reading works.</summary>
public sealed class StoreReadOnlyException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    public StoreReadOnlyException() : base("the store is read-only")
    {
    }

    /// <summary>Creates the exception with the reason.</summary>
    public StoreReadOnlyException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception over another.</summary>
    public StoreReadOnlyException(string message, Exception inner) : base(message, inner)
    {
    }
}

/// <summary>Bytes on disk do not hash to their name, or a structure that the store wrote cannot be read.</summary>
public sealed class StoreDamagedException : IOException
{
    /// <summary>Creates the exception.</summary>
    public StoreDamagedException() : base("the store is damaged")
    {
    }

    /// <summary>Creates the exception with what is damaged.</summary>
    public StoreDamagedException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception over another.</summary>
    public StoreDamagedException(string message, Exception inner) : base(message, inner)
    {
    }
}

/// <summary>The domain does not exist at the port's root.</summary>
public sealed class NoStoreException : IOException
{
    /// <summary>Creates the exception.</summary>
    public NoStoreException() : base("there is no store here")
    {
    }

    /// <summary>Creates the exception with where it was looked for.</summary>
    public NoStoreException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception over another.</summary>
    public NoStoreException(string message, Exception inner) : base(message, inner)
    {
    }
}

/// <summary>The content is known, but at least one block that holds bytes of it is not on this disk (law 3).</summary>
public sealed class NotHereException : IOException
{
    /// <summary>Creates the exception for a content and the blocks that are away.</summary>
    public NotHereException(ContentId content, IReadOnlyList<BlockId> blocks)
        : base($"{content} is not on this disk ({blocks.Count} blocks away)")
    {
        Content = content;
        Blocks = blocks;
    }

    /// <summary>Creates the exception.</summary>
    public NotHereException() : base("the content is not on this disk")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public NotHereException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception over another.</summary>
    public NotHereException(string message, Exception inner) : base(message, inner)
    {
    }

    /// <summary>The content asked for.</summary>
    public ContentId Content { get; }

    /// <summary>Evicted blocks that held the missing bytes, without repetition.</summary>
    public IReadOnlyList<BlockId> Blocks { get; } = [];
}

/// <summary>What was handed in breaks a rule of the store: an entry over its bound, bytes that are not what they were
/// announced as, an unknown artifact.</summary>
public sealed class StoreRefusedException : InvalidOperationException
{
    /// <summary>Creates the exception with a code for programs and a message for people.</summary>
    public StoreRefusedException(string code, string message) : base(message) => Code = code;

    /// <summary>Creates the exception.</summary>
    public StoreRefusedException() : this("refused", "refused by the store")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public StoreRefusedException(string message) : this("refused", message)
    {
    }

    /// <summary>Creates the exception over another.</summary>
    public StoreRefusedException(string message, Exception inner) : base(message, inner) => Code = "refused";

    /// <summary>One word with hyphens, such as <c>wrong-content</c>, <c>entry-too-large</c>,
    /// <c>unknown-artifact</c>.</summary>
    public string Code { get; }

    /// <summary>What is to blame: a JSON pointer into metadata, the name of a part of a request, or null.</summary>
    public string? Field { get; init; }
}
