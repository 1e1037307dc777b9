using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Home;

/// <summary>Names that become folders, log origins and columns: short, lower case, no surprises.</summary>
internal static class Names
{
    private const int LengthMax = 63;

    /// <summary>`alice.personal`: parts of a-z, 0-9 and inner hyphens, joined by dots, at most 63 characters.</summary>
    public static bool IsDomainName(string name) => name.Length is > 0 and <= LengthMax && name.Split('.').All(IsPart);

    /// <summary>As a domain name.</summary>
    public static string RequireBrane(string name) => IsDomainName(name)
        ? name
        : throw OmegaException.Usage($"'{name}' cannot name a brane", "brane",
            "use a-z, 0-9 and hyphens, joined by dots, at most 63 characters");

    public static string RequireDomainName(string name) => IsDomainName(name)
        ? name
        : throw OmegaException.Usage($"'{name}' cannot name a domain", "name",
            "use a-z, 0-9 and hyphens, joined by dots, such as alice.personal");

    /// <summary>`USER.personal` with what does not fit replaced.</summary>
    public static string DefaultDomainName(string user)
    {
        var part = string.Concat(user.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        return $"{(part.Length is 0 or > 40 ? "my" : part)}.personal";
    }

    private static bool IsPart(string part) =>
        part.Length > 0 && part[0] != '-' && part[^1] != '-' &&
        part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
