using System.Text.RegularExpressions;

namespace Omega.P2P.House.Tests;

/// <summary>The house style that a machine can check: lengths, leftovers, links, blobs.</summary>
public sealed partial class TidyTests
{
    private const int FileLinesMax = 500;
    private const int FunctionLinesMax = 70;
    private const int ColumnsMax = 120;
    private const int BlobBytesMax = 256 * 1024;

    [Fact]
    public void NoSourceFileIsOverlong() =>
        AssertNone(HandWritten().Where(f => Repository.Lines(f).Length > FileLinesMax));

    [Fact]
    public void NoLineIsOverlong() =>
        AssertNone(
            from file in HandWritten()
            from line in Numbered(file)
            where line.Text.Length > ColumnsMax
            select $"{file}:{line.Number}");

    [Fact]
    public void NoFunctionIsOverlong() =>
        AssertNone(
            from file in HandWritten()
            from function in FunctionLengths.Of(Repository.Lines(file))
            where function.Lines > FunctionLinesMax
            select $"{file}:{function.StartLine} has {function.Lines} lines");

    [Fact]
    public void NoUnfinishedMarksAreLeft()
    {
        var marks = new Regex(@"\b(" + string.Join('|', "TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" +
            "Exception") + @")\b");
        AssertNone(
            from file in HandWritten().Concat(Repository.Files(".sh", ".md", ".mjs"))
            from line in Numbered(file)
            where marks.IsMatch(line.Text)
            select $"{file}:{line.Number}");
    }

    [Fact]
    public void NoExceptionIsSwallowed() =>
        AssertNone(
            from file in HandWritten()
            let text = string.Join('\n', Repository.Lines(file))
            where EmptyCatch().IsMatch(text)
            select file);

    [Fact]
    public void NoTestIsSkippedWithoutAReasonAtRunTime() =>
        AssertNone(
            from file in HandWritten().Where(f => f.StartsWith("tests/", StringComparison.Ordinal))
            from line in Numbered(file)
            where StaticSkip().IsMatch(line.Text)
            select $"{file}:{line.Number}");

    [Fact]
    public void NoTypeHidesBehindAVagueName() =>
        AssertNone(
            from file in HandWritten()
            from line in Numbered(file)
            where VagueType().IsMatch(line.Text)
            select $"{file}:{line.Number}");

    [Fact]
    public void EveryRelativeLinkInTheDocumentsLeadsSomewhere() =>
        AssertNone(
            from file in Repository.Files(".md")
            from line in Numbered(file)
            from Match match in MarkdownLink().Matches(line.Text)
            let target = match.Groups[1].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
            let path = Path.Combine(Repository.Root, Path.GetDirectoryName(file) ?? "", target)
            where !File.Exists(path) && !Directory.Exists(path)
            select $"{file}:{line.Number} -> {target}");

    [Fact]
    public void NoLargeBlobIsCommitted() =>
        AssertNone(Repository.Files().Where(f => !f.EndsWith(".g.cs", StringComparison.Ordinal))
            .Where(f => new FileInfo(Path.Combine(Repository.Root, f)).Length > BlobBytesMax));

    [Fact]
    public void EveryProjectHasItsLockFile() =>
        AssertNone(Repository.Files(".csproj")
            .Where(p => !File.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(p)!, "packages.lock.json"))));

    private static IEnumerable<string> HandWritten() =>
        Repository.Files(".cs").Where(f => !f.EndsWith(".g.cs", StringComparison.Ordinal));

    private static IEnumerable<(int Number, string Text)> Numbered(string file) =>
        Repository.Lines(file).Select((text, index) => (index + 1, text));

    private static void AssertNone(IEnumerable<string> offenders)
    {
        var found = offenders.ToList();
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [GeneratedRegex(@"catch\s*(\([^)]*\))?\s*(when\s*\([^{]*\))?\s*\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"\[(Fact|Theory)\(.*Skip\s*=")]
    private static partial Regex StaticSkip();

    [GeneratedRegex(@"\b(class|record|struct|interface)\s+\w*(Manager|Helper|Helpers|Util|Utils|Impl)\b")]
    private static partial Regex VagueType();

    [GeneratedRegex(@"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex MarkdownLink();
}
