namespace Omega.P2P.Fuzz.Tests;

/// <summary>Gives one input to a decoder and says how it ended: <c>ok</c>, or the error's name. Inputs that end in a
/// way not seen before are kept and mutated further, so the names of errors stand in for coverage.</summary>
internal delegate string FuzzBody(ReadOnlySpan<byte> input);

/// <summary>What strangers' bytes reach first: one decoder or state machine.</summary>
/// <param name="Name">Of the target; its seeds lie in <c>Corpus/NAME.txt</c>.</param>
/// <param name="Seeds">Well-formed inputs, made by our own encoders.</param>
/// <param name="Body">What is run; a <see cref="FuzzFinding"/> or any other exception is a finding.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, FuzzBody Body)
{
    /// <summary>Bytes that one run may allocate whatever the input: tables, state, a string for the error.</summary>
    public long AllocationBase { get; init; } = 64 * 1024;

    /// <summary>Bytes that one run may allocate for each byte of input: a list of one-byte items becomes
    /// objects.</summary>
    public long AllocationPerByte { get; init; } = 96;

    /// <summary>Longest input tried, in bytes.</summary>
    public int InputMax { get; init; } = 4096;

    /// <summary>Stack of a campaign's thread: small, so that a decoder that calls itself runs out early.</summary>
    public int StackBytes { get; init; } = 256 * 1024;

    public override string ToString() => Name;
}

/// <summary>A property that hostile bytes broke.</summary>
internal sealed class FuzzFinding(string message) : Exception(message);
