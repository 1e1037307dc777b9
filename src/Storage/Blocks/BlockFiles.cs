using System.Globalization;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage.Blocks;

/// <summary>
/// Names and durability of block files: <c>blocks/open/blk_tmp_N.tmp</c> while filled;
/// <c>blocks/sealed/7f/&lt;64 hex&gt;.blk</c> sealed, <c>.obao</c> its outboard (derived, never synced, checked before
/// use), <c>.dir</c> the directory that stays when the bytes are evicted.
/// </summary>
internal sealed class BlockFiles(IFileSystem files)
{
    public const string OpenFolder = "blocks/open";
    public const string SealedFolder = "blocks/sealed";

    private int _temporaryNumber;

    public static string FolderOf(BlockId id) => $"{SealedFolder}/{Hex(id)[..2]}";

    public static string PathOf(BlockId id) => $"{FolderOf(id)}/{Hex(id)}.blk";

    public static string OutboardPathOf(BlockId id) => $"{FolderOf(id)}/{Hex(id)}.obao";

    public static string DirectoryPathOf(BlockId id) => $"{FolderOf(id)}/{Hex(id)}.dir";

    /// <summary>Makes all folders and syncs their parents: no later put creates one.</summary>
    public void CreateFolders()
    {
        files.CreateDirectory(OpenFolder);
        files.CreateDirectory(SealedFolder);
        for (var i = 0; i < 256; i++)
        {
            files.CreateDirectory(FolderOf(i));
        }

        files.SyncDirectory(SealedFolder);
        files.SyncDirectory("blocks");
        files.SyncDirectory("");
    }

    public string NextTemporary() =>
        $"{OpenFolder}/blk_tmp_{Interlocked.Increment(ref _temporaryNumber)}.tmp";

    /// <param name="tag">The class.</param>
    /// <param name="isBulk">Whether it is written past the page cache.</param>
    /// <param name="path">The file; null: one that is worth nothing after a crash.</param>
    public BlockBuilder Begin(ClassTag tag, bool isBulk = false, string? path = null) =>
        new(files, path ?? NextTemporary(), tag, isBulk);

    /// <summary>Deletes what a crash left half filled; returns how many files.</summary>
    public int DropOpen()
    {
        var names = files.List(OpenFolder);
        foreach (var name in names)
        {
            files.Delete($"{OpenFolder}/{name}");
        }

        return names.Count;
    }

    /// <summary>
    /// Gives synced blocks their names and makes the names durable. A block that is already there is kept and the new
    /// copy dropped.
    /// </summary>
    public void Seal(IReadOnlyList<FilledBlock> blocks, IParallelScheduler scheduler)
    {
        foreach (var block in blocks)
        {
            block.File.Dispose();
            if (files.Exists(PathOf(block.Id)))
            {
                files.Delete(block.Path);
            }
            else
            {
                files.RenameNoReplace(block.Path, PathOf(block.Id));
                WriteOutboard(block);
            }
        }

        string[] folders = [.. blocks.Select(block => FolderOf(block.Id)).Distinct()];
        scheduler.Run(folders.Length, i => files.SyncDirectory(folders[i]));
    }

    /// <summary>Writes what follows from the bytes, unsynced: whoever needs it durable makes it again.</summary>
    private void WriteOutboard(FilledBlock block)
    {
        if (!files.Exists(OutboardPathOf(block.Id)))
        {
            using var file = files.Open(OutboardPathOf(block.Id), FileOpenMode.CreateNew);
            file.Append(block.Outboard);
        }
    }

    /// <summary>Drops blocks that will not be sealed.</summary>
    public void Discard(IReadOnlyList<FilledBlock> blocks)
    {
        foreach (var block in blocks)
        {
            block.File.Dispose();
            files.Delete(block.Path);
        }
    }

    public IFile OpenBlock(BlockId id) => files.Open(PathOf(id), FileOpenMode.Read);

    public bool HasBytes(BlockId id) => files.Exists(PathOf(id));

    public bool HasDirectory(BlockId id) => files.Exists(DirectoryPathOf(id));

    /// <summary>Directory of a block, from its end or from what eviction kept.</summary>
    /// <exception cref="StoreDamagedException">Neither can be read.</exception>
    public BlockDirectory ReadDirectory(BlockId id)
    {
        using var file = HasBytes(id)
            ? files.Open(PathOf(id), FileOpenMode.Read)
            : files.Open(DirectoryPathOf(id), FileOpenMode.Read);
        var length = file.Length;
        var trailer = new byte[BlockDirectory.TrailerSize];
        if (length < trailer.Length || file.ReadAt(length - trailer.Length, trailer) != trailer.Length
            || !BlockDirectory.TryReadLength(trailer, out var tailLength) || tailLength > length)
        {
            throw new StoreDamagedException($"{id} has no readable trailer");
        }

        var tail = new byte[tailLength];
        var read = file.ReadAt(length - tailLength, tail);
        return read == tailLength && BlockDirectory.TryDecode(tail, out var directory)
            ? directory!
            : throw new StoreDamagedException($"the directory of {id} is damaged");
    }

    /// <summary>As <see cref="ReadDirectory"/>; false where the block is gone from the disk, or damaged.</summary>
    public bool TryReadDirectory(BlockId id, out BlockDirectory? directory)
    {
        try
        {
            directory = ReadDirectory(id);
        }
        catch (Exception e) when (e is FileNotFoundException or StoreDamagedException)
        {
            directory = null;
        }

        return directory is not null;
    }

    /// <summary>Whether the directory is there and whole.</summary>
    public bool CanReadDirectory(BlockId id) => TryReadDirectory(id, out _);

    /// <summary>Makes directory and outboard, which stay behind, durable but for their folder. Reads the whole block,
    /// and so refuses to let go of one that has rotted.</summary>
    public void KeepDirectory(BlockId id, BlockDirectory directory)
    {
        byte[] outboard;
        using (var block = OpenBlock(id))
        {
            outboard = BlockReader.OutboardOf(id, block);
        }

        Replace(OutboardPathOf(id), outboard);
        Replace(DirectoryPathOf(id), directory.Encode());
    }

    public void SyncFolders(IEnumerable<BlockId> ids)
    {
        foreach (var folder in ids.Select(FolderOf).Distinct())
        {
            files.SyncDirectory(folder);
        }
    }

    /// <summary>Removes the bytes; directory and outboard stay.</summary>
    public void DeleteBytes(BlockId id) => files.Delete(PathOf(id));

    /// <summary>Removes the kept directory of a block whose bytes are back.</summary>
    public void DeleteDirectory(BlockId id) => files.Delete(DirectoryPathOf(id));

    /// <summary>Removes every trace of a block that nothing needs.</summary>
    public void DeleteAll(BlockId id)
    {
        files.Delete(PathOf(id));
        files.Delete(OutboardPathOf(id));
        files.Delete(DirectoryPathOf(id));
    }

    /// <summary>Blocks with a file in one of the 256 sealed folders, by the kind of file.</summary>
    public List<(BlockId Id, string Extension)> ListFolder(int folder)
    {
        var found = new List<(BlockId, string)>();
        foreach (var name in files.List(FolderOf(folder)))
        {
            var dot = name.LastIndexOf('.');
            if (dot == 64 && Hash256.TryParseHex(name.AsSpan(0, 64), out var hash))
            {
                found.Add((BlockId.From(hash), name[dot..]));
            }
        }

        return found;
    }

    /// <summary>Removes one file of a block.</summary>
    public void Delete(BlockId id, string extension) => files.Delete($"{FolderOf(id)}/{Hex(id)}{extension}");

    /// <summary>Puts a synced file in the place of one that may be there, of which any state is of no value.</summary>
    private void Replace(string path, byte[] bytes)
    {
        var temporary = NextTemporary();
        try
        {
            using (var file = files.Open(temporary, FileOpenMode.CreateNew))
            {
                file.Append(bytes);
                file.Sync();
            }

            files.Delete(path);
            files.RenameNoReplace(temporary, path);
        }
        catch
        {
            files.Delete(temporary);
            throw;
        }
    }

    private static string FolderOf(int folder) =>
        string.Create(CultureInfo.InvariantCulture, $"{SealedFolder}/{folder:x2}");

    private static string Hex(BlockId id) => id.Hash.ToString();
}
