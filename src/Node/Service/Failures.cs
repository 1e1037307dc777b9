using Omega.P2P.Engine;
using Omega.P2P.Federation;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Service;

/// <summary>From the node's own refusals to what a person is told and the exit code a program gets.</summary>
internal static class Failures
{
    public static OmegaException Of(EngineResult.Failed failed)
    {
        var (exit, code) = failed.Code switch
        {
            MeshError.Usage => (ExitCode.Usage, failed.Candidates is null ? "usage" : "ambiguous"),
            MeshError.NotFound => (ExitCode.NotFound, "not_found"),
            MeshError.NotAvailable => (ExitCode.NotAvailable, "not_available"),
            MeshError.Refused => (ExitCode.Refused, "refused"),
            MeshError.Unreachable => (ExitCode.Unreachable, "unreachable"),
            MeshError.VerificationFailed => (ExitCode.VerificationFailed, "verification_failed"),
            MeshError.ReadOnly => (ExitCode.Refused, "read_only"),
            MeshError.StoreFailed => (ExitCode.Error, "store_failed"),
            MeshError.NoRoom => (ExitCode.Error, "disk_full"),
            MeshError.Busy => (ExitCode.NotAvailable, "busy"),
            MeshError.Cancelled => (ExitCode.Interrupted, "interrupted"),
            _ => (ExitCode.Error, "error"),
        };
        return new OmegaException(exit, failed.Reason?.Replace('-', '_') ?? code, failed.Message)
        {
            Hint = failed.Hint ?? (failed.Code == MeshError.NoRoom ? ErrorReport.MakeRoom : null),
            Field = failed.Field,
            Candidates = failed.Candidates ?? [],
        };
    }
}
