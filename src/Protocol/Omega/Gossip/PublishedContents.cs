using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Omega.Gossip;

/// <summary>Gossip of a mesh's public topic: contents that a domain has published to everyone. A hint.</summary>
/// <remarks>Canonical CBOR <c>{"public": {"domain": 32 bytes, "contents": 32 n bytes}}</c>.</remarks>
/// <param name="Domain">Whose.</param>
/// <param name="Contents">At least one, at most <see cref="CountMax"/>.</param>
public sealed record PublishedContents(DomainId Domain, IReadOnlyList<ContentId> Contents)
{
    /// <summary>Contents in one message (guess: 32 KiB).</summary>
    public const int CountMax = 1024;

    private const string Name = "public";

    /// <summary>The one encoding.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter();
        OmegaCbor.BeginCase(writer, Name, 2);
        writer.WriteKey("domain");
        writer.WriteBytes(Domain.Hash.AsSpan());
        writer.WriteKey("contents");
        OmegaCbor.WriteHashes(writer, [.. Contents.Select(c => c.Hash)]);
        return writer.ToArray();
    }

    /// <summary>Reads the one encoding; false for everything else and for what is over a bound.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PublishedContents? message)
    {
        message = null;
        var reader = new CborReader(bytes);
        if (bytes.Length <= OmegaLimits.FrameBytes && OmegaCbor.TryBeginCase(ref reader, out var name, out var fields)
            && name == Name && fields == 2
            && reader.TryReadKey("domain"u8) && reader.TryReadBytes(32, out var domain)
            && reader.TryReadKey("contents"u8)
            && OmegaCbor.TryReadHashes(ref reader, CountMax, out var hashes) && hashes.Count > 0
            && reader.TryFinish())
            message = new PublishedContents(
                DomainId.From(Hash256.From(domain)), [.. hashes.Select(ContentId.From)]);
        return message is not null;
    }
}
