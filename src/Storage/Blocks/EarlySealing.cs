namespace Omega.P2P.Storage.Blocks;

/// <summary>How blocks of a long write become known before its end, so that it can go on after a crash.</summary>
/// <param name="Count">Full blocks after which it happens; also what may wait for it while the next are filled.</param>
/// <param name="Seal">Names full, synced blocks and makes them known, on a thread beside the writing.</param>
internal sealed record EarlySealing(int Count, Action<IReadOnlyList<FilledBlock>> Seal);
