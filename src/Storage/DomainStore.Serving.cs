using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage;

/// <summary>What those who serve many contents at a time ask.</summary>
public sealed partial class DomainStore
{
    /// <summary>Users of one content that are told of; more have it under other names.</summary>
    private const int UsersMax = 64;

    /// <summary>Contents asked about that are remembered until they are asked about again.</summary>
    private const int FoundMax = 16_384;

    private readonly Dictionary<ContentId, ContentInfo> _found = [];
    private readonly Lock _foundGate = new();
    private long _foundAt = -1;

    /// <summary>What is known of contents, in the order asked; null for one that no live artifact has and no live
    /// package names. A peer asks what we hold, and then for it: the answer is remembered for one more question, as
    /// long as nothing in the index changes.</summary>
    public IReadOnlyList<ContentInfo?> FindContents(IReadOnlyList<ContentId> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        CatchUpBriefly();
        var packages = new Dictionary<Hash256, List<ContentUser>>();
        var infos = new ContentInfo?[ids.Count];
        lock (_foundGate)
        {
            var changes = _core.Index.Changes;
            if (changes != _foundAt)
            {
                _found.Clear();
                _foundAt = changes;
            }

            for (var i = 0; i < infos.Length; i++)
            {
                if (_found.Remove(ids[i], out infos[i]))
                {
                    continue;
                }

                infos[i] = FindContent(ids[i], packages);
                if (infos[i] is { } info && _found.Count < FoundMax)
                {
                    _found[ids[i]] = info;
                }
            }
        }

        return infos;
    }

    /// <summary>Begins to read contents that are one object each, one after the other. Dispose the reader.</summary>
    public SmallContentReader OpenSmall() => new(_core);

    /// <param name="id">What is asked for.</param>
    /// <param name="packages">Users by the manifest they have, as far as they were looked up: files of one are asked
    /// for by the thousand, and all that only it names have the same list.</param>
    private ContentInfo? FindContent(ContentId id, Dictionary<Hash256, List<ContentUser>> packages)
    {
        IReadOnlyList<ContentUser> users;
        bool isHere;
        long size;
        lock (_core.State)
        {
            users = [.. _core.Artifacts.OfContent(id).Where(record => record.IsLive).Take(UsersMax).Select(UserOf)];
            if (users.Count == 0)
            {
                users = PackagesNaming(id, packages);
            }

            isHere = _core.TryLocate(id.Hash, BlockCodec.Raw, out var pending, out var place);
            size = pending?.Bytes.Length ?? place.Length;
        }

        if (users.Count == 0 || (!isHere && !TrySizeOf(id, out size)))
        {
            return null;
        }

        return new ContentInfo(size, isHere || size == 0 || StateOf(id, size) == ArtifactState.Local, users);
    }

    private List<ContentUser> PackagesNaming(ContentId file, Dictionary<Hash256, List<ContentUser>> known)
    {
        if (_state.Uses.TryOnlyUser(file.Hash, UseKind.Package, out var only))
        {
            return PackagesOf(only, known);
        }

        return [.. _state.Uses.UsersOf(file.Hash, UseKind.Package)
            .SelectMany(manifest => PackagesOf(manifest, known)).Take(UsersMax)];
    }

    private List<ContentUser> PackagesOf(Hash256 manifest, Dictionary<Hash256, List<ContentUser>> known)
    {
        if (!known.TryGetValue(manifest, out var packages))
        {
            packages = [.. _state.Uses.PackagesOf(ContentId.From(manifest)).Where(package => package.IsLive)
                .Take(UsersMax).Select(UserOf)];
            known.Add(manifest, packages);
        }

        return packages;
    }

    private static ContentUser UserOf(ArtifactRecord record) =>
        new(record.Domain, record.Audience, [.. record.Published]);
}

/// <summary>A content as it stands.</summary>
/// <param name="Size">Its length.</param>
/// <param name="IsHere">Whether every byte is on this disk.</param>
/// <param name="Users">Artifacts of it, or packages that name it: one list for all that have the same ones.</param>
public sealed record ContentInfo(long Size, bool IsHere, IReadOnlyList<ContentUser> Users);

/// <summary>Who has a content.</summary>
/// <param name="Domain">Whose artifact it is.</param>
/// <param name="Audience">Whose bytes it is packed with.</param>
/// <param name="Published">Whom this domain published it to.</param>
public readonly record struct ContentUser(DomainId Domain, string Audience, IReadOnlyList<string> Published);
