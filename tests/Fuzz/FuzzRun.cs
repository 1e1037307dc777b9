using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Fuzz.Tests;

/// <summary>One input through one target, with the properties that hold for every decoder: it returns, it throws
/// nothing, and it allocates in proportion to what it was given.</summary>
internal static class FuzzRun
{
    /// <summary>How it ended; the finding, if there is one, names the target and holds the input.</summary>
    public static string Execute(FuzzTarget target, ReadOnlySpan<byte> input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        string outcome;
        try
        {
            outcome = target.Body(input);
        }
        catch (Exception e)
        {
            throw Finding(target, input, e is FuzzFinding ? e.Message : e.ToString());
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var bound = target.AllocationBase + target.AllocationPerByte * input.Length;
        if (allocated > bound)
        {
            throw Finding(target, input, $"allocated {allocated} bytes, bound {bound}");
        }

        return outcome;
    }

    /// <summary>A canonical format: what decodes is the only encoding of its value.</summary>
    public static string Same(ReadOnlySpan<byte> input, ReadOnlySpan<byte> encodedAgain) =>
        input.SequenceEqual(encodedAgain)
            ? "ok"
            : throw new FuzzFinding($"decoded, but its encoding is {Convert.ToHexString(encodedAgain)}");

    /// <summary>The name of a refusal and how deep it was; the field's own name may be a stranger's word. A refusal
    /// without a name is a finding.</summary>
    public static string Refused(DecodeError error) => error.IsNone
        ? throw new FuzzFinding("refused without an error")
        : $"{error.Code} {error.Field.Count(c => c is '.' or '/' or '[')}";

    /// <summary>The name of a refusal that is a sentence: its last two words, without what is quoted, for a stranger's
    /// words stand before them.</summary>
    public static string Refused(string sentence)
    {
        var words = sentence.Split([' ', ',', ';', '(', ')'], StringSplitOptions.RemoveEmptyEntries)
            .Where(w => w.All(char.IsAsciiLetter));
        return string.Join(' ', words.TakeLast(2));
    }

    private static FuzzFinding Finding(FuzzTarget target, ReadOnlySpan<byte> input, string message) =>
        new($"{target.Name}: {message}\ninput: {Convert.ToHexString(input)}");
}
