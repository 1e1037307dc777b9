using System.Text;
using System.Text.Json;
using Omega.P2P.Node.Files;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Node.Output;

/// <summary>
/// A failure as it is shown: for people `omega: message` and a hint; under --json the last line on stderr,
/// <c>{"error":{"code","exit","message","hint","field"}}</c>. The control API sends the same object.
/// </summary>
internal sealed record ErrorReport(string Code, ExitCode Exit, string Message, string? Hint, string? Field)
{
    /// <summary>What to do about a full disk.</summary>
    public const string MakeRoom = "free some space, or omega rm and omega gc run --grace 0";

    /// <summary>What an ambiguous id or name may have meant.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>Turns any failure into a report; what nobody foresaw becomes code <c>internal</c>, exit 1.</summary>
    public static ErrorReport Of(Exception failure) => failure switch
    {
        OmegaException e => new(e.Code, e.Exit, e.Message, e.Hint, e.Field) { Candidates = e.Candidates },
        OperationCanceledException => new("interrupted", ExitCode.Interrupted, "interrupted", null, null),
        UnauthorizedAccessException e => new("permission_denied", ExitCode.Error, e.Message, null, null),
        FileNotFoundException e => new("no_such_file", ExitCode.NotFound, e.Message, null, null),
        DirectoryNotFoundException e => new("no_such_file", ExitCode.NotFound, e.Message, null, null),
        LockedException e => new("locked", ExitCode.Locked, e.Message, "wait for it, or stop it", null),
        NoStoreException e => new("no_store", ExitCode.NoStore, e.Message, "omega init makes a domain", null),
        NotHereException e => new("not_available", ExitCode.NotAvailable, e.Message,
            "omega get brings it back while a holder is reachable", null),
        StoreReadOnlyException e => new("read_only", ExitCode.Refused, e.Message, null, null),
        StoreRefusedException e => new(
            e.Code.Replace('-', '_'), ExitCode.Refused, e.Message, null, e.Field),
        StoreDamagedException e => new("damaged", ExitCode.VerificationFailed, e.Message, "omega verify", null),
        DiskFullException e => new("disk_full", ExitCode.Error, e.Message, MakeRoom, null),
        IOException { HResult: LibC.NoSpace or LibC.QuotaExceeded } e =>
            new("disk_full", ExitCode.Error, e.Message, MakeRoom, null),
        IOException e => new("io", ExitCode.Error, e.Message, null, null),
        AggregateException { InnerException: { } inner } => Of(inner),
        _ => new("internal", ExitCode.Error, $"{failure.GetType().Name}: {failure.Message}",
            "this is a defect: run again with OMEGA_TRACE=1 and report what it prints", null),
    };

    public string ToJson()
    {
        var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, JsonLine.Options))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("error");
            writer.WriteString("code", Code);
            writer.WriteNumber("exit", (int)Exit);
            writer.WriteString("message", Message);
            writer.WriteString("hint", Hint);
            writer.WriteString("field", Field);
            if (Candidates.Count > 0) writer.Texts("candidates", Candidates);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote; null for anything else.</summary>
    public static ErrorReport? FromJson(JsonElement line)
    {
        if (line.ValueKind != JsonValueKind.Object || !line.TryGetProperty("error", out var error)) return null;
        if (error.ValueKind != JsonValueKind.Object) return null;
        return new(
            error.Text("code") ?? "internal",
            (ExitCode)(error.Number("exit") ?? (long)ExitCode.Error),
            error.Text("message") ?? "unknown failure",
            error.Text("hint"),
            error.Text("field"))
        {
            Candidates = error.Texts("candidates"),
        };
    }

    public OmegaException ToException() => new(Exit, Code, Message)
    {
        Hint = Hint,
        Field = Field,
        Candidates = Candidates,
    };
}
