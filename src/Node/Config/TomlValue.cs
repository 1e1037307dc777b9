namespace Omega.P2P.Node.Config;

/// <summary>A value of the TOML subset, with the line it stood on. Closed: <see cref="Text"/>, <see cref="Whole"/>,
/// <see cref="Real"/>, <see cref="Flag"/>, <see cref="List"/>.</summary>
internal abstract record TomlValue(int Line)
{
    private protected abstract void Close();

    internal sealed record Text(string Value, int Line) : TomlValue(Line)
    {
        private protected override void Close() { }
    }

    internal sealed record Whole(long Value, int Line) : TomlValue(Line)
    {
        private protected override void Close() { }
    }

    internal sealed record Real(double Value, int Line) : TomlValue(Line)
    {
        private protected override void Close() { }
    }

    internal sealed record Flag(bool Value, int Line) : TomlValue(Line)
    {
        private protected override void Close() { }
    }

    /// <summary>Values of one kind.</summary>
    internal sealed record List(IReadOnlyList<TomlValue> Items, int Line) : TomlValue(Line)
    {
        private protected override void Close() { }
    }
}

/// <summary>Why a text is no TOML of ours: 1-based line, the key where one is known, and what is wrong.</summary>
internal readonly record struct TomlError(int Line, string? Key, string Message)
{
    public override string ToString() => Key is null ? $"line {Line}: {Message}" : $"line {Line}, {Key}: {Message}";
}
