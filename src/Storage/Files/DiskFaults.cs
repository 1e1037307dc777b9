namespace Omega.P2P.Storage.Files;

/// <summary>What an injected failure of one port call looks like to the store.</summary>
public enum DiskFault
{
    /// <summary>The call fails with <see cref="IOException"/> and changes nothing; an append may leave half its
    /// bytes.</summary>
    InputOutputError,

    /// <summary>The call fails with <see cref="DiskFullException"/>; an append leaves half its bytes, as a real one
    /// may.</summary>
    DiskFull,

    /// <summary>The power goes: this call and all later ones fail with <see cref="PowerLossException"/> until the disk
    /// comes back by <see cref="MemoryFileSystem.Crash"/>. An append leaves half its bytes unsynced.</summary>
    PowerLoss,

    /// <summary>As <see cref="DiskFull"/>, and there is no room any more from then on, until something is
    /// deleted.</summary>
    DiskFills,

    /// <summary>A sync returns as if it had been done, and was not: a disk that lies once. Other calls are not
    /// affected.</summary>
    LostFlush,
}

/// <summary>What survives of unsynced changes when the power goes.</summary>
public enum CrashOutcome
{
    /// <summary>Nothing that was not synced: neither bytes nor names.</summary>
    LoseUnsynced,

    /// <summary>Everything, as after kill -9 of the process alone.</summary>
    KeepUnsynced,

    /// <summary>Chance decides, per folder a prefix of its changes and per file a prefix of its bytes, whose last
    /// 512-byte sectors may read as zeros.</summary>
    Torn,

    /// <summary>Chance decides of every single change: of each name, and of each 512-byte sector behind the last sync,
    /// which else reads as zeros.</summary>
    Reordered,
}

/// <summary>The simulated machine has lost power: no call works before <see cref="MemoryFileSystem.Crash"/>.</summary>
public sealed class PowerLossException : IOException
{
    /// <summary>Creates the exception with the call that was cut short.</summary>
    public PowerLossException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception over another.</summary>
    public PowerLossException(string message, Exception inner) : base(message, inner)
    {
    }

    /// <summary>Creates the exception with a general message.</summary>
    public PowerLossException() : base("the simulated power went")
    {
    }
}

/// <summary>One call that changed or synced the disk, as <see cref="MemoryFileSystem.Trace"/> remembers it.</summary>
/// <param name="Call">Position from 1 among all such calls.</param>
/// <param name="Operation">create, append, sync, truncate, rename, link, delete, mkdir or syncdir.</param>
/// <param name="Path">The file or folder; for a rename the new name.</param>
public readonly record struct DiskCall(int Call, string Operation, string Path);
