using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// Many artifacts of one brane admitted by one commit of the log: one group of syncs however many there are.
/// <code>
/// using var batch = store.BeginBatch("replay");
/// scheduler.Run(files.Count, i => batch.Add(i, requests[i], File.ReadAllBytes(files[i])));   // small ones, any thread
/// using (var content = batch.BeginContent(n, request)) { content.Write(...); content.End(); } // any size
/// var results = batch.Complete(Attest, now);                                                  // in order of index
/// </code>
/// Nothing of it exists before <see cref="Complete"/> returns; a crash inside it leaves some of the first artifacts,
/// each one whole, or none. Contents added whole stay in memory until then: complete the batch when
/// <see cref="IsFull"/> says so and begin another. Adding is safe from several threads.
/// </summary>
public sealed class ArtifactBatch : IDisposable
{
    /// <summary>Artifacts after which <see cref="IsFull"/> is true; more are still taken.</summary>
    public const int CountTarget = 16 * 1024;

    /// <summary>Bytes held in memory after which <see cref="IsFull"/> is true; more are still taken.</summary>
    public const long BytesTarget = 32L * 1024 * 1024;

    private readonly DomainStore _store;
    private readonly StoreCore _core;
    private readonly SortedDictionary<int, BatchItem> _items = [];
    private readonly Lock _gate = new();
    private long _bytesHeld;
    private bool _isEnded;

    internal ArtifactBatch(DomainStore store, StoreCore core, string brane)
    {
        _store = store;
        _core = core;
        Brane = brane;
    }

    /// <summary>The brane that attests all of them.</summary>
    public string Brane { get; }

    /// <summary>Whether it is time to complete: enough artifacts, or enough bytes in memory.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return _items.Count >= CountTarget || _bytesHeld >= BytesTarget;
            }
        }
    }

    /// <summary>Adds an artifact whose content is in memory.</summary>
    /// <param name="index">Its place in the order of the log and of the results: from 0, each once, none left
    /// out.</param>
    /// <param name="request">Its brane is that of the batch.</param>
    /// <param name="content">Must not change until the batch is completed.</param>
    /// <exception cref="ArgumentException">The index was given before, or the brane is another.</exception>
    public void Add(int index, PutRequest request, ReadOnlyMemory<byte> content)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (content.Length > _core.Limits.InlineContentMax)
        {
            using var large = BeginContent(index, request);
            large.Write(content.Span);
            large.End();
            return;
        }

        var use = UseOf(request);
        Take(index, request, ContentWriter.Stage(_core, use, content));
    }

    /// <summary>Begins an artifact whose content comes piece by piece, in memory that does not grow with it. Call
    /// <see cref="BatchContent.End"/>, then dispose it.</summary>
    /// <param name="index">As for <see cref="Add"/>.</param>
    /// <param name="request">As for <see cref="Add"/>.</param>
    public BatchContent BeginContent(int index, PutRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new BatchContent(this, new ContentWriter(_core, UseOf(request)), index, request);
    }

    /// <summary>Has all artifacts attested, and makes them durable and visible before returning.</summary>
    /// <param name="attest">Not asked for what this brane has attested before.</param>
    /// <param name="now">Recorded as the time of receipt.</param>
    /// <returns>One result for each index.</returns>
    /// <exception cref="IOException">Not acknowledged.</exception>
    /// <exception cref="StoreRefusedException">An attestation is not one of its artifact, or an entry is over its
    /// bound; none was admitted.</exception>
    public IReadOnlyList<PutResult> Complete(AttestMany attest, Instant now)
    {
        ArgumentNullException.ThrowIfNull(attest);
        BatchItem[] items;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isEnded, this);
            var expected = 0;
            foreach (var index in _items.Keys)
            {
                if (index != expected++)
                {
                    throw new InvalidOperationException($"the batch has no artifact {expected - 1}");
                }
            }

            items = [.. _items.Values];
            _isEnded = true;
            _items.Clear();
        }

        return _store.CompleteBatch(Brane, items, attest, now);
    }

    /// <summary>Drops what was not completed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnded = true;
            foreach (var item in _items.Values)
            {
                item.Staged.Discard();
                item.Staged.Release();
            }

            _items.Clear();
        }
    }

    internal void Take(int index, PutRequest request, StagedContent staged)
    {
        // Encoding and hashing the descriptor is part of the work that callers do side by side.
        var descriptor = Descriptor.Create(staged.Content, staged.Size, request.Type, request.Meta, request.Refs);
        lock (_gate)
        {
            if (_isEnded || !_items.TryAdd(index, new BatchItem(request, staged, descriptor)))
            {
                staged.Discard();
                staged.Release();
                ObjectDisposedException.ThrowIf(_isEnded, this);
                throw new ArgumentException($"artifact {index} of the batch was given before", nameof(index));
            }

            _bytesHeld += staged.Inline.Sum(inline => (long)inline.Bytes.Length);
        }
    }

    private ClassUse UseOf(PutRequest request)
    {
        if (request.Brane != Brane)
        {
            throw new ArgumentException($"the batch is of brane {Brane}, not {request.Brane}", nameof(request));
        }

        _store.RequireAcceptable(request);
        return _core.UseOf(request.Audience, request.Tenant);
    }
}

/// <summary>One content of a batch that comes piece by piece. Not thread-safe; several may be open side by
/// side.</summary>
public sealed class BatchContent : IDisposable
{
    private readonly ArtifactBatch _batch;
    private readonly ContentWriter _writer;
    private readonly PutRequest _request;
    private readonly int _index;

    internal BatchContent(ArtifactBatch batch, ContentWriter writer, int index, PutRequest request)
    {
        _batch = batch;
        _writer = writer;
        _index = index;
        _request = request;
    }

    /// <summary>Takes the next bytes; they are not kept after return.</summary>
    /// <exception cref="IOException">The disk failed or is full; dispose content and batch.</exception>
    public void Write(ReadOnlySpan<byte> bytes) => _writer.Write(bytes);

    /// <summary>Takes all that a source has, read beside the work on what came before.</summary>
    /// <exception cref="IOException">The disk failed or is full; dispose content and batch.</exception>
    public void ReadFrom(ByteSource source) => _writer.ReadFrom(source);

    /// <summary>Ends the content and hands it to the batch.</summary>
    /// <exception cref="ArgumentException">The index was given before.</exception>
    public void End() => _batch.Take(_index, _request, _writer.Finish());

    /// <summary>Drops what was not ended.</summary>
    public void Dispose() => _writer.Dispose();
}
