namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// Where the bytes of a content come from: fills some of <paramref name="destination"/>, at least one byte, and returns
/// how many; 0 at the end, and again after it. Called from the scheduler's threads, one call at a time.
/// </summary>
public delegate int ByteSource(Span<byte> destination);
