using Omega.P2P.Engine;
using Omega.P2P.Engine.Ipfs;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Time;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Node.Service;

/// <summary>Packages, and their files.</summary>
internal sealed partial class LocalNode
{
    public IPackageSession BeginPackage(PutOrder order, CancellationToken cancel)
    {
        if (order.Tenant is not null)
            throw OmegaException.Usage("a package is not encrypted: its manifest would show the names", "--tenant",
                "tar c DIR | omega put - --tenant NAME");
        BoundBrane(order.Brane, cancel);
        var put = Store.BeginPackage(RequestOf(order with { Kind = PackageManifest.TypeTag }));
        return new LocalPackage(put, (package, manifest, token) => Complete(order, package, manifest, token));
    }

    public void ReadContent(ContentId content, Stream target, CancellationToken cancel) =>
        WriteContent(content, _ => { }, target, cancel);

    private PutAnswer Complete(PutOrder order, PackagePut package, PackageManifest manifest, CancellationToken cancel)
    {
        // Files that nobody brought are named from what is here.
        foreach (var file in manifest.Files) package.TryKeep(file.Content, file.Size);
        var result = package.Complete(manifest, BoundBrane(order.Brane, cancel).Attest, SystemClock.Now());
        if (order.Audience is { } audience)
            Ask<EngineResult.Published>(new EngineCommand.Publish([result.Key], audience), cancel);
        return AnswerOf(order, result) with
        {
            Files = manifest.Files.Length + manifest.Links.Length,
            ContentBytes = manifest.Files.Sum(file => file.Size),
        };
    }

    private PutAnswer AnswerOf(PutOrder order, PutResult result) => new(
        result.Content.ToString(), result.Content.ToCid().ToString(), result.Key.ToString(),
        result.Size, result.AlreadyThere, order.Audience ?? Audience.Internal,
        order.Audience == PutOrder.PublicAudience ? UnixFsFile.RootOf(Store, result.Content)?.ToString() : null)
    {
        Sha256 = result.Sha256 is { } digest ? $"{IdText.Sha256Prefix}{digest}" : null,
    };

    private static PutRequest RequestOf(PutOrder order) => new()
    {
        Type = order.Kind,
        Brane = order.Brane,
        Meta = Metadata.Of(order),
        Audience = order.Audience ?? Audience.Internal,
        Tenant = order.Tenant,
        WantsSha256 = order.Digest switch
        {
            null => false,
            "sha256" => true,
            _ => throw OmegaException.Usage($"'{order.Digest}' is no digest that can be stored", "--digest", "sha256"),
        },
    };

    /// <summary>A file of a package, where the id names no artifact: the package answers for it, since its signed
    /// manifest names the content.</summary>
    private (EngineResult.Ready Package, PackagedFile? File) Ready(GetOrder order, CancellationToken cancel)
    {
        var id = ParseId(order.Id);
        try
        {
            return (Ask<EngineResult.Ready>(new EngineCommand.Get(id, order.Domain), cancel), null);
        }
        catch (OmegaException missing) when (missing.Exit == ExitCode.NotFound)
        {
            var files = Store.FindPackaged(id, CandidatesMax);
            if (files.Count == 0) throw;
            if (files.Count > 1)
                throw new OmegaException(ExitCode.Usage, "ambiguous", $"{id} may mean {files.Count} files of packages")
                {
                    Hint = "type more digits",
                    Field = "id",
                    Candidates = [.. files.Select(file => file.Content.ToString())],
                };
            var package = new ParsedId(IdKind.Key, files[0].Package.Hash.ToString());
            return (Ask<EngineResult.Ready>(new EngineCommand.Get(package, order.Domain), cancel), files[0]);
        }
    }
}
