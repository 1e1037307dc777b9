namespace Omega.P2P.Node.Config;

/// <summary>
/// What omega.toml and the environment say; every default is embedded, so no file is needed. A key of the file is
/// overridden by its variable: `evict.holders` by OMEGA_EVICT_HOLDERS; flags override both.
/// </summary>
internal sealed record NodeConfig
{
    /// <summary>The name the domain proposes for itself at `init`; null: `user.personal`.</summary>
    public string? Name { get; init; }

    /// <summary>Multiaddrs to listen on; null: every interface on 5311, or a free port where that is taken.</summary>
    public IReadOnlyList<string>? Listen { get; init; }

    /// <summary>HOST:PORT of the control API; null: 127.0.0.1:5310, or a free port where that is taken.</summary>
    public string? Control { get; init; }

    public bool Discovery { get; init; } = true;

    /// <summary>Bytes a second sent to all peers; 0 is without limit.</summary>
    public long UploadBytesPerSecond { get; init; }

    /// <summary>Bytes a second sent to any one peer; 0 is without limit.</summary>
    public long PeerUploadBytesPerSecond { get; init; }

    /// <summary>Most bytes of blocks kept; 0 is without limit.</summary>
    public long QuotaBytes { get; init; }

    /// <summary>Most artifacts kept; 0 is without limit.</summary>
    public long QuotaFiles { get; init; }

    /// <summary>Bytes of memory for index pages.</summary>
    public long IndexMemory { get; init; } = 32L << 20;

    /// <summary>How many peers must have proven that they hold a content before it is evicted.</summary>
    public int EvictHolders { get; init; } = 1;

    /// <summary>HOST:PORT of the witness endpoint; null: off.</summary>
    public string? WitnessListen { get; init; }

    /// <summary>Keys that are set to something and that nothing obeys yet; whoever set them is told.</summary>
    public IEnumerable<string> NotObeyed()
    {
        if (WitnessListen is not null) yield return "witness.listen";
    }
}
