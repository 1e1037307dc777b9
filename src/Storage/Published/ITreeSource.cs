using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Storage.Published;

/// <summary>The set that a <see cref="PathTree"/> is the tree of.</summary>
internal interface ITreeSource
{
    /// <summary>Members by ascending key from a key on, at most so many.</summary>
    List<PrefixTreeEntry> From(ArtifactKey from, int countMax);
}
