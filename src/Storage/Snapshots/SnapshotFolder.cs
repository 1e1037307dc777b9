using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.History;

namespace Omega.P2P.Storage.Snapshots;

/// <summary>
/// The snapshot manifests of a domain: <c>snapshots/&lt;name&gt;@&lt;number&gt;</c>, each the bytes of its leaf as
/// they ride in the local log (<see cref="PreparedLeaf.Encode"/>), secrets included: they stay at home. Written once,
/// never changed (law 2), and made again from the local log where they are missing.
/// </summary>
public sealed class SnapshotFolder
{
    private readonly IFileSystem _files;
    private readonly string _folder;
    private readonly string _prefix;

    /// <summary>Looks at a folder, which need not be there yet.</summary>
    public SnapshotFolder(IFileSystem files, string folder, string domainName)
    {
        ArgumentNullException.ThrowIfNull(files);
        (_files, _folder, _prefix) = (files, folder, domainName + "@");
    }

    /// <summary>Numbers of the snapshots whose manifest is here, ascending.</summary>
    public IReadOnlyList<long> Numbers()
    {
        var numbers = new List<long>();
        foreach (string name in _files.List(_folder))
        {
            if (name.StartsWith(_prefix, StringComparison.Ordinal) && long.TryParse(
                name.AsSpan(_prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                numbers.Add(number);
        }

        numbers.Sort();
        return numbers;
    }

    /// <summary>Reads a manifest; false where it is absent or not what was written.</summary>
    public bool TryRead(long number, [NotNullWhen(true)] out PreparedLeaf? leaf)
    {
        leaf = null;
        return _files.Exists(PathOf(number))
            && PreparedLeaf.TryDecode(
                DurableFiles.ReadWhole(_files, PathOf(number), PreparedLeaf.SizeBytesMax), out leaf, out _)
            && TryNumber(leaf, out long stated) && stated == number;
    }

    /// <summary>Writes a snapshot's manifest, durable on return, unless one of its number is there.</summary>
    /// <returns>The snapshot's number.</returns>
    internal long WriteIfAbsent(PreparedLeaf leaf)
    {
        if (!TryNumber(leaf, out long number))
            throw new ArgumentException("not the leaf of a snapshot", nameof(leaf));
        if (_files.Exists(PathOf(number)))
            return number;
        DurableFiles.CreateFolder(_files, _folder);
        DurableFiles.WriteWhole(_files, PathOf(number), leaf.Encode());
        return number;
    }

    private static bool TryNumber(PreparedLeaf leaf, out long number)
    {
        number = 0;
        if (leaf.Secrets is null || !PublicRecord.TryDecode(leaf.Body, out PublicRecord? record, out _)
            || record is not PublicRecord.Snapshot snapshot)
            return false;
        number = snapshot.Number;
        return true;
    }

    private string PathOf(long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{_folder}/{_prefix}{number}");
}
