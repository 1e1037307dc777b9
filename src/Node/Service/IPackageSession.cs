using Omega.P2P.Node.Answers;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Service;

/// <summary>A package on its way in, wherever the store is. Nothing of it exists before <see cref="Complete"/>;
/// disposed earlier, it leaves no trace.</summary>
internal interface IPackageSession : IDisposable
{
    /// <summary>For each content whether the store has it already, so that naming it is enough.</summary>
    IReadOnlyList<bool> Keep(IReadOnlyList<(ContentId Content, long Size)> files);

    /// <summary>Adds a file that is in memory; from any thread.</summary>
    ContentId Add(ReadOnlyMemory<byte> content);

    /// <summary>Adds a file of any size, read to its end; from any thread, one such file at a time.</summary>
    ContentId Add(Stream content);

    /// <summary>Makes it durable and visible, and publishes it where the order says so.</summary>
    PutAnswer Complete(PackageManifest manifest, CancellationToken cancel);
}
