using System.Globalization;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Notes;

/// <summary>
/// Origin line of a domain's public log and, as tlog-checkpoint asks, the key name in its signature line:
/// <c>omega/&lt;64 hex of the DomainID&gt;/&lt;epoch&gt;</c>. So each epoch is a log of its own to any witness.
/// </summary>
/// <param name="Domain">Whose log.</param>
/// <param name="Epoch">0 for the first, then as the epoch records count; below 2^63.</param>
public readonly record struct LogOrigin(DomainId Domain, long Epoch)
{
    private const string Prefix = "omega/";

    /// <summary>The line without newline.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Domain.Hash}/{Epoch}");

    /// <summary>Reads the one spelling of an origin: lower-case hex, decimal without leading zeroes.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out LogOrigin origin)
    {
        origin = default;
        const int hexEnd = 6 + 64;
        if (text.Length < hexEnd + 2 || !text.StartsWith(Prefix) || text[hexEnd] != '/'
            || text[..hexEnd].ContainsAnyInRange('A', 'F')
            || !Hash256.TryParseHex(text[Prefix.Length..hexEnd], out var domain) || domain.IsDefault
            || !NoteText.TryParseDecimal(text[(hexEnd + 1)..], out var epoch))
            return false;
        origin = new LogOrigin(DomainId.From(domain), epoch);
        return true;
    }
}
