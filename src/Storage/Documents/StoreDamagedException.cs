namespace Omega.P2P.Storage.Documents;

/// <summary>
/// Bytes that were once synced are no longer what was written: rot or a foreign hand, never a crash. The message names
/// the file and the offset. Nothing is repaired silently, because what was acknowledged would be lost without a word.
/// </summary>
public sealed class StoreDamagedException : IOException
{
    /// <summary>Creates the exception; the message names file and offset.</summary>
    public StoreDamagedException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception over a cause.</summary>
    public StoreDamagedException(string message, Exception inner) : base(message, inner)
    {
    }

    /// <summary>Creates the exception with a general message.</summary>
    public StoreDamagedException() : base("stored bytes are damaged")
    {
    }
}
