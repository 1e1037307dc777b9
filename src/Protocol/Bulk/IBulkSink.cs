namespace Omega.P2P.Protocol.Bulk;

/// <summary>
/// Raw bytes that arrive on one direction of a stream. One pump drives it: <see cref="Push"/> any number of times,
/// then <see cref="End"/> exactly once, then <see cref="Outcome"/> is handed to the core as
/// <c>NetworkInput.BulkFinished</c>. Bytes are hostile: a sink never throws because of them.
/// </summary>
public interface IBulkSink
{
    /// <summary>Takes all of <paramref name="bytes"/> (any split of the stream); the span is not kept.</summary>
    BulkStep Push(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// No more bytes will come: after <see cref="BulkStep.Done"/> or <see cref="BulkStep.Failed"/>, or because the
    /// stream ended (<paramref name="reset"/> false) or was cut (<paramref name="reset"/> true).
    /// </summary>
    void End(bool reset);

    /// <summary>What came of it; defined after <see cref="End"/>. An immutable value.</summary>
    object Outcome { get; }
}
