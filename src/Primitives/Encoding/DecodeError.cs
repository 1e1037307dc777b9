namespace Omega.P2P.Primitives.Encoding;

/// <summary>Why bytes or text from outside were refused.</summary>
/// <remarks>
/// A value, never an exception: hostile input is an expected case. <c>default</c> and <see cref="None"/> both mean "no
/// error"; compare with <see cref="IsNone"/>, since <c>default</c> holds nulls.
/// </remarks>
/// <param name="Code">Stable lower-case word for programs, such as <c>map-order</c>; empty when there is no
/// error.</param>
/// <param name="Field">The key or part that was being read, or empty at the top.</param>
/// <param name="Message">One sentence for people. Never holds secrets or unbounded input.</param>
public readonly record struct DecodeError(string Code, string Field, string Message)
{
    /// <summary>The value that stands for success; all three strings are empty.</summary>
    public static DecodeError None { get; } = new("", "", "");

    /// <summary>True for <see cref="None"/> and for <c>default</c>.</summary>
    public bool IsNone => string.IsNullOrEmpty(Code);

    /// <summary><c>code (field): message</c>, or <c>none</c>.</summary>
    public override string ToString() =>
        IsNone ? "none" : string.IsNullOrEmpty(Field) ? $"{Code}: {Message}" : $"{Code} ({Field}): {Message}";
}
