using System.CommandLine;
using Omega.P2P.Node.Config;
using Omega.P2P.Node.Home;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Commands;

/// <summary>What a verb is run with. <see cref="Cancel"/> fires on the first SIGINT or SIGTERM.</summary>
internal sealed class CommandContext(ParseResult parsed, string? homeFlag, Terminal terminal, CancellationToken cancel)
{
    private OmegaHome? _home;
    private NodeConfig? _config;

    public Terminal Terminal { get; } = terminal;

    public CancellationToken Cancel { get; } = cancel;

    public OmegaHome Home => _home ??= OmegaHome.Of(homeFlag, Environment.GetEnvironmentVariable);

    public NodeConfig Config => _config ??= ConfigReader.Load(Home.ConfigFile, Environment.GetEnvironmentVariable);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    public T? Find<T>(Argument<T> argument) => parsed.GetValue(argument);

    /// <summary>Whether the flag stands on the line, rather than its default.</summary>
    public bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };
}
