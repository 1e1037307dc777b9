using System.Globalization;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.History;

namespace Omega.P2P.Storage.Followed;

/// <summary>
/// Every leaf's commitment of one epoch of a followed domain's public log, so that its root can be recomputed at any
/// size and its proofs re-made: <c>&lt;folder&gt;/&lt;64 hex of the DomainID&gt;-&lt;epoch&gt;.leaves</c>, 32 bytes a
/// leaf. Order of durability: append, <see cref="Sync"/>, and only then the document that says which head is accepted;
/// on open the caller cuts back to that head's size and compares the root. One caller at a time.
/// </summary>
public sealed class FollowedLog : INodeHashSource, IDisposable
{
    private readonly LeafFile _leaves;

    private FollowedLog(LeafFile leaves) => _leaves = leaves;

    /// <summary>Count of leaves.</summary>
    public long Size => _leaves.Size;

    /// <summary>
    /// Opens the leaves held of a domain's epoch; none where it is new. Makes the folder where absent.
    /// </summary>
    public static FollowedLog Open(IFileSystem files, string folder, DomainId domain, long epoch)
    {
        ArgumentNullException.ThrowIfNull(files);
        DurableFiles.CreateFolder(files, folder);
        string path = PathOf(folder, domain, epoch);
        bool isNew = !files.Exists(path);
        LeafFile leaves = LeafFile.Open(files, path);
        if (isNew)
            files.SyncDirectory(folder);
        return new FollowedLog(leaves);
    }

    /// <summary>Forgets an epoch: the domain is no longer followed, or a newer epoch replaced it.</summary>
    public static void Delete(IFileSystem files, string folder, DomainId domain, long epoch)
    {
        ArgumentNullException.ThrowIfNull(files);
        LeafFile.Delete(files, PathOf(folder, domain, epoch));
    }

    /// <summary>Adds leaves in order; durable after <see cref="Sync"/>.</summary>
    public void Append(IReadOnlyList<Hash256> commitments) => _leaves.Append(commitments);

    /// <summary>Makes appends and cuts durable.</summary>
    public void Sync() => _leaves.Sync();

    /// <summary>Forgets all leaves from an index on, such as those of a head that was not accepted.</summary>
    public void Truncate(long size) => _leaves.Truncate(size);

    /// <summary>RFC 6962 root over the first leaves, at most <see cref="Size"/>. O(log n).</summary>
    public Hash256 RootAt(long size) => _leaves.RootAt(size);

    /// <inheritdoc/>
    public Hash256 Node(int level, long index) => _leaves.Node(level, index);

    /// <summary>The commitments of leaves [from, to).</summary>
    public IReadOnlyList<Hash256> Commitments(long from, long to) => _leaves.Commitments(from, to);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _leaves.Dispose();

    private static string PathOf(string folder, DomainId domain, long epoch)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{domain.Hash}-{epoch}.leaves");
        return folder.Length == 0 ? name : $"{folder}/{name}";
    }
}
