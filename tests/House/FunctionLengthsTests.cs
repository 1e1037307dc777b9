namespace Omega.P2P.House.Tests;

/// <summary>The measuring tool is measured too: a rule whose check cannot fire is no rule.</summary>
public sealed class FunctionLengthsTests
{
    [Fact]
    public void BodyIsCountedWithoutItsBraces()
    {
        string[] source =
        [
            "public sealed class A", "{", "    public int F(", "        int x)", "    {", "        x++;",
            "        return x;", "    }", "}",
        ];
        Assert.Equal([(5, 2)], FunctionLengths.Of(source));
    }

    [Fact]
    public void TypesAndStatementsAreNotFunctions()
    {
        string[] source =
        [
            "    private sealed record B(int X)", "    {", "        public int Y;", "    }",
            "        if (a)", "        {", "            b();", "        }",
        ];
        Assert.Empty(FunctionLengths.Of(source));
    }
}
