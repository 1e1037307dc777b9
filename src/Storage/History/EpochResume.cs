using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.History;

/// <summary>How far the local log had told of an epoch at some place of it.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Size">Leaves.</param>
/// <param name="Root">Root over them.</param>
/// <param name="LastSnapshot">The newest snapshot's leaf as the local log carries it; empty for none.</param>
internal sealed record EpochResume(long Epoch, long Size, Hash256 Root, ReadOnlyMemory<byte> LastSnapshot);
