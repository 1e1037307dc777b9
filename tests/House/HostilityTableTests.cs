using System.Text.RegularExpressions;

namespace Omega.P2P.House.Tests;

/// <summary>The table of attacks in PROTOCOL.md promises nothing that no test does.</summary>
public sealed partial class HostilityTableTests
{
    private const string Heading = "## Hostility";

    [Fact]
    public void EveryAttackNamesItsBoundAndTestsThatExist()
    {
        var rows = Rows().ToList();
        Assert.InRange(rows.Count, 50, 200);
        var tests = TestsByName();
        var wrong =
            from row in rows
            let named = TestName().Matches(row[^1]).Select(match => match.Groups[1].Value).ToList()
            from problem in row[1].Trim().Length == 0 ? ["no bound"]
                : named.Count == 0 ? ["no test"]
                : named.Where(name => !tests.Contains(name))
            select $"{row[0]}: {problem}";
        Assert.Empty(wrong);
    }

    /// <summary>Cells of the rows that tell of an attack; those in bold are headings.</summary>
    private static IEnumerable<string[]> Rows() =>
        from line in Repository.Lines("docs/PROTOCOL.md")
            .SkipWhile(line => line != Heading).Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
        where line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| **", StringComparison.Ordinal)
            && !line.StartsWith("| Attack", StringComparison.Ordinal)
        select line.Trim('|', ' ').Split(" | ");

    private static HashSet<string> TestsByName()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Repository.Files(".cs").Where(f => f.StartsWith("tests/", StringComparison.Ordinal)))
        {
            var lines = Repository.Lines(file);
            var type = lines.Select(line => ClassName().Match(line)).FirstOrDefault(match => match.Success)
                ?.Groups[1].Value;
            for (var i = 1; i < lines.Length; i++)
            {
                if (Method().Match(lines[i]) is { Success: true } method && IsTest(lines, i))
                    names.Add($"{type}.{method.Groups[1].Value}");
            }
        }

        return names;
    }

    /// <summary>Whether an attribute just above makes the method a test.</summary>
    private static bool IsTest(string[] lines, int at) =>
        lines[..at].Reverse().TakeWhile(line => line.Trim().Length > 0)
            .Any(line => TestAttribute().IsMatch(line));

    [GeneratedRegex("`([A-Za-z0-9]+Tests\\.[A-Za-z0-9]+)`")]
    private static partial Regex TestName();

    [GeneratedRegex("^(?:public|internal) sealed (?:partial )?class ([A-Za-z0-9]+Tests)\\b")]
    private static partial Regex ClassName();

    [GeneratedRegex("^    public (?:async Task|Task|void) ([A-Za-z0-9]+)\\(")]
    private static partial Regex Method();

    [GeneratedRegex("\\[[A-Za-z]*(?:Fact|Theory)\\b")]
    private static partial Regex TestAttribute();
}
