using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Ingest;

/// <summary>A class of bytes, with the tags of those whose bytes may serve as its own.</summary>
internal sealed record ClassUse(StorageClass Class, IReadOnlyCollection<ClassTag> Usable);
