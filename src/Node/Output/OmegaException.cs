namespace Omega.P2P.Node.Output;

/// <summary>
/// What a person is told when a verb cannot be done: caught once, at the top of the program or of a request, and
/// written by <see cref="ErrorReport"/>. <see cref="Code"/> is a stable word in snake_case for programs.
/// </summary>
internal sealed class OmegaException(ExitCode exit, string code, string message) : Exception(message)
{
    public ExitCode Exit { get; } = exit;

    public string Code { get; } = code;

    /// <summary>What to do about it, as a command or one sentence.</summary>
    public string? Hint { get; init; }

    /// <summary>The flag, argument or config key that is to blame.</summary>
    public string? Field { get; init; }

    /// <summary>What an ambiguous id or name may have meant.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    public static OmegaException Usage(string message, string? field = null, string? hint = null) =>
        new(ExitCode.Usage, "usage", message) { Field = field, Hint = hint };

    public static OmegaException NotFound(string message, string? hint = null) =>
        new(ExitCode.NotFound, "not_found", message) { Hint = hint };
}
