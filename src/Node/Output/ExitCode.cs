namespace Omega.P2P.Node.Output;

/// <summary>
/// Exit codes of every verb (design section 12). Numbers are part of the contract: added, never changed.
/// </summary>
internal enum ExitCode
{
    Ok = 0,
    Error = 1,
    Usage = 2,
    Partial = 3,
    VerificationFailed = 4,
    NotFound = 5,
    NotAvailable = 6,
    Refused = 7,
    Unreachable = 8,
    NoStore = 10,
    Locked = 11,
    WrongKey = 12,
    Interrupted = 130,
}
