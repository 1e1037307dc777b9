using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// An artifact of another domain being taken over: an entry that the caller has verified, and bytes that
/// <see cref="Complete"/> holds against it. Same rules as <see cref="ArtifactPut"/>.
/// </summary>
public sealed class ArtifactImport : IDisposable
{
    private readonly DomainStore _store;
    private readonly ContentWriter _writer;

    internal ArtifactImport(
        DomainStore store, ContentWriter writer, SignedArtifact entry, DomainId source, string audience)
    {
        _store = store;
        _writer = writer;
        Entry = entry;
        Source = source;
        Audience = audience;
    }

    /// <summary>The verified entry.</summary>
    public SignedArtifact Entry { get; }

    /// <summary>The domain whose artifact it is.</summary>
    public DomainId Source { get; }

    /// <summary>Whose bytes it is packed with here.</summary>
    public string Audience { get; }

    /// <summary>Takes the next bytes; they are not kept after return.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => _writer.Write(bytes);

    /// <summary>Makes it durable and visible.</summary>
    /// <exception cref="StoreRefusedException"><c>wrong-content</c>: the bytes are not those of the entry; nothing of
    /// them stays on disk.</exception>
    public PutResult Complete(Instant now) => _store.CompleteImport(this, _writer, now);

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
