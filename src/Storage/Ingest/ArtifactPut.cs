using System.Security.Cryptography;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Time;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// One artifact being written. Memory does not grow with its size. Nothing of it exists before
/// <see cref="Complete"/> returns. Where it is disposed earlier, or the process dies, full blocks of its bytes stay for
/// a while: the next put of the same bytes finds them and goes on from there. One thread at a time; many may run side
/// by side.
/// </summary>
public sealed class ArtifactPut : IDisposable
{
    private readonly DomainStore _store;
    private readonly ContentWriter _writer;
    private readonly PutRequest _request;
    private readonly IncrementalHash? _sha256;

    internal ArtifactPut(DomainStore store, ContentWriter writer, PutRequest request)
    {
        _store = store;
        _writer = writer;
        _request = request;
        _sha256 = request.WantsSha256 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    }

    /// <summary>Takes the next bytes; they are not kept after return. Best in pieces of 64 KiB to 1 MiB.</summary>
    /// <exception cref="IOException">The disk failed or is full; dispose the put.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _sha256?.AppendData(bytes);
        _writer.Write(bytes);
    }

    /// <summary>Takes all that a source has, read beside the work on what came before: the fast way for a file or a
    /// pipe.</summary>
    /// <exception cref="IOException">The disk failed or is full; dispose the put.</exception>
    public void ReadFrom(ByteSource source) => _writer.ReadFrom(_sha256 is null ? source : destination =>
    {
        var count = source(destination);
        _sha256.AppendData(destination[..count]);
        return count;
    });

    /// <summary>Ends the content, has it attested, and makes it durable and visible before returning.</summary>
    /// <param name="attest">Gives the producer's attestation of the artifact, together with others' that end now. Not
    /// called where the same brane has attested the same artifact before.</param>
    /// <param name="now">Recorded as the time of receipt.</param>
    /// <exception cref="IOException">Not acknowledged.</exception>
    /// <exception cref="StoreRefusedException">The attestation is not one of this artifact, or an entry over its bound.
    /// </exception>
    public PutResult Complete(AttestMany attest, Instant now)
    {
        ArgumentNullException.ThrowIfNull(attest);
        var result = _store.CompletePut(_request, _writer, attest, now);
        if (_sha256 is null)
        {
            return result;
        }

        var digest = Hash256.From(_sha256.GetHashAndReset());
        _store.AddAlias(digest, result.Content);
        return result with { Sha256 = digest };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sha256?.Dispose();
        _writer.Dispose();
    }
}
