using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Recovery;

/// <summary>
/// Brings the folders of sealed blocks in line with what the log says, one of the 256 at a time and in memory of one:
/// removes files that the log does not call for, notes blocks whose bytes should be there and are not, and takes in
/// those that could not be read and now can. One caller at a time, and none that seals blocks meanwhile.
/// </summary>
internal sealed class BlockFolderCheck(StoreCore core)
{
    private const int FolderCount = 256;

    private int _next;

    /// <summary>Whether every folder was checked.</summary>
    public bool IsDone => _next == FolderCount;

    /// <summary>Files that were removed.</summary>
    public int FilesRemoved { get; private set; }

    /// <summary>Blocks that should be here and are not.</summary>
    public int BlocksMissing { get; private set; }

    /// <summary>Begins again with the first folder.</summary>
    public void Restart() => _next = 0;

    /// <summary>Whether the next folder holds anything that is to be mended. Changes nothing, and may be asked while
    /// blocks are being sealed; those look like something, too.</summary>
    /// <param name="names">How many names were looked at.</param>
    public bool HasWork(out int names)
    {
        (var strays, var missing, names) = Look(_next);
        return strays.Count > 0 || missing.Count > 0 || UnreadableIn(_next).Exists(core.Blocks.CanReadDirectory);
    }

    /// <summary>Mends the next folder.</summary>
    /// <returns>How many names were looked at.</returns>
    public int Step()
    {
        var (strays, missing, names) = Look(_next);
        foreach (var (id, extension) in strays)
        {
            core.Blocks.Delete(id, extension);
            FilesRemoved++;
        }

        lock (core.State)
        {
            foreach (var block in missing)
            {
                core.Chunks.SetHere(block, isHere: false);
                BlocksMissing++;
            }
        }

        foreach (var id in UnreadableIn(_next))
        {
            TakeBack(id);
        }

        _next++;
        return names;
    }

    /// <summary>Goes on to the next folder, in which there is nothing to mend.</summary>
    public void Skip() => _next++;

    private List<BlockId> UnreadableIn(int folder)
    {
        lock (core.State)
        {
            return core.Chunks.UnreadableIn([(byte)folder]);
        }
    }

    private void TakeBack(BlockId id)
    {
        if (core.Blocks.TryReadDirectory(id, out var directory))
        {
            lock (core.State)
            {
                core.Chunks.Add(id, directory!, core.Blocks.HasBytes(id));
            }
        }
    }

    private (List<(BlockId Id, string Extension)> Strays, List<BlockState> Missing, int Names) Look(int folder)
    {
        var files = core.Blocks.ListFolder(folder);
        var bytes = files.Where(file => file.Extension == ".blk").Select(file => file.Id).ToHashSet();
        var strays = files.FindAll(file => IsStray(file.Id, file.Extension, bytes));
        return (strays, MissingOf(folder, bytes), files.Count);
    }

    private bool IsStray(BlockId id, string extension, HashSet<BlockId> bytes)
    {
        lock (core.State)
        {
            var isNamed = core.Chunks.IsNamed(id);

            // What nobody can read stays for whoever can.
            var isHere = isNamed && (!core.Chunks.TryGetBlock(id, out var block) || block!.IsHere);
            return extension switch
            {
                ".blk" => !isHere,
                ".dir" => !isNamed || (isHere && bytes.Contains(id)),
                _ => !isNamed,
            };
        }
    }

    private List<BlockState> MissingOf(int folder, HashSet<BlockId> bytes)
    {
        const int PageCount = 1024;
        var missing = new List<BlockState>();
        List<BlockState> page;
        BlockId? after = null;
        do
        {
            lock (core.State)
            {
                page = core.Chunks.PageAfter(after, [(byte)folder], PageCount);
            }

            missing.AddRange(page.Where(block => block.IsHere && !bytes.Contains(block.Id)));
            after = page.Count == 0 ? after : page[^1].Id;
        }
        while (page.Count == PageCount);
        return missing;
    }
}
