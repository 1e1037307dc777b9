namespace Omega.P2P.Storage.Reading;

/// <summary>Takes the next bytes, which are not to be kept after return. Called from the scheduler's threads, one call
/// at a time, in order.</summary>
public delegate void ByteSink(ReadOnlySpan<byte> bytes);
