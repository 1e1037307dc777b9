using Omega.P2P.Node.Config;

namespace Omega.P2P.Node.Tests.Config;

public sealed class TomlReaderTests
{
    private const string Everything = """
        # a comment
        name = "alice.personal"   # another
        listen = [
          "/ip4/0.0.0.0/tcp/5311", # one
          '/ip6/::/tcp/5311',
        ]
        discovery = false
        "quoted key" = 1
        evict.holders = 2

        [limits]
        upload_bytes_per_s = 1_000_000
        [a.b]
        hex = 0xff
        octal = 0o17
        binary = 0b101
        negative = -17
        real = -1.5e3
        text = "tab\t quote\" \u00e9 \U0001F600"
        literal = 'C:\no\escapes'
        """;

    [Fact]
    public void EveryKindOfValueIsRead()
    {
        Assert.True(TomlReader.TryRead(Everything, out var values, out var error), error.ToString());
        Assert.Equal("alice.personal", Text(values["name"]));
        var listen = (TomlValue.List)values["listen"];
        Assert.Equal(["/ip4/0.0.0.0/tcp/5311", "/ip6/::/tcp/5311"], listen.Items.Select(Text));
        Assert.False(((TomlValue.Flag)values["discovery"]).Value);
        Assert.Equal(1, Whole(values["quoted key"]));
        Assert.Equal(2, Whole(values["evict.holders"]));
        Assert.Equal(1_000_000, Whole(values["limits.upload_bytes_per_s"]));
        Assert.Equal(255, Whole(values["a.b.hex"]));
        Assert.Equal(15, Whole(values["a.b.octal"]));
        Assert.Equal(5, Whole(values["a.b.binary"]));
        Assert.Equal(-17, Whole(values["a.b.negative"]));
        Assert.Equal(-1500.0, ((TomlValue.Real)values["a.b.real"]).Value);
        Assert.Equal("tab\t quote\" \u00e9 \U0001F600", Text(values["a.b.text"]));
        Assert.Equal("C:\\no\\escapes", Text(values["a.b.literal"]));
    }

    [Fact]
    public void ValuesRememberTheirLine()
    {
        Assert.True(TomlReader.TryRead("\n\na = 1\n[t]\nb = 2\n", out var values, out _));
        Assert.Equal(3, values["a"].Line);
        Assert.Equal(5, values["t.b"].Line);
    }

    [Theory]
    [InlineData("a = 1\na = 2", 2, "a", "twice")]
    [InlineData("[t]\n[t]", 2, null, "twice")]
    [InlineData("a", 1, "a", "'='")]
    [InlineData("a = ", 1, "a", "missing")]
    [InlineData("\na = \"open", 2, "a", "no end")]
    [InlineData("a = \"\"\"x\"\"\"", 1, "a", "several lines")]
    [InlineData("a = \"\\q\"", 1, "a", "no escape")]
    [InlineData("a = \"\\uD800\"", 1, "a", "hex digits")]
    [InlineData("a = {b = 1}", 1, "a", "inline tables")]
    [InlineData("[[a]]", 1, null, "arrays of tables")]
    [InlineData("a = [1, \"x\"]", 1, "a", "mixes")]
    [InlineData("a = [1", 1, "a", "no end")]
    [InlineData("a = [1 2]", 1, "a", "','")]
    [InlineData("a = [[[[[1]]]]]", 1, "a", "deeper")]
    [InlineData("a = 1979-05-27", 1, "a", "is no number")]
    [InlineData("a = word", 1, "a", "quotes")]
    [InlineData("a = 01", 1, "a", "is no number")]
    [InlineData("a = 1__0", 1, "a", "is no number")]
    [InlineData("a = 9223372036854775808", 1, "a", "is no number")]
    [InlineData("a = 0x8000000000000000", 1, "a", "is no number")]
    [InlineData("a = inf", 1, "a", "is no number")]
    [InlineData("a = 1 b = 2", 1, "a", "end of the line")]
    [InlineData("= 1", 1, null, "not part of a key")]
    [InlineData("[t", 1, null, "']'")]
    public void EachDefectIsNamedWithItsLineAndKey(string text, int line, string? key, string part)
    {
        Assert.False(TomlReader.TryRead(text, out _, out var error));
        Assert.Equal(line, error.Line);
        // A key is known once its name was read whole.
        if (part is not "'='") Assert.Equal(key, error.Key);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnyCutOfAFileGivesAValueOrAnError()
    {
        for (var length = 0; length <= Everything.Length; length++)
        {
            var read = TomlReader.TryRead(Everything[..length], out _, out var error);
            Assert.Equal(read, error.Message is null);
        }
    }

    [Fact]
    public void AnySingleCharacterChangeGivesAValueOrAnError()
    {
        foreach (var c in "\0\"'[]{}=.\\#\n,x0")
        {
            for (var at = 0; at < Everything.Length; at++)
            {
                var text = string.Concat(Everything.AsSpan(0, at), [c], Everything.AsSpan(at + 1));
                Assert.Equal(TomlReader.TryRead(text, out _, out var error), error.Message is null);
            }
        }
    }

    [Fact]
    public void SizeKeysAndItemsAreBounded()
    {
        Assert.False(TomlReader.TryRead(new string('#', TomlReader.CharactersMax + 1), out _, out _));
        var keys = string.Join('\n', Enumerable.Range(0, TomlReader.KeysMax + 1).Select(i => $"k{i} = 1"));
        Assert.False(TomlReader.TryRead(keys, out _, out var error));
        Assert.Contains("keys", error.Message, StringComparison.Ordinal);
        Assert.False(TomlReader.TryRead($"a = [{string.Join(',', Enumerable.Repeat("1", 257))}]", out _, out error));
        Assert.Contains("items", error.Message, StringComparison.Ordinal);
    }

    private static string Text(TomlValue value) => ((TomlValue.Text)value).Value;

    private static long Whole(TomlValue value) => ((TomlValue.Whole)value).Value;
}
