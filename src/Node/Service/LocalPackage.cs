using Omega.P2P.Node.Answers;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Node.Service;

/// <summary>A package written straight into the store of this process.</summary>
internal sealed class LocalPackage(
    PackagePut put, Func<PackagePut, PackageManifest, CancellationToken, PutAnswer> complete) : IPackageSession
{
    private const int PieceSize = 1024 * 1024;

    public IReadOnlyList<bool> Keep(IReadOnlyList<(ContentId Content, long Size)> files) =>
        [.. files.Select(file => put.TryKeep(file.Content, file.Size))];

    public ContentId Add(ReadOnlyMemory<byte> content) => put.Add(content);

    public ContentId Add(Stream content)
    {
        using var file = put.Begin();
        var buffer = GC.AllocateUninitializedArray<byte>(PieceSize);
        for (int read; (read = content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0;)
            file.Write(buffer.AsSpan(0, read));
        return file.End();
    }

    public PutAnswer Complete(PackageManifest manifest, CancellationToken cancel) => complete(put, manifest, cancel);

    public void Dispose() => put.Dispose();
}
